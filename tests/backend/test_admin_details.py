"""Every page of one row, and every list of choices beside a list: whole, and of the own company only."""

import pytest
from django.contrib import admin as site
from django.test import Client, RequestFactory
from django.urls import reverse

from backend.core import clock
from backend.core.actor import Actor
from backend.core.admin import CompanyAdmin
from backend.core.ids import new_id
from backend.customers.models import CustomerImport
from backend.directory.models import Session
from backend.directory.services.roles import assign_roles, put_role
from backend.erp.models import ErpSystem, ImportFile, InboxMessage, Outbox
from backend.erp.services.systems import put_system
from backend.events.models import Delivery, Event
from backend.exports.models import Export
from backend.files.models import FileJob
from notifications.models import Message, Notification
from tests.notifications.subjects import customers_file_of, export_of, file_of

SHOWN = (
    Delivery,
    Session,
    FileJob,
    Export,
    CustomerImport,
    Notification,
    Message,
    ErpSystem,
    Outbox,
    InboxMessage,
    ImportFile,
)
"""What is only to be read."""


@pytest.fixture
def admin(cast) -> Client:
    client = Client()
    client.force_login(cast.qian)
    return client


@pytest.fixture
def system(cast) -> ErpSystem:
    return put_system(actor=cast.actor(cast.qian), code="k3", name="金蝶", at=clock.now())


@pytest.fixture
def rows(cast, api, system) -> None:
    """One row at least of each."""
    api(cast.li)
    ours = {"company": cast.company}
    event = Event.objects.filter(**ours).latest("pk")
    notification = Notification.objects.create(
        **ours, event=event, recipient=cast.li, kind="x", title="x", body="x", subject_id=new_id(), path="/"
    )
    Message.objects.create(**ours, notification=notification, channel="wecom")
    Delivery.objects.create(**ours, event=event, consumer="notifications")
    FileJob.objects.create(**ours, attachment=file_of(cast.li), revision=0)
    export_of(cast.li)
    customers_file_of(cast.li)
    told = {**ours, "system": system}
    Outbox.objects.create(**told, entity="orders.order", local_id=new_id(), key="SO1", payload={})
    InboxMessage.objects.create(**told, external_id="m1", digest=b"1" * 32, payload={}, received_at=clock.now())
    ImportFile.objects.create(**told, content="stock", name="库存.csv", digest=b"1" * 32, first_seen_at=clock.now())


TAKEN_BACK = {"visits.VisitCadence"}
"""Settings that a service takes back, with an event of what they were; everything else has its own way to end."""


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", SHOWN)
def test_a_row_is_shown_whole_and_cannot_be_written(admin, cast, model):
    row = model._base_manager.filter(company=cast.company).first()
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    reply = admin.get(address)
    assert reply.status_code == 200
    page = reply.content.decode().lower()
    asking = RequestFactory().get("/")
    asking.user = cast.qian
    shown = [field for field in model._meta.fields if field.name in site.site._registry[model].get_fields(asking)]
    assert len(shown) > 5
    assert [field.name for field in shown if str(field.verbose_name).lower() not in page] == []
    assert admin.post(address, {}).status_code == 403


def test_the_secret_of_an_erp_is_not_shown_even_encrypted(admin, system):
    page = admin.get(f"/admin/erp/erpsystem/{system.pk}/change/").content.decode()
    assert "金蝶" in page
    assert system.live_secrets[0] not in page
    assert system.secret_encrypted not in page


@pytest.mark.parametrize("model", site.site._registry, ids=lambda model: model._meta.label)
def test_every_page_belongs_to_one_company_and_has_a_form(cast, model):
    page = site.site._registry[model]
    request = RequestFactory().get("/")
    request.user = cast.qian
    assert isinstance(page, CompanyAdmin)
    assert "company" not in page.get_form(request).base_fields
    assert "company" not in page.get_fields(request)


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("model", site.site._registry, ids=lambda model: model._meta.label)
def test_no_page_lists_another_companys_rows_or_deletes(cast, model):
    page, request = site.site._registry[model], RequestFactory().get("/")
    seen = {}
    for person, company in ((cast.qian, cast.company), (cast.sun, cast.acme)):
        request.user = person
        rows = page.get_queryset(request)
        seen[company.pk] = set(rows.values_list(page.company_column, flat=True)) - {company.pk}
        assert not page.has_delete_permission(request) or model._meta.label in TAKEN_BACK
        assert page.write_capability or not page.has_add_permission(request)
    assert seen == {cast.company.pk: set(), cast.acme.pk: set()}


@pytest.mark.parametrize("model", site.site._registry, ids=lambda model: model._meta.label)
def test_a_page_that_writes_asks_for_more_than_the_right_to_look_on(cast, model):
    """An auditor may read; he finds no page that he may write, and no action that he may do."""
    page, request = site.site._registry[model], RequestFactory().get("/")
    request.user = auditor_of(cast)
    if page.has_view_permission(request):
        assert page.read_capability == "audit.read"
        assert not page.has_change_permission(request)
        assert not page.get_actions(request)


def auditor_of(cast):
    rights = {"capabilities": ["audit.read"], "scopes": {}, "fields": [], "is_staff": True}
    put_role(actor=cast.actor(cast.qian), code="auditor", name="审计", at=clock.now(), **rights)
    assign_roles(actor=cast.actor(cast.qian), employee_id=cast.wang.pk, role_codes=["auditor"], at=clock.now())
    return cast.wang


@pytest.mark.parametrize(
    ("path", "ours", "theirs"),
    [("/admin/directory/employee/", "华东区", "甲公司"), ("/admin/erp/outbox/", "金蝶", "用友")],
)
def test_a_filter_offers_no_other_companys_rows(admin, cast, system, path, ours, theirs):
    Outbox.objects.create(company=cast.company, system=system, entity="x", local_id=new_id(), key="1", payload={})
    put_system(actor=Actor.system(cast.acme.pk), code="u8", name="用友", at=clock.now())
    page = admin.get(path).content.decode()
    assert ours in page
    assert theirs not in page
