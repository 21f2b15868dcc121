"""The trail as an auditor reads it: who did what, before and after, in words, and no more than he may see."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.customers.models import Customer
from backend.directory.roles import FIELDS
from backend.directory.services import people, roles
from backend.events import services as events
from backend.events.models import Event
from backend.orders.models import Order
from mobile_api.schemas.audit import AuditEventOut, AuditEventsOut
from tests.support.contract import reads_as
from tests.support.delegations import delegated
from tests.support.visits import refused

PHONE, OTHER_PHONE = "13800138000", "13900139000"


@pytest.fixture
def customer(api, cast) -> str:
    """Li Lei's, whose telephone he has corrected."""
    made = api(cast.li).post("/customers", {"name": "老张茶行", "phone": PHONE}).json()
    api(cast.li).patch(f"/customers/{made['id']}", {"version": 1, "phone": OTHER_PHONE, "level": "A"})
    return made["id"]


def allow(cast, employee, code, *, fields, capabilities=("audit.read",)):
    system, at = Actor.system(cast.company.pk), clock.now()
    roles.put_role(
        actor=system, code=code, name=code, capabilities=capabilities, scopes={}, fields=fields, version=0, at=at
    )
    roles.assign_roles(actor=system, employee_id=employee.pk, role_codes=[code], at=at)


def listed(caller, **query) -> list[AuditEventOut]:
    return reads_as(AuditEventsOut, caller.get("/audit", **query)).items


def test_a_change_is_told_field_by_field_in_words(api, cast, customer):
    (changed,) = listed(api(cast.qian), kind="customer.changed")
    assert (changed.kind_name, changed.person.name, changed.on_behalf_of) == ("客户：修改", "李雷", None)
    assert changed.subject.model_dump(mode="json") == {
        "type": "customers.customer",
        "type_name": "客户",
        "id": customer,
        "name": "老张茶行",
    }
    assert {(line.label, line.before, line.after, line.hidden) for line in changed.changes} == {
        ("电话", PHONE, OTHER_PHONE, False),
        ("等级", None, "A", False),
    }
    assert changed.address == "127.0.0.1"
    english = api(cast.qian).client.get(
        f"/api/v1/audit/{changed.id}", headers=api(cast.qian).headers | {"Accept-Language": "en"}
    )
    told = english.json()
    assert (told["kind_name"], {line["label"] for line in told["changes"]}) == ("customer: changed", {"phone", "level"})


def test_ids_and_codes_are_told_by_name(api, cast, customer):
    api(cast.li).post(f"/customers/{customer}/release")
    (released,) = listed(api(cast.qian), kind="customer.released")
    assert [(line.label, line.before, line.after) for line in released.changes] == [("负责人", "李雷", None)]
    (moved,) = listed(api(cast.qian), kind="department.created", subject=str(cast.shanghai.pk))
    assert {line.label: line.after for line in moved.changes}["上级"] == "华东区"
    people.dismiss(actor=cast.actor(cast.qian), employee_id=cast.zhao.pk, at=clock.now())
    (left,) = listed(api(cast.qian), kind="employee.dismissed")
    assert [(line.label, line.before, line.after) for line in left.changes] == [("在职", "是", "否")]
    wider = {"version": 1, "name": "业务员", "capabilities": ["order.read"], "scopes": {"order": "subtree"}}
    api(cast.qian).put("/roles/rep", wider | {"fields_seen": ["cost", "stock"]})
    (role,) = listed(api(cast.qian), kind="role.changed")
    after = {line.label: line.after for line in role.changes}
    assert (after["权限"], after["数据权限"]) == ("查看订单", "订单 本部门及下级")
    assert (after["可见字段"], after["可进入管理后台"]) == ("成本价、精确库存数", "否")


def test_every_filter_finds_its_own_and_nothing_else(api, cast, customer):
    caller, at = api(cast.qian), clock.now()
    delegated(cast.han, cast.wang)
    behalf = Actor(company_id=cast.company.pk, employee_id=cast.wang.pk, on_behalf_of_id=cast.han.pk)
    events.record("visit.reviewed", Customer.objects.get(pk=customer), actor=behalf, at=at, decision="accepted")

    def kinds(**query):
        return {item.kind for item in listed(caller, limit=100, **query)}

    assert kinds(person=str(cast.li.pk)) == {"customer.created", "customer.changed", "session.opened"}
    assert kinds(on_behalf_of=str(cast.han.pk)) == {"visit.reviewed"}
    assert kinds(kind="customer") == {"customer.created", "customer.changed"}
    assert kinds(kind="customer", person=str(cast.han.pk)) == set()
    assert kinds(subject=customer) == {"customer.created", "customer.changed", "visit.reviewed"}
    assert kinds(subject_type="directory.delegation", kind="delegation") == {"delegation.given"}
    assert kinds(**{"from": (at + timedelta(hours=1)).isoformat()}) == set()
    assert kinds(to=(at - timedelta(hours=1)).isoformat()) == set()
    (one,) = listed(caller, kind="customer.changed")
    span = {"from": (at - timedelta(hours=1)).isoformat(), "to": (at + timedelta(hours=1)).isoformat()}
    assert kinds(request_id=one.request_id, **span) == {"customer.changed"}
    assert "customer.changed" in kinds(address="127.0.0.1", **span)
    assert kinds(address="10.9.9.9", **span) == kinds(device="nobody's", **span) == set()
    assert kinds(q="老张", **span) == {"customer.created"}
    assert kinds(q='%_"', **span) == set()


@pytest.mark.parametrize("slow", [{"q": "老张"}, {"address": "127.0.0.1"}, {"device": "x"}, {"request_id": "x"}])
def test_what_has_no_index_needs_a_narrow_question(api, cast, customer, slow):
    caller, at = api(cast.qian), clock.now()
    long = {"from": (at - timedelta(days=32)).isoformat(), "to": at.isoformat()}
    for wide in ({}, {"kind": "customer"}, {"from": at.isoformat()}, long):
        assert refused(caller.get("/audit", **slow, **wide), 422, "search_too_wide")
    assert caller.get("/audit", **slow, person=str(cast.li.pk)).status_code == 200


def test_page_by_page_nothing_is_lost_or_told_twice(api, cast, customer):
    caller, seen, cursor = api(cast.qian), [], None
    while True:
        shown = reads_as(AuditEventsOut, caller.get("/audit", limit=3, cursor=cursor, kind="employee"))
        seen += [item.id for item in shown.items]
        if (cursor := shown.next_cursor) is None:
            break
    known = Event.objects.filter(company=cast.company, name__startswith="employee.").order_by("-at", "-pk")
    assert seen == list(known.values_list("pk", flat=True))


def test_hidden_classes_are_hidden_and_find_nothing(api, cast, customer):
    allow(cast, cast.wang, "auditor", fields=[name for name in FIELDS if name != "customer_contact"])
    caller, person = api(cast.wang), str(cast.li.pk)
    (changed,) = listed(caller, kind="customer.changed")
    assert {(line.field, line.before, line.after, line.hidden) for line in changed.changes} == {
        ("phone", None, None, True),
        ("level", None, "A", False),
    }
    for path in ("/audit", f"/audit/{changed.id}", f"/audit?subject={customer}"):
        said = caller.get(path).content.decode()
        assert PHONE not in said
        assert OTHER_PHONE not in said
    assert listed(caller, person=person, q=PHONE[:7]) == []
    assert [item.kind for item in listed(caller, person=person, q="老张")] == ["customer.created"]
    assert [item.kind for item in listed(api(cast.qian), person=person, q=PHONE[:7])] == ["customer.changed"]


def test_what_lies_deeper_is_told_and_hidden_as_well(api, cast, customer):
    """An ERP corrects what it said of a payment."""
    order = Order(pk=new_id(), company=cast.company)
    before, after = ({"kind": "paid", "data": {"amount": amount, "reference": "R7"}} for amount in ("98.70", "65.40"))
    system = Actor.system(cast.company.pk)
    events.record("order.corrected", order, actor=system, at=clock.now(), before=before, after=after, lines=["A", "B"])
    allow(cast, cast.wang, "auditor", fields=[])
    (seen,), (hidden,) = (listed(api(who), kind="order.corrected") for who in (cast.qian, cast.wang))
    assert {line.field: (line.before, line.after) for line in seen.changes} == {
        "kind": ("paid", "paid"),
        "data": ("金额 98.70；来源单据 R7", "金额 65.40；来源单据 R7"),
    }
    assert {line.field: line.after for line in hidden.changes}["data"] == "金额 ——；来源单据 R7"
    assert [(line.label, line.value) for line in seen.details] == [("明细", "A、B")]
    assert seen.person is None


def test_only_auditors_and_only_of_their_own_company(api, cast, customer):
    (event,) = Event.objects.filter(name="customer.changed")
    for who in (cast.li, cast.han, cast.wang):
        assert refused(api(who).get("/audit"), 403, "forbidden")
        assert refused(api(who).get(f"/audit/{event.pk}"), 403, "forbidden")
    boss = people.put_employee(
        actor=Actor.system(cast.acme.pk),
        number="9",
        name="周总",
        department_id=cast.sun.department_id,
        manager_id=None,
        role_codes=["administrator"],
        at=clock.now(),
    )
    stranger = api(boss)
    assert {item.person.name if item.person else None for item in listed(stranger, limit=100)} == {None, "周总"}
    for query in ({"person": str(cast.li.pk)}, {"subject": customer}, {"subject": customer, "q": "老张"}):
        assert listed(stranger, **query) == []
    assert refused(stranger.get(f"/audit/{event.pk}"), 404, "not_found")
    assert api(cast.qian).get(f"/audit/{event.pk}").status_code == 200
    assert refused(api(cast.qian).get("/audit/999999999"), 404, "not_found")


def test_no_more_queries_for_a_full_page_than_for_one_row(api, cast, customer, django_assert_max_num_queries):
    caller, known = api(cast.qian), Event.objects.filter(company=cast.company).count()
    caller.get("/audit")
    for limit in (1, 100):
        with django_assert_max_num_queries(3):  # revocations, the page, what is named on it
            assert len(listed(caller, limit=limit)) == min(limit, known)


def test_what_was_recorded_before_a_type_went_is_still_told(api, cast):
    Event.objects.create(
        company=cast.company, name="toy.broken", subject_type="toys.toy", subject_id=cast.li.pk, data={"before": "x"}
    )
    (told,) = listed(api(cast.qian), kind="toy")
    assert (told.kind_name, told.subject.type_name, told.subject.name) == ("toy：broken", "toys.toy", None)
    assert [(line.field, line.before) for line in told.changes] == [("value", "x")]
