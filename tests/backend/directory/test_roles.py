"""Nobody gives away more than he holds, and somebody always administers."""

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound, VersionConflict
from backend.directory.guards import GrantsTooMuch, LastAdministrator, LocksYouOut
from backend.directory.models import Employee, Role
from backend.directory.records import UnknownRole
from backend.directory.roles import CAPABILITIES, FIELDS, RESOURCES
from backend.directory.services import employees, people, roles
from backend.directory.services.roles import RoleInUse
from backend.events.models import Event

pytestmark = pytest.mark.django_db


def put(actor, code="clerk", **more):
    wanted = {"name": "文员", "capabilities": ["stock.read"], "scopes": {"order": "department"}, **more}
    return roles.put_role(actor=actor, code=code, at=clock.now(), **wanted)


def assign(actor, employee, *codes):
    return roles.assign_roles(actor=actor, employee_id=employee.pk, role_codes=codes, at=clock.now())


@pytest.fixture
def admin(cast):
    return cast.actor(cast.qian)


@pytest.fixture
def hr(cast):
    """Zhao now hires people and may nothing else."""
    system = Actor.system(cast.company.pk)
    put(system, "hr", name="人事", capabilities=["directory.manage"], scopes={"directory": "company"}, fields=[])
    assign(system, cast.zhao, "hr")
    return cast.actor(cast.zhao)


def test_every_capability_names_a_resource_and_a_verb_and_the_standard_roles_know_them_all(cast):
    assert all(len(name.split(".")) == 2 for name in CAPABILITIES)
    for role in Role.objects.filter(company=cast.company):
        assert set(role.capabilities) <= set(CAPABILITIES)
        assert set(role.scopes) == set(RESOURCES)
        assert set(role.fields) <= set(FIELDS)


def test_a_role_is_made_changed_and_told_with_before_and_after(cast, admin):
    clerk = put(admin, fields=["cost"], version=0)
    assert (clerk.version, clerk.fields) == (1, ["cost"])
    put(admin, fields=["cost"], version=0)
    put(admin, capabilities=["stock.read", "order.read"], version=1)
    with pytest.raises(VersionConflict):
        put(admin, capabilities=[], version=1)
    made, changed = Event.objects.filter(subject_id=clerk.pk).order_by("id")
    assert (made.name, made.data["before"], changed.name) == ("role.created", {}, "role.changed")
    assert changed.data["before"]["capabilities"] == ["stock.read"]
    assert changed.data["after"]["capabilities"] == ["order.read", "stock.read"]


def test_what_is_not_known_is_refused(cast, admin):
    for wrong in ({"capabilities": ["all"]}, {"scopes": {"order": "galaxy"}}, {"fields": ["salary"]}):
        with pytest.raises(Invalid) as refused:
            put(admin, **wrong)
        assert set(refused.value.fields) == set(wrong)
    with pytest.raises(UnknownRole):
        assign(admin, cast.li, "emperor")
    assert not Role.objects.filter(code="clerk").exists()


def test_roles_belong_to_administrators_of_the_company(cast, admin, hr):
    for actor in (cast.actor(cast.han), hr):
        with pytest.raises(Forbidden):
            put(actor)
        with pytest.raises(Forbidden):
            roles.remove_role(actor=actor, code="rep", at=clock.now())
    with pytest.raises(NotFound):
        assign(admin, cast.sun, "rep")
    with pytest.raises(Forbidden):
        assign(cast.actor(cast.han), cast.li, "manager")


def test_who_is_no_administrator_grants_at_most_what_he_holds(cast, hr):
    system = Actor.system(cast.company.pk)
    put(system, "reader", capabilities=[], scopes={"directory": "own"}, fields=[])
    put(system, "peeper", capabilities=[], scopes={}, fields=["cost"])
    put(system, "spy", capabilities=[], scopes={"order": "company"}, fields=[])
    put(system, "desk", capabilities=[], scopes={}, fields=[], is_staff=True)
    home = {"department_id": cast.north.pk, "at": clock.now()}
    new, _ = employees.hire_employee(actor=hr, number="2001", name="周舟", role_codes=["reader"], **home)
    for code in ("rep", "administrator", "peeper", "spy", "desk"):
        with pytest.raises(GrantsTooMuch):
            assign(hr, new, code)
        with pytest.raises(GrantsTooMuch):
            employees.hire_employee(actor=hr, number="2002", name="吴用", role_codes=[code], **home)
    assert not Employee.objects.filter(number="2002").exists()
    assert [role.code for role in new.roles.all()] == ["reader"]


def test_nor_does_he_touch_who_may_more_than_he(cast, hr):
    """A new password, a telephone that proves who one is, an identity: each would let him act as the administrator."""
    at, qian = clock.now(), cast.qian
    home = {"department_id": qian.department_id, "manager_id": None}
    for attempt in (
        lambda: people.set_password(
            actor=hr, employee_id=qian.pk, password="a-good-long-one", must_change=False, at=at
        ),
        lambda: people.dismiss(actor=hr, employee_id=qian.pk, at=at),
        lambda: people.bind_identity(actor=hr, employee_id=qian.pk, provider="wecom", tenant="ww1", subject="zhao"),
        lambda: people.put_employee(actor=hr, number=qian.number, name=qian.name, phone="1", at=at, **home),
        lambda: employees.change_employee(
            actor=hr, employee_id=qian.pk, version=qian.version, changes={"phone": "1"}, at=at
        ),
        lambda: assign(hr, qian),
    ):
        with pytest.raises(GrantsTooMuch):
            attempt()
    qian.refresh_from_db()
    assert (qian.phone, qian.is_active, qian.identities.count(), qian.roles.count()) == ("", True, 0, 1)


def test_the_last_administrator_stays_and_none_locks_himself_out(cast, admin):
    system = Actor.system(cast.company.pk)
    at = clock.now()
    rights = {"capabilities": ["audit.read"], "scopes": {}}
    for attempt in (
        lambda: assign(admin, cast.qian, "rep"),
        lambda: people.dismiss(actor=admin, employee_id=cast.qian.pk, at=at),
        lambda: put(admin, "administrator", name="管理员", **rights),
    ):
        with pytest.raises(LocksYouOut):
            attempt()
    for attempt in (
        lambda: assign(system, cast.qian),
        lambda: people.dismiss(actor=system, employee_id=cast.qian.pk, at=at),
        lambda: put(system, "administrator", name="管理员", **rights),
    ):
        with pytest.raises(LastAdministrator):
            attempt()
    assert cast.actor(cast.qian).may("role.manage")
    assign(admin, cast.wang, "finance", "administrator")
    assign(cast.actor(cast.wang), cast.qian, "rep")
    assert not cast.actor(cast.qian).may("role.manage")


def test_a_role_that_is_held_cannot_be_removed(cast, admin):
    put(admin)
    assign(admin, cast.zhao, "rep", "clerk")
    with pytest.raises(RoleInUse):
        roles.remove_role(actor=admin, code="clerk", at=clock.now())
    assign(admin, cast.zhao, "rep")
    roles.remove_role(actor=admin, code="clerk", at=clock.now())
    with pytest.raises(NotFound):
        roles.remove_role(actor=admin, code="clerk", at=clock.now())
    assert Event.objects.get(name="role.removed").data["before"]["code"] == "clerk"


def test_a_role_of_many_is_forgotten_by_one_notice(api, cast, admin, django_assert_max_num_queries):
    rep = cast.li.roles.get()
    crowd = [
        Employee(company=cast.company, number=f"c{n}", login=f"waiqin/c{n}", name="众", department=cast.north)
        for n in range(150)
    ]
    Employee.objects.bulk_create(crowd)
    rep.assignments.bulk_create(rep.assignments.model(company=cast.company, employee=one, role=rep) for one in crowd)
    caller = api(cast.li)
    assert "audit.read" not in caller.get("/me").json()["capabilities"]
    with django_assert_max_num_queries(12):
        put(admin, "rep", name="业务员", capabilities=["audit.read"], scopes={})
    assert caller.get("/me").json()["capabilities"] == ["audit.read"]
