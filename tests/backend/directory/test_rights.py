"""What somebody may do and see, read in one statement when his token is met."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.actor import Actor, Scope
from backend.directory.models import Department, Role, Session
from backend.directory.roles import RESOURCES
from backend.directory.selectors import actor_for, actor_of_session, subtree_of
from backend.directory.services import people
from backend.directory.services.sessions import Device, open_session

pytestmark = pytest.mark.django_db


def with_roles(cast, employee, *codes):
    people.put_employee(
        actor=Actor.system(employee.company_id),
        number=employee.number,
        name=employee.name,
        department_id=employee.department_id,
        manager_id=employee.manager_id,
        role_codes=codes,
        at=clock.now(),
    )
    return actor_for(employee)


def test_nobody_without_a_role_sees_more_than_his_own(cast):
    actor = with_roles(cast, cast.li)
    assert actor.capabilities == frozenset()
    assert set(actor.scopes.values()) == {Scope.OWN}
    assert actor.subtree == ()


def test_of_several_roles_the_widest_reach_and_every_capability_count(cast):
    Role.objects.create(
        company=cast.company,
        code="counter",
        name="盘点",
        capabilities=["stock.read"],
        scopes={"order": "company", "visit": "department"},
    )
    actor = with_roles(cast, cast.han, "manager", "counter")
    assert {"visit.review", "stock.read"} <= actor.capabilities
    assert (actor.scopes["order"], actor.scopes["visit"]) == (Scope.COMPANY, Scope.SUBTREE)
    assert set(actor.scopes) == set(RESOURCES)


def test_who_sees_his_subtree_has_all_departments_below(cast):
    team = Department.objects.create(company=cast.company, code="pudong", name="浦东", parent=cast.shanghai)
    assert set(actor_for(cast.han).subtree) == {cast.east.pk, cast.shanghai.pk, team.pk}
    assert actor_for(cast.wang).subtree == ()  # sees the whole company anyway


def test_departments_in_a_circle_end_the_search(cast):
    Department.objects.filter(pk=cast.east.pk).update(parent=cast.shanghai)
    assert set(subtree_of(cast.east.pk)) == set(actor_for(cast.han).subtree) == {cast.east.pk, cast.shanghai.pk}


def test_a_session_acts_with_the_rights_of_its_employee_while_it_lives(cast):
    at = clock.now()
    session = open_session(employee_id=cast.han.pk, device=Device(id="phone"), at=at).session

    def acting(**other):
        asked = {"session_id": session.pk, "employee_id": cast.han.pk, "company_id": cast.company.pk, "at": at}
        return actor_of_session(**(asked | other))

    found = acting()
    assert found.session_id == session.pk
    assert (found.scopes, found.capabilities, found.subtree) == (
        actor_for(cast.han).scopes,
        actor_for(cast.han).capabilities,
        actor_for(cast.han).subtree,
    )
    assert acting(employee_id=cast.li.pk) is None
    assert acting(company_id=cast.acme.pk) is None
    assert acting(at=at + timedelta(days=181)) is None
    Session.objects.filter(pk=session.pk).update(revoked_at=at)
    assert acting() is None
    Session.objects.filter(pk=session.pk).update(revoked_at=None)
    cast.han.is_active = False
    cast.han.save(update_fields=["is_active"])
    assert acting() is None


def test_it_is_one_query(cast, django_assert_num_queries):
    with django_assert_num_queries(1):
        actor_for(cast.han)
