"""Templates are published version by version, and each customer's visits follow the one that fits best."""

import random
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.visits.models import TemplateVersion, Visit, VisitTemplate
from backend.visits.selectors.templates import version_for
from backend.visits.services.templates import create_template
from tests.support.stock import make_product
from tests.support.visit_templates import SHELF, action, answer, faults, form, only_if, photos, published, states
from tests.support.visits import check_in_body, checked_in, new_visit, recorded, refused

pytestmark = pytest.mark.django_db
NOTE = action("note", "note")


class TestPublishing:
    def test_sent_twice_there_is_one_and_everybody_of_the_company_reads_it(self, api, cast):
        sent = {"id": str(uuid4()), "name": "门店", "customer_level": "A", "actions": [NOTE]}
        first, again = (api(cast.qian).post("/visit-templates", sent) for _ in range(2))

        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json() == again.json()
        assert first.json()["latest"]["actions"] == [NOTE]
        assert recorded("visit_template.created") == recorded("visit_template.published") == 1
        assert refused(api(cast.qian).post("/visit-templates", sent | {"name": "别的"}), 409, "id_reused")
        path = f"/visit-templates/{sent['id']}"
        assert api(cast.li).get(path).json() == first.json()
        (listed,) = api(cast.li).get("/visit-templates").json()["items"]
        assert (listed["id"], listed["version"], listed["customer_level"]) == (sent["id"], 1, "A")
        for door in (path, f"{path}/versions/1"):
            assert api(cast.sun).get(door).status_code == 404
        assert api(cast.sun).get("/visit-templates").json()["items"] == []

    def test_one_for_each_kind_of_customer(self, api, cast):
        first = published(api(cast.qian), NOTE, customer_type="餐饮")

        second = api(cast.qian).post("/visit-templates", {"name": "又", "customer_type": "餐饮", "actions": [NOTE]})

        assert refused(second, 409, "template_overlaps")
        assert second.json()["template_id"] == first["id"]
        retired = [api(cast.qian).post(f"/visit-templates/{first['id']}/retire") for _ in range(2)]
        assert [reply.json()["state"] for reply in retired] == ["retired"] * 2
        assert recorded("visit_template.retired") == 1
        published(api(cast.qian), NOTE, customer_type="餐饮")
        (gone,) = api(cast.qian).get("/visit-templates", state="retired").json()["items"]
        assert gone["id"] == first["id"]

    def test_versions_follow_each_other(self, api, cast):
        admin, path = api(cast.qian), f"/visit-templates/{published(api(cast.qian), NOTE)['id']}"
        sent = {"version": 1, "actions": [NOTE, form("shelf")]}

        second, again = (admin.post(f"{path}/versions", sent) for _ in range(2))

        assert (second.status_code, again.status_code, second.json()["number"]) == (201, 200, 2)
        assert second.json() == again.json() == admin.get(f"{path}/versions/2").json()
        assert admin.get(f"{path}/versions/1").json()["actions"] == [NOTE]
        assert admin.get(f"{path}/versions/3").status_code == 404
        stale = admin.post(f"{path}/versions", {"version": 1, "actions": [form("shelf")]})
        assert refused(stale, 409, "version_conflict")
        other = admin.post(f"{path}/versions", {"version": 2, "actions": [action("shelf", "note")]})
        assert set(faults(other)) == {"actions.0.kind"}
        assert admin.post(f"{path}/retire").status_code == 200
        assert refused(admin.post(f"{path}/versions", {"version": 2, "actions": [NOTE]}), 409, "template_retired")
        assert TemplateVersion.objects.count() == 2

    def test_a_number_is_no_truth(self, api, cast):
        admin, asked = api(cast.qian), form("shelf")
        numbered = [asked, action("more", "note", **only_if("shelf", "facings", 1))]
        path = f"/visit-templates/{published(admin, *numbered)['id']}/versions"
        same = [asked, action("more", "note", **only_if("shelf", "facings", 1.0))]
        true = [asked, action("more", "note", **only_if("shelf", "facings", True))]
        assert admin.post(path, {"version": 1, "actions": same}).json()["number"] == 1
        assert admin.post(path, {"version": 1, "actions": true}).json()["number"] == 2

    def test_what_is_wrong_is_named_by_path_in_both_languages(self, api, cast):
        theirs = str(make_product(Actor.system(cast.acme.pk), "X", "别家的").pk)
        actions = [
            photos("front", minimum=3, maximum=2),
            form("shelf", {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}}),
            form("shelf", **only_if("nowhere", "x", 1)),
            action("note", "note", form_schema=SHELF, **only_if("shelf", "colour", "red")),
            action("count", "stock", must_list=[theirs]),
            action("back", "photo", photo={"tag": "front", "minimum": 1, "maximum": 1}),
            action("order", "order", **only_if("note", None, 1)),
        ]
        sent = {"name": "门店", "actions": actions}

        zh = faults(api(cast.qian).post("/visit-templates", sent))
        en = faults(api(cast.qian).post("/visit-templates", sent, **{"Accept-Language": "en"}))

        assert (
            set(zh)
            == set(en)
            == {
                "actions.0.photo.minimum",
                "actions.1.form_schema.properties.a.pattern",
                "actions.2.key",
                "actions.2.only_if.action",
                "actions.3.form_schema",
                "actions.3.only_if.field",
                "actions.4.must_list.0",
                "actions.5.photo.tag",
                "actions.6.only_if.any_of",
            }
        )
        assert (zh["actions.0.photo.minimum"], en["actions.0.photo.minimum"]) == (
            "不得大于最多张数",
            "is more than the maximum",
        )
        assert not VisitTemplate.objects.exists()

    def test_a_draft_is_tried_out_and_nothing_is_kept(self, api, cast):
        actions = [form("shelf"), action("note", "note", **only_if("shelf", "rival", True))]
        wrong = {"shelf": {"facings": -1, "rival": True}}
        right = {"shelf": {"facings": 3, "rival": True, "brand": "某牌"}}

        for answers, states_wanted, fields in (
            ({}, ["missing", "not_asked"], set()),
            (wrong, ["missing", "not_asked"], {"facings", "brand"}),
            (right, ["done", "missing"], set()),
        ):
            tried = api(cast.qian).post("/visit-templates/preview", {"actions": actions, "answers": answers}).json()
            assert [step["state"] for step in tried["actions"]] == states_wanted
            assert {error["field"] for error in tried["actions"][0]["errors"]} == fields
        assert not VisitTemplate.objects.exists()
        assert "actions.0.form_schema" in faults(
            api(cast.qian).post("/visit-templates/preview", {"actions": [action("x", "form")]})
        )


class TestChoosing:
    def test_the_most_specific_one_wins(self, api, cast):
        """By the read for phones as by the check-in itself, whatever customers and templates there are."""
        chance, admin = random.Random(4), api(cast.qian)
        types, levels = ["", "餐饮", "超市"], ["", "A", "B"]
        kinds = [pair for pair in product(types, levels) if chance.random() < 0.5]
        for kind, level in kinds:
            published(admin, NOTE, name=f"{kind}/{level}", customer_type=kind, customer_level=level)
        create_template(actor=Actor.system(cast.acme.pk), name="别家", actions=[NOTE], at=clock.now())
        for kind, level in product(types, levels):
            visit = new_visit(api(cast.li), type=kind, level=level)
            wanted = next((pair for pair in [(kind, level), (kind, ""), ("", level), ("", "")] if pair in kinds), None)

            shown = api(cast.li).get(f"/customers/{visit['customer']['id']}/visit-template").json()
            api(cast.li).post(f"/visits/{visit['id']}/check-in", check_in_body())
            followed = Visit.objects.get(pk=visit["id"]).template_version
            Visit.objects.filter(pk=visit["id"]).update(status="completed", checked_out_at=clock.now())

            assert shown["name"] == (wanted and f"{wanted[0]}/{wanted[1]}")
            assert str(followed and followed.template_id) == str(shown["version"] and shown["version"]["template_id"])

    def test_a_version_is_followed_from_its_time_on(self, api, cast):
        admin, later = api(cast.qian), clock.now() + timedelta(days=1)
        assert refused(
            admin.post(
                "/visit-templates",
                {"name": "早", "actions": [NOTE], "in_force_from": (later - timedelta(days=2)).isoformat()},
            ),
            422,
            "in_force_too_early",
        )
        template = published(admin, NOTE, in_force_from=later.isoformat())
        customer = checked_in(api(cast.li))["customer"]["id"]

        assert Visit.objects.get().template_version is None
        assert api(cast.li).get("/visit-templates").json()["items"][0]["version"] is None
        actor = cast.actor(cast.li)
        assert version_for(actor=actor, customer_id=customer, at=clock.now()) is None
        assert str(version_for(actor=actor, customer_id=customer, at=later).template_id) == template["id"]

    def test_changed_or_retired_meanwhile_the_open_visit_keeps_its_own(self, api, cast):
        caller, admin = api(cast.li), api(cast.qian)
        template = published(admin, NOTE)
        visit = checked_in(caller)
        path = f"/visit-templates/{template['id']}"
        admin.post(f"{path}/versions", {"version": 1, "actions": [form("shelf"), photos("front")]})
        admin.post(f"{path}/retire")

        screen = caller.get(f"/visits/{visit['id']}").json()

        assert screen["template"] == {"id": template["id"], "name": "门店拜访", "version": 1}
        assert states(caller, visit) == {"note": "missing"}
        assert refused(answer(caller, visit, "shelf", form={}), 404, "action_unknown")
        assert answer(caller, visit, "note", note={"text": "好"}).status_code == 200
        assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
        assert caller.get(f"/customers/{visit['customer']['id']}/visit-template").json() == {
            "name": None,
            "version": None,
        }
