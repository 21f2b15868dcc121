"""What a role does not show is nowhere: in no answer of any operation, no search, no push, no page of the admin site.

An administrator who may do everything walks through the whole contract twice, with all classes of sensitive fields
and once with none. Values that occur nowhere else were planted before.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin as site
from django.db import transaction
from django.test import Client
from django.urls import reverse

from backend.core import clock, spreadsheets
from backend.core.actor import Actor
from backend.directory.models import Department, Employee
from backend.directory.roles import CAPABILITIES, FIELDS, RESOURCES
from backend.directory.services import employees, roles
from backend.erp.models import InboxMessage
from backend.erp.services.systems import put_system
from backend.inventory import services as inventory
from backend.orders.rules import Fact
from backend.orders.services import apply_progress, follow
from mobile_api.api import api as contract
from notifications.models import Notification
from tests.mobile_api.test_access_matrix import MATRIX, call
from tests.support.people_file import XLSX
from tests.support.stock import make_product, make_warehouse
from tests.support.world import World, make_world

COST, INVOICED, PAID = "9876543.21", "6543210.98", "1234567.89"
ON_HAND, RESERVED, SAFETY, INCOMING = "73513577", "11111117", "22222219", "52525253"
AVAILABLE, AVAILABLE_LATER = "40180241", "92705494"
COLLEAGUE = {"phone": "13712345671", "email": "canary.colleague@example.com"}
CUSTOMER = {"phone": "13812345672"}
CONTACT = {"phone": "13912345673", "email": "canary.contact@example.com"}
PLANTED = {
    "cost": {COST},
    "stock": {ON_HAND, RESERVED, SAFETY, INCOMING, AVAILABLE, AVAILABLE_LATER},
    "receivable": {INVOICED, PAID},
    "colleague_contact": set(COLLEAGUE.values()),
    "customer_contact": {*CUSTOMER.values(), *CONTACT.values()},
}
BARCODE = "6901234567892"
SEARCHES = {
    "colleague_contact": [("/employees", COLLEAGUE["phone"]), ("/audit", COLLEAGUE["phone"])],
    "customer_contact": [("/customers", CUSTOMER["phone"]), ("/customers", "3812345"), ("/audit", CUSTOMER["phone"])],
    "cost": [("/audit", COST)],
    "stock": [("/audit", SAFETY)],
    "receivable": [("/audit", PAID)],
}


def sees(cast, fields) -> Actor:
    """Qian Jin may do everything, everywhere in his company, and sees these classes."""
    roles.put_role(
        actor=Actor.system(cast.company.pk),
        code="administrator",
        name="管理员",
        capabilities=list(CAPABILITIES),
        scopes=dict.fromkeys(RESOURCES, "company"),
        fields=fields,
        at=clock.now(),
    )
    return cast.actor(cast.qian)


def plant(cast, api, work) -> World:
    erp, at, li = Actor.system(cast.company.pk), clock.now(), api(cast.li)
    world = make_world(cast, api)
    make_product(erp, "T1", "铁观音", cost_price=Decimal(COST), barcodes=[BARCODE])
    warehouse = {"warehouse_id": make_warehouse(erp, "SH", "上海仓").pk, "product_id": world.product}
    figures = {"on_hand": Decimal(ON_HAND), "reserved": Decimal(RESERVED), "as_of": at}
    inventory.put_stock(actor=erp, **warehouse, **figures, at=at)
    inventory.put_safety(actor=erp, **warehouse, safety=Decimal(SAFETY), at=at)
    coming = {"quantity": Decimal(INCOMING), "expected_on": at.date(), "reference": "PO-1"}
    inventory.put_incoming(actor=erp, **warehouse, **coming, at=at)
    cast.li.refresh_from_db()
    employees.change_employee(
        actor=erp, employee_id=cast.li.pk, version=cast.li.version, changes=dict(COLLEAGUE), at=at
    )
    customer = li.get(f"/customers/{world.customer}").json()
    li.patch(f"/customers/{world.customer}", {"version": customer["version"], **CUSTOMER})
    li.post(f"/customers/{world.customer}/contacts", {"name": "王经理", **CONTACT})
    assert li.post(f"/orders/{world.order}/submit").status_code == 200
    follow(actor=cast.actor(cast.qian), order_id=world.order, at=at)
    facts = [
        Fact("k3", kind, kind, at, at, {"amount": amount}) for kind, amount in (("invoiced", INVOICED), ("paid", PAID))
    ]
    apply_progress(actor=erp, order_id=world.order, facts=facts, at=at)
    system = put_system(actor=erp, code="k3", name="金蝶", at=at)
    told = {"stock": [{"on_hand": ON_HAND}], "events": [{"data": {"amount": PAID}}]}
    InboxMessage.objects.create(
        company=cast.company, system=system, external_id="m1", digest=b"1" * 32, payload=told, received_at=at
    )
    work()
    return world


def everything_answered(cast, api, world) -> str:
    """Every operation of the contract as Qian Jin, each undone before the next, and every search for what is hidden."""
    said, caller = [], api(cast.qian)
    asked = [
        ("GET /products/lookup", {"barcode": BARCODE}),
        ("GET /stock", {"product": str(world.product), "on": str(clock.now().date())}),
        ("GET /stock", {"q": "tgy"}),
        ("GET /audit", {"limit": "100"}),
        ("GET /audit", {"subject": str(world.product)}),
        ("GET /audit", {"subject": world.order}),
        ("GET /notifications", {"limit": "100"}),
    ]
    for operation, row in MATRIX.items():
        path = {name: cast.li.pk if what == "li" else getattr(world, what) for name, what in row.path.items()}
        with transaction.atomic():
            said.append((operation, call(caller, operation, path, row, world)))
            transaction.set_rollback(True)
    said += [(operation, caller.get(operation.removeprefix("GET "), **query)) for operation, query in asked]
    answers = [(operation, reply) for operation, reply in said if reply.status_code < 300]
    assert len(answers) > 60, sorted(operation for operation, _ in answers)
    return "\n".join(f"{operation}: {in_text(reply)}" for operation, reply in said)


def in_text(reply) -> str:
    """A workbook is packed: what its cells say. A picture says nothing that could be looked for."""
    if reply.headers["Content-Type"] == XLSX:
        return str([sheet.rows for sheet in spreadsheets.sheets(reply.content)])
    return reply.content.decode(errors="replace")


def searched(caller, path, q):
    """The trail is searched within the last days only."""
    now = clock.now()
    days = {"from": (now - timedelta(days=9)).isoformat(), "to": (now + timedelta(days=1)).isoformat()}
    return caller.get(path, q=q, **(days if path == "/audit" else {}))


def found_in(text) -> dict[str, set[str]]:
    found = {name: {value for value in values if value in text} for name, values in PLANTED.items()}
    return {name: values for name, values in found.items() if values}


def test_who_sees_everything_is_told_everything(api, cast, work, media_root):
    sees(cast, list(FIELDS))
    world = plant(cast, api, work)
    assert found_in(everything_answered(cast, api, world)) == PLANTED
    for searches in SEARCHES.values():
        for path, q in searches:
            assert searched(api(cast.qian), path, q).json()["items"], (path, q)
    (paid,) = Notification.objects.filter(recipient=cast.qian, kind="order.paid")
    assert f"金额：{PAID} CNY" in paid.body


def test_who_sees_nothing_finds_and_is_told_none_of_it(api, cast, work, media_root):
    sees(cast, [])
    world = plant(cast, api, work)
    assert found_in(everything_answered(cast, api, world)) == {}
    for searches in SEARCHES.values():
        for path, q in searches:
            assert searched(api(cast.qian), path, q).json()["items"] == [], (path, q)
    (paid,) = Notification.objects.filter(recipient=cast.qian, kind="order.paid")
    assert (paid.title.startswith("订单"), "金额" in paid.body, PAID in paid.body) == (True, False, False)
    (li_told,) = Notification.objects.filter(recipient=cast.li, kind="order.paid")
    assert PAID in li_told.body
    stock = api(cast.qian).get("/stock", q="tgy").json()["items"][0]["stock"][0]
    assert (stock["level"], stock["available"], stock["on_hand"]) == ("plenty", None, None)


@pytest.mark.parametrize("name", FIELDS)
def test_each_class_is_shown_for_itself_alone(api, cast, work, media_root, name):
    sees(cast, [name])
    world = plant(cast, api, work)
    caller = api(cast.qian)
    reads = [
        f"/products/{world.product}",
        "/stock?q=tgy",
        f"/orders/{world.order}/timeline",
        f"/employees/{cast.li.pk}",
        f"/customers/{world.customer}",
        f"/customers/{world.customer}/contacts",
        "/audit?limit=100",
        f"/audit?subject={world.product}",
    ]
    assert set(found_in("\n".join(caller.get(path).content.decode() for path in reads))) == {name}


@pytest.mark.parametrize("fields", [[], list(FIELDS)], ids=["nothing", "everything"])
def test_the_admin_site_shows_as_much(api, cast, work, media_root, fields):
    sees(cast, fields)
    plant(cast, api, work)
    client = Client()
    client.force_login(cast.qian)
    pages = []
    for model in site.site._registry:
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        pages.append(client.get(reverse(f"admin:{name}_changelist"), follow=True))
        scoped = {"company": cast.company} if hasattr(model, "company_id") else {"pk": cast.company.pk}
        rows = model._base_manager.filter(**scoped)[:60]
        pages += [client.get(reverse(f"admin:{name}_change", args=[row.pk])) for row in rows]
    assert {page.status_code for page in pages} == {200}
    shown = found_in("\n".join(page.content.decode() for page in pages))
    if fields:
        assert {"cost", "stock", "receivable", "colleague_contact", "customer_contact"} == set(shown)
    else:
        assert shown == {}
    for term in (COLLEAGUE["phone"], COLLEAGUE["phone"][:7]):
        listed = client.get("/admin/directory/employee/", {"q": term}).content.decode()
        assert ("1002" in listed) == bool(fields)


def test_nothing_is_filtered_or_ordered_by_what_may_be_hidden():
    """There is no parameter for it in the whole contract; `q` is tried above. Customers are sorted by two columns."""
    parameters = {
        parameter["name"]: parameter["schema"]
        for methods in contract.get_openapi_schema()["paths"].values()
        for operation in methods.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    hidden = {"phone", "email", "cost", "cost_price", "amount", "on_hand", "available", "safety", "order_by"}
    assert len(parameters) > 20
    assert not parameters.keys() & hidden
    assert parameters["sort"]["enum"] == ["-created_at", "name"]


def test_saving_a_form_without_the_field_leaves_it_alone(cast):
    """An administrator who does not see telephones renames Li Lei."""
    Employee.objects.filter(pk=cast.li.pk).update(**COLLEAGUE)
    sees(cast, [])
    client = Client()
    client.force_login(cast.qian)
    form = {
        "name": "李雷雷",
        "department": str(Department.objects.get(pk=cast.shanghai.pk).pk),
        "manager": str(cast.han.pk),
        "assigned_roles": [str(cast.li.roles.get().pk)],
    }
    assert client.post(f"/admin/directory/employee/{cast.li.pk}/change/", form).status_code == 302
    cast.li.refresh_from_db()
    assert (cast.li.name, cast.li.phone, cast.li.email) == ("李雷雷", COLLEAGUE["phone"], COLLEAGUE["email"])
