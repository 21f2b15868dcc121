"""What a visit is asked and answers: validated here, kept once, and wanted before check-out."""

from datetime import timedelta

import pytest
import time_machine

from backend.core import clock
from backend.core.actor import Actor
from backend.events import services as events
from backend.events.models import Event
from backend.orders.models import Order
from backend.visits.models import ActionAnswer, PaymentPromise, Visit
from backend.visits.progress import LATE_FOR
from backend.visits.services import nights
from mobile_api.schemas.visit_actions import VisitActionOut
from tests.mobile_api.test_offline_phone import kept_back
from tests.notifications.subjects import file_of
from tests.support.files import declaration
from tests.support.orders import make_shop
from tests.support.pictures import picture
from tests.support.stock import make_goods
from tests.support.visit_templates import (
    SHELF,
    action,
    answer,
    faults,
    form,
    only_if,
    photos,
    published,
    states,
    visit_of,
)
from tests.support.visits import check_in, check_in_body, new_visit, recorded, refused

pytestmark = pytest.mark.django_db
SHELF_SEEN = {"facings": 12, "display": "好", "rival": False}
NOTE = action("note", "note")
PHOTO = picture()


def check_out(caller, visit):
    return caller.post(f"/visits/{visit['id']}/check-out", {})


def add_photo(caller, visit, owner, tag):
    file = file_of(owner)
    return file, caller.post(f"/visits/{visit['id']}/photos", {"file_id": str(file.pk), "tag": tag})


class TestAnswering:
    def test_sent_twice_it_is_kept_once_and_may_be_rewritten(self, api, cast):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), form("shelf"))

        first, again = (answer(caller, visit, "shelf", form=SHELF_SEEN) for _ in range(2))
        changed = answer(caller, visit, "shelf", form=SHELF_SEEN | {"facings": 13})

        assert first.json() == again.json()
        (step,) = changed.json()["actions"]
        assert (step["state"], step["answer"]["form"]["facings"], step["is_late"]) == ("done", 13, False)
        assert ActionAnswer.objects.count() == 1
        assert recorded("visit.action_answered") == 2
        told = Event.objects.filter(name="visit.action_answered").latest("pk").data
        assert (told["before"]["answer"]["facings"], told["after"]["answer"]["facings"]) == (12, 13)
        (line, *_) = api(cast.qian).get("/audit", subject_id=visit["id"]).json()["items"]
        shown = api(cast.qian).get(f"/audit/{line['id']}").json()
        assert ("拜访：填写动作" in str(shown), "答案" in str(shown)) == (True, True)
        screen = caller.get(f"/visits/{visit['id']}").json()
        assert list(map(VisitActionOut.model_validate, screen["actions"])) == [VisitActionOut.model_validate(step)]
        shown = api(cast.han).get(f"/visits/{visit['id']}").json()["actions"][0]["answer"]
        assert shown == {"form": SHELF_SEEN | {"facings": 13}}
        assert check_out(caller, visit).status_code == 200
        assert refused(answer(caller, visit, "shelf", form=SHELF_SEEN), 409, "answers_closed")
        assert answer(caller, visit, "shelf", form=SHELF_SEEN | {"facings": 13}).status_code == 200
        assert ActionAnswer.objects.get().value["facings"] == 13

    def test_only_by_its_owner_while_it_is_open(self, api, cast):
        visit = visit_of(api(cast.li), api(cast.qian), NOTE)

        for stranger, status, code in (
            (cast.han, 403, "not_your_visit"),
            (cast.zhao, 404, "not_found"),
            (cast.sun, 404, "not_found"),
        ):
            assert refused(answer(api(stranger), visit, "note", note={"text": "x"}), status, code)
        assert refused(answer(api(cast.li), visit, "none", note={"text": "x"}), 404, "action_unknown")
        wrong = answer(api(cast.li), visit, "note", form={})
        assert refused(wrong, 422, "answer_kind")
        assert wrong.json()["kind"] == "note"
        check_out_first = check_out(api(cast.li), visit)
        assert refused(check_out_first, 409, "actions_missing")
        assert check_out_first.json()["actions"] == ["note"]
        planned = new_visit(api(cast.li))
        assert refused(answer(api(cast.li), planned, "note", note={"text": "x"}), 409, "visit_not_open")
        api(cast.li).post(f"/visits/{planned['id']}/cancel", {})
        assert refused(answer(api(cast.li), planned, "note", note={"text": "x"}), 409, "visit_cancelled")
        assert not ActionAnswer.objects.exists()
        assert recorded("visit.action_answered") == recorded("visit.checked_out") == 0

    def test_what_does_not_fit_the_form_is_named_in_both_languages(self, api, cast):
        visit = visit_of(api(cast.li), api(cast.qian), form("shelf"))
        path, sent = f"/visits/{visit['id']}/actions/shelf", {"form": {"facings": -1, "rival": True, "colour": "红"}}

        zh = faults(api(cast.li).post(path, sent))
        en = faults(api(cast.li).post(path, sent, **{"Accept-Language": "en"}))

        assert zh == {"form.facings": "不得小于 0", "form.brand": "必填", "form.colour": "没有这个字段"}
        assert en["form.brand"] == "is required"
        assert not ActionAnswer.objects.exists()

    def test_numbers_of_any_length_are_read(self, api, cast):
        huge = {"type": "object", "properties": {"count": {"type": "integer", "maximum": 10**30}}}
        wrong = api(cast.qian).post("/visit-templates", {"name": "x", "actions": [form("shelf", huge)]})
        assert set(faults(wrong)) == {"actions.0.form_schema.properties.count.maximum"}
        huge["properties"]["count"].pop("maximum")
        visit = visit_of(api(cast.li), api(cast.qian), form("shelf", huge))
        assert set(faults(answer(api(cast.li), visit, "shelf", form={"count": 10**30}))) == {"form.count"}

    def test_a_condition_asks_and_asks_no_longer_in_whatever_order_answers_come(self, api, cast):
        caller = api(cast.li)
        rival = action("rival", "competitor", **only_if("shelf", "rival", True))
        after = action("after", "note", **only_if("rival"))
        visit = visit_of(caller, api(cast.qian), form("shelf"), rival, after)
        brand = {"items": [{"brand": "某牌", "price": {"amount": "3.50"}}]}
        seen = SHELF_SEEN | {"rival": True, "brand": "某牌"}

        assert states(caller, visit) == {"shelf": "missing", "rival": "not_asked", "after": "not_asked"}
        answer(caller, visit, "rival", competitor=brand)  # a phone that was offline sends in any order
        assert states(caller, visit) == {"shelf": "missing", "rival": "not_asked", "after": "not_asked"}
        assert not ActionAnswer.objects.get(key="rival").counts
        answer(caller, visit, "shelf", form=seen)
        assert states(caller, visit) == {"shelf": "done", "rival": "done", "after": "missing"}
        assert ActionAnswer.objects.get(key="rival").counts
        assert refused(check_out(caller, visit), 409, "actions_missing")
        answer(caller, visit, "shelf", form=SHELF_SEEN)
        assert states(caller, visit) == {"shelf": "done", "rival": "not_asked", "after": "not_asked"}
        assert check_out(caller, visit).status_code == 200


class TestKinds:
    def test_a_shelf_is_counted_by_products_of_the_company(self, api, cast):
        goods, theirs = make_goods(cast.company), make_goods(cast.acme)
        tea, juice = str(goods.tea.pk), str(goods.juice.pk)
        visit = visit_of(api(cast.li), api(cast.qian), action("count", "stock", must_list=[tea, juice]))
        lines = [
            {"product_id": tea, "quantity": "2", "out_of_stock": True},
            {"product_id": tea, "quantity": "1"},
            {"product_id": str(theirs.tea.pk), "quantity": "1"},
        ]

        wrong = faults(answer(api(cast.li), visit, "count", stock={"lines": lines}))

        assert set(wrong) == {
            "stock.lines",
            "stock.lines.0.quantity",
            "stock.lines.1.product_id",
            "stock.lines.2.product_id",
        }
        assert "P-2 橙汁" in wrong["stock.lines"]
        lines = [
            {"product_id": tea, "quantity": "0", "out_of_stock": True},
            {"product_id": juice, "quantity": "4.5", "facings": 2, "price": {"amount": "6.00"}},
        ]
        (step,) = answer(api(cast.li), visit, "count", stock={"lines": lines}).json()["actions"]
        assert [(line["name"], line["quantity"], line["unit"]) for line in step["answer"]["stock"]["lines"]] == [
            ("乌龙茶", "0", "瓶"),
            ("橙汁", "4.5", "瓶"),
        ]

    def test_photos_answer_by_their_tag(self, api, cast):
        caller = api(cast.li)
        visit = visit_of(caller, api(cast.qian), photos("front", minimum=2, maximum=2))
        assert refused(answer(caller, visit, "front", note={"text": "x"}), 409, "answered_by_photos")
        add_photo(caller, visit, cast.li, "别的")
        first, _ = add_photo(caller, visit, cast.li, "front")

        assert refused(check_out(caller, visit), 409, "actions_missing")
        _, second = add_photo(caller, visit, cast.li, "front")
        assert second.status_code == 201
        assert states(caller, visit) == {"front": "done"}
        _, third = add_photo(caller, visit, cast.li, "front")
        assert refused(third, 409, "enough_photos")
        again = caller.post(f"/visits/{visit['id']}/photos", {"file_id": str(first.pk), "tag": "front"})
        assert again.status_code == 200

    def test_a_voice_note_is_no_photo(self, api, cast):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), photos("front"))
        spoken = declaration(b"#!AMR\n.", name="店主.amr", type="audio/amr", purpose="visit_media")
        file = caller.post("/files", spoken).json()
        reply = caller.post(f"/visits/{visit['id']}/photos", {"file_id": file["id"], "tag": "front"})
        assert reply.status_code == 201
        assert refused(check_out(caller, visit), 409, "actions_missing")

    def test_a_refused_photo_answers_nothing_also_after_check_out(self, api, cast, work):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), photos("front"))
        file, _ = add_photo(caller, visit, cast.li, "front")  # not processed yet, and counts
        assert check_out(caller, visit).status_code == 200
        file.change(status="refused", reason="image_damaged")

        for _ in range(2):  # as the worker of files does, who may do it twice
            told = {"name": file.name, "reason": file.reason}
            events.record("file.refused", file, actor=Actor.system(cast.company.pk), at=clock.now(), **told)
            work()

        assert Visit.objects.get().missing_actions == ["front"]
        assert caller.get(f"/visits/{visit['id']}").json()["missing_actions"] == ["front"]
        assert recorded("visit.found_incomplete") == 1
        assert add_photo(caller, visit, cast.li, "front")[1].status_code == 201
        assert Visit.objects.get().missing_actions == []

    def test_photos_that_are_only_declared_let_him_go_and_count_for_three_days(self, api, cast, work):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), photos("front", minimum=2))
        for number in range(2):
            file = caller.post("/files", declaration(PHOTO, sha256=f"{number:064x}")).json()
            sent = caller.post(f"/visits/{visit['id']}/photos", {"file_id": file["id"], "tag": "front"})
            assert sent.status_code == 201
        assert check_out(caller, visit).status_code == 200
        assert Visit.objects.get().missing_actions == []

        with time_machine.travel(clock.now() + timedelta(hours=72)):
            work()

        assert Visit.objects.get().missing_actions == ["front"]
        assert recorded("visit.found_incomplete") == 1
        (step,) = caller.get(f"/visits/{visit['id']}").json()["actions"]
        assert (step["state"], step["photos"]) == ("missing", 0)

    def test_an_order_of_the_same_person_and_customer_since_check_in(self, api, cast):
        shop, caller = make_shop(cast), api(cast.li)
        before = shop.draft(caller)["id"]
        visit = visit_of(caller, api(cast.qian), action("order", "order"))
        Visit.objects.update(customer=shop.customer)
        cancelled, mine, another = (shop.draft(caller)["id"] for _ in range(3))
        caller.post(f"/orders/{cancelled}/cancel", {})
        hers = shop.draft(api(cast.han))["id"]
        other_customer = {"customer_id": new_visit(caller)["customer"]["id"]}
        elsewhere = caller.post("/orders", shop.basket() | other_customer).json()["id"]

        for wrong in (before, cancelled, hers, elsewhere, visit["id"]):
            assert refused(answer(caller, visit, "order", order={"order_id": wrong}), 422, "order_not_of_visit")
        assert answer(caller, visit, "order", order={"order_id": mine}).status_code == 200
        assert answer(caller, visit, "order", order={"order_id": another}).status_code == 200
        assert ActionAnswer.objects.get().value == {"order_id": another}

    def test_what_a_phone_kept_back_is_held_against_the_day_he_came(self, api, cast):
        shop, caller = make_shop(cast), api(cast.li)
        published(api(cast.qian), action("order", "order"), action("paid", "payment"))
        visit = new_visit(caller)
        Visit.objects.update(customer=shop.customer)
        unnamed = shop.draft(caller)["id"]
        named = shop.draft(caller, visit_id=visit["id"])["id"]
        assert check_in(caller, visit, kept_back(check_in_body(), timedelta(days=3))).status_code == 200
        early = shop.draft(caller)["id"]
        Order.objects.filter(pk=early).update(created_at=clock.now() - timedelta(days=4))

        for order, status in ((named, 200), (unnamed, 200), (early, 422)):
            assert answer(caller, visit, "order", order={"order_id": order}).status_code == status
        for days, status in ((1, 200), (5, 422)):
            promised_on = str((clock.now() - timedelta(days=days)).date())
            promise = {"amount": {"amount": "5.00", "currency": "CNY"}, "promised_on": promised_on}
            assert answer(caller, visit, "paid", payment=promise).status_code == status

    def test_a_promise_is_kept_with_its_answer(self, api, cast):
        caller = api(cast.li)
        paid = action("paid", "payment", **only_if("shelf", "rival", False))
        visit = visit_of(caller, api(cast.qian), form("shelf"), paid)
        answer(caller, visit, "shelf", form=SHELF_SEEN)
        promise = {"amount": {"amount": "0", "currency": "CNY"}, "promised_on": "2020-01-01"}
        wrong = faults(answer(caller, visit, "paid", payment=promise))
        assert set(wrong) == {"payment.amount.amount", "payment.promised_on"}

        for amount in ("500.00", "800.00"):
            promise = {"amount": {"amount": amount, "currency": "CNY"}, "promised_on": "2099-01-01"}
            assert answer(caller, visit, "paid", payment=promise).status_code == 200
        assert str(PaymentPromise.objects.get().amount) == "800.00"
        answer(caller, visit, "shelf", form=SHELF_SEEN | {"rival": True, "brand": "某牌"})
        assert not PaymentPromise.objects.exists()
        answer(caller, visit, "shelf", form=SHELF_SEEN)
        assert str(PaymentPromise.objects.get().promised_on) == "2099-01-01"


class TestClosedByOthers:
    def test_a_manager_closes_it_and_what_is_missing_stands(self, api, cast):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), NOTE, form("shelf", required=False))

        api(cast.han).post(f"/visits/{visit['id']}/close", {"reason": "忘记签退"})

        screen = caller.get(f"/visits/{visit['id']}").json()
        assert (screen["status"], screen["missing_actions"]) == ("completed", ["note"])
        assert states(caller, visit) == {"note": "missing", "shelf": "open"}

    def test_what_a_phone_held_back_over_night_still_counts_for_three_days(self, api, cast):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), NOTE, action("more", "note"))
        nights.close_forgotten(at=clock.now() + timedelta(days=2))
        Visit.objects.update(checked_out_at=clock.now() - LATE_FOR + timedelta(minutes=5))
        assert Visit.objects.get().missing_actions == ["note", "more"]

        late = answer(caller, visit, "note", note={"text": "当时谈妥了"}).json()

        assert [(step["state"], step["is_late"]) for step in late["actions"]] == [("done", True), ("missing", False)]
        assert late["missing_actions"] == Visit.objects.get().missing_actions == ["more"]
        assert check_out(caller, visit).json()["closed_by"] == "system"
        Visit.objects.update(checked_out_at=clock.now() - LATE_FOR - timedelta(minutes=5))
        assert refused(answer(caller, visit, "more", note={"text": "x"}), 409, "answers_closed")

    def test_photos_come_late_for_as_long_and_are_marked_too(self, api, cast):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), photos("front"), photos("shelf"))
        nights.close_forgotten(at=clock.now() + timedelta(days=2))
        Visit.objects.update(checked_out_at=clock.now() - LATE_FOR + timedelta(minutes=5))

        file, late = add_photo(caller, visit, cast.li, "front")

        assert late.status_code == 201
        screen = caller.get(f"/visits/{visit['id']}").json()
        assert [(step["state"], step["is_late"]) for step in screen["actions"]] == [("done", True), ("missing", False)]
        Visit.objects.update(checked_out_at=clock.now() - LATE_FOR - timedelta(minutes=5))
        assert refused(add_photo(caller, visit, cast.li, "shelf")[1], 409, "answers_closed")
        again = caller.post(f"/visits/{visit['id']}/photos", {"file_id": str(file.pk), "tag": "front"})
        assert again.status_code == 200
        assert add_photo(caller, visit, cast.li, "别的")[1].status_code == 201  # answers nothing
        assert Visit.objects.get().missing_actions == ["shelf"]


class TestCosts:
    def test_a_template_costs_check_out_one_query_and_the_rest_none(self, api, cast, django_assert_num_queries):
        caller, plain = api(cast.li), new_visit(api(cast.li))
        with django_assert_num_queries(9):
            assert check_in(caller, plain, check_in_body()).status_code == 200
        with django_assert_num_queries(8):
            assert check_out(caller, plain).status_code == 200
        visit = visit_of(caller, api(cast.qian), form("shelf"), action("note", "note", required=False))
        answer(caller, visit, "shelf", form=SHELF_SEEN)
        with django_assert_num_queries(9):  # how far it has come
            assert check_out(caller, visit).status_code == 200
        fresh = new_visit(caller)

        with django_assert_num_queries(9):
            assert check_in(caller, fresh, check_in_body()).status_code == 200
        answer(caller, fresh, "shelf", form=SHELF_SEEN)
        for asked, of in ((plain, 0), (fresh, 2)):
            with django_assert_num_queries(2):  # the session, and the screen
                assert len(caller.get(f"/visits/{asked['id']}").json()["actions"]) == of

    def test_an_etag_changes_with_an_answer(self, api, cast):
        caller, visit = api(cast.li), visit_of(api(cast.li), api(cast.qian), form("shelf", SHELF))
        before = caller.get(f"/visits/{visit['id']}").headers["ETag"]
        answer(caller, visit, "shelf", form=SHELF_SEEN)
        assert caller.get(f"/visits/{visit['id']}").headers["ETag"] != before
