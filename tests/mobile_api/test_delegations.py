from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models.delegations import Delegation
from backend.directory.services import people
from backend.directory.standing_in import delegate_of, delegates_of
from backend.events.models import Event
from mobile_api.schemas.delegations import DelegationOut, DelegationsOut
from tests.support.contract import reads_as
from tests.support.delegations import days, delegated, over
from tests.support.visits import recorded, refused

TYPE = "expenses.expenserequest"
PATH = "/delegations"


def body(cast, to, *, first=0, last=6, **more):
    return {"delegate_id": str(to.pk), **days(cast.li, first, last), **more}


def hire(cast, number, name, manager=None):
    return people.put_employee(
        actor=Actor.system(cast.company.pk),
        number=number,
        name=name,
        department_id=cast.shanghai.pk,
        manager_id=manager.pk if manager else None,
        role_codes=["manager"],
        at=clock.now(),
    )


def stand_in(employee, at=None, kind=TYPE):
    return delegate_of(employee_id=employee.pk, document_type=kind, at=at or clock.now())


class TestGiving:
    def test_somebody_stands_in_from_the_first_day_to_the_last(self, api, cast):
        reply = api(cast.han).post(
            PATH, {"delegate_id": str(cast.wang.pk), "from_on": "2090-05-01", "to_on": "2090-05-03", "reason": "休假"}
        )
        made = reads_as(DelegationOut, reply)
        assert (made.giver.name, made.delegate.name, made.state) == ("韩梅梅", "王芳", "upcoming")
        first, after = datetime(2090, 4, 30, 16, tzinfo=UTC), datetime(2090, 5, 3, 16, tzinfo=UTC)  # Shanghai is +8
        assert (made.starts_at, made.ends_at) == (first, after)
        moment = timedelta(microseconds=1)
        assert stand_in(cast.han, first - moment) is None
        assert stand_in(cast.han, first) == stand_in(cast.han, after - moment) == cast.wang
        assert stand_in(cast.han, after) is None

    def test_it_leaves_an_audit_entry(self, api, cast):
        made = api(cast.han).post(PATH, body(cast, cast.wang)).json()
        event = Event.objects.get(name="delegation.given")
        assert (event.actor, str(event.subject_id), event.data["before"]) == (cast.han, made["id"], None)
        assert event.data["after"]["delegate_id"] == str(cast.wang.pk)

    def test_only_for_the_kinds_it_names(self, api, cast):
        assert api(cast.han).post(PATH, body(cast, cast.wang, document_types=[TYPE])).status_code == 201
        assert stand_in(cast.han) == cast.wang
        assert stand_in(cast.han, kind="orders.order") is None

    def test_several_are_asked_for_in_one_query(self, cast, django_assert_num_queries):
        delegated(cast.han, cast.wang)
        delegated(cast.li, cast.zhao)
        asked = [cast.han.pk, cast.li.pk, cast.qian.pk]
        with django_assert_num_queries(1):
            found = delegates_of(employee_ids=asked, document_type=TYPE, at=clock.now())
        assert found == {cast.han.pk: cast.wang, cast.li.pk: cast.zhao}

    def test_twice_is_once(self, api, cast):
        given = body(cast, cast.wang, id=str(uuid4()), document_types=[TYPE])
        first, second = (api(cast.han).post(PATH, given) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 200)
        assert first.json() == second.json()
        assert Delegation.objects.count() == recorded("delegation.given") == 1
        assert refused(api(cast.han).post(PATH, given | {"reason": "出差"}), 409, "id_reused")
        assert refused(api(cast.wang).post(PATH, given | {"delegate_id": str(cast.li.pk)}), 409, "id_reused")


class TestWhoMay:
    def test_a_superior_and_an_administrator_arrange_it_for_others(self, api, cast):
        for who, last in ((cast.han, 1), (cast.qian, 2)):
            first = last  # the next day
            given = body(cast, cast.wang, first=first, last=last, giver_id=str(cast.li.pk))
            assert api(who).post(PATH, given).status_code == 201
        assert Delegation.objects.filter(giver=cast.li).count() == 2

    def test_nobody_else_does(self, api, cast):
        for who, giver in ((cast.li, cast.han), (cast.zhao, cast.li), (cast.han, cast.zhao), (cast.wang, cast.li)):
            reply = api(who).post(PATH, body(cast, cast.qian, giver_id=str(giver.pk)))
            assert refused(reply, 403, "not_in_charge_of_person"), (who, giver)
        assert not Delegation.objects.exists()

    def test_a_manager_does_not_arrange_for_his_own_superior(self, api, cast):
        boss = hire(cast, "2001", "赵总")
        people.put_employee(
            actor=Actor.system(cast.company.pk),
            number=cast.han.number,
            name="韩梅梅",
            department_id=cast.east.pk,
            manager_id=boss.pk,
            role_codes=["manager"],
            at=clock.now(),
        )
        reply = api(cast.han).post(PATH, body(cast, cast.wang, giver_id=str(boss.pk)))
        assert refused(reply, 403, "not_in_charge_of_person")

    def test_another_company_does_not_exist(self, api, cast):
        assert refused(api(cast.han).post(PATH, body(cast, cast.sun)), 404, "not_found")
        assert refused(api(cast.qian).post(PATH, body(cast, cast.li, giver_id=str(cast.sun.pk))), 404, "not_found")
        assert not Delegation.objects.exists()


class TestWhatMayNotBe:
    @pytest.mark.parametrize(
        ("given", "status", "code"),
        [
            ({"first": 3, "last": 2}, 422, "ends_before_start"),
            ({"first": -3, "last": -1}, 422, "delegation_over"),
            ({"document_types": ["customers.nothing"]}, 422, "unknown_document_type"),
        ],
    )
    def test_dates_and_kinds(self, api, cast, given, status, code):
        assert refused(api(cast.han).post(PATH, body(cast, cast.wang, **given)), status, code)
        assert not Delegation.objects.exists()

    def test_to_oneself(self, api, cast):
        assert refused(api(cast.han).post(PATH, body(cast, cast.han)), 422, "delegate_is_giver")

    def test_to_who_has_left(self, api, cast):
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=cast.wang.pk, at=clock.now())
        assert refused(api(cast.han).post(PATH, body(cast, cast.wang)), 409, "person_has_left")

    @pytest.mark.parametrize(("kinds", "again"), [([], [TYPE]), ([TYPE], []), ([TYPE], [TYPE])])
    def test_two_for_the_same_kind_and_day(self, api, cast, kinds, again):
        first = delegated(cast.han, cast.wang, 0, 3, document_types=kinds)
        reply = api(cast.han).post(PATH, body(cast, cast.qian, first=3, last=5, document_types=again))
        assert refused(reply, 409, "delegation_overlaps")
        assert reply.json()["delegation_id"] == str(first.pk)
        assert api(cast.han).post(PATH, body(cast, cast.qian, first=4, last=5)).status_code == 201

    def test_circles(self, api, cast):
        delegated(cast.han, cast.wang)
        delegated(cast.wang, cast.qian, 5, 9)
        assert refused(api(cast.wang).post(PATH, body(cast, cast.han, first=0, last=4)), 409, "delegation_circular")
        assert refused(api(cast.qian).post(PATH, body(cast, cast.han, first=6, last=6)), 409, "delegation_circular")
        assert api(cast.qian).post(PATH, body(cast, cast.han, first=7, last=9)).status_code == 201


class TestEnding:
    @pytest.mark.parametrize("who", ["li", "wang", "han", "qian"])
    def test_by_those_it_concerns_and_those_who_arrange_it(self, api, cast, who):
        made = delegated(cast.li, cast.wang)
        first, second = (api(cast.everybody[who]).post(f"{PATH}/{made.pk}/end") for _ in range(2))
        assert reads_as(DelegationOut, first).state == "ended"
        assert first.json() == second.json()
        assert recorded("delegation.ended") == 1
        assert stand_in(cast.li) is None

    @pytest.mark.parametrize("who", ["zhao", "sun"])
    def test_hidden_from_everybody_else(self, api, cast, who):
        made = delegated(cast.li, cast.wang)
        assert refused(api(cast.everybody[who]).post(f"{PATH}/{made.pk}/end"), 404, "not_found")
        assert stand_in(cast.li) == cast.wang

    def test_one_that_is_over_stays_as_it_is(self, api, cast):
        made = delegated(cast.li, cast.wang)
        over(made)
        assert api(cast.li).post(f"{PATH}/{made.pk}/end").json()["state"] == "over"
        assert recorded("delegation.ended") == 0

    @pytest.mark.parametrize("who", ["li", "wang"])
    def test_it_lapses_when_either_leaves_for_good(self, cast, who):
        made = delegated(cast.li, cast.wang)
        leaver = cast.everybody[who]
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=leaver.pk, at=clock.now())
        assert stand_in(cast.li) is None
        type(leaver).objects.update(is_active=True)
        assert stand_in(cast.li) is None
        made.refresh_from_db()
        assert made.end_reason == "left"

    def test_then_another_may_be_given(self, api, cast):
        made = delegated(cast.li, cast.wang)
        api(cast.li).post(f"{PATH}/{made.pk}/end")
        assert api(cast.li).post(PATH, body(cast, cast.han)).status_code == 201


class TestLists:
    def test_given_and_received_newest_first(self, api, cast):
        early, late = delegated(cast.han, cast.wang, 0, 1), delegated(cast.han, cast.li, 2, 3)
        given = reads_as(DelegationsOut, api(cast.han).get(PATH, box="given"))
        assert [row.id for row in given.items] == [late.pk, early.pk]
        received = reads_as(DelegationsOut, api(cast.wang).get(PATH, box="received"))
        assert [row.id for row in received.items] == [early.pk]
        for who, box in (("han", "received"), ("wang", "given"), ("qian", "given"), ("sun", "received")):
            assert api(cast.everybody[who]).get(PATH, box=box).json()["items"] == []

    def test_page_by_page(self, api, cast):
        made = [delegated(cast.han, cast.wang, day, day) for day in range(3)]
        first = api(cast.han).get(PATH, box="given", limit=2).json()
        rest = api(cast.han).get(PATH, box="given", limit=2, cursor=first["next_cursor"]).json()
        shown = [row["id"] for row in first["items"] + rest["items"]]
        assert shown == [str(row.pk) for row in reversed(made)]
        assert rest["next_cursor"] is None

    @pytest.mark.parametrize("rows", [1, 30])
    def test_queries_do_not_grow_with_the_rows(self, api, cast, rows, django_assert_num_queries):
        for day in range(rows):
            delegated(cast.han, cast.wang, day, day)
        caller = api(cast.han)
        caller.get("/me")
        with django_assert_num_queries(2):  # one of them looks for revoked sessions
            assert len(caller.get(PATH, box="given", limit=50).json()["items"]) == rows
