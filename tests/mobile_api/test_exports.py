"""Files made by a job: asked for, followed, fetched; with the rights of the moment, once, for one person alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from backend.core import clock
from backend.core.actor import Actor
from backend.customers.services import put_field
from backend.customers.sheet import exporting
from backend.directory.models import Employee, Role
from backend.directory.selectors import actor_for
from backend.events import owed
from backend.events.models import Event
from backend.exports import making, selectors, services
from backend.exports.models import Export
from backend.files import storage
from notifications.models import Notification
from tests.support.customers import made
from tests.support.exports import asked, opened, path_of

pytestmark = pytest.mark.usefixtures("media_root")
POINT = {"lat": 31.2, "lng": 121.4, "crs": "wgs84"}


@pytest.fixture
def han(api, cast):
    """She sees Li's department, and exports customers."""
    return api(cast.han)


@pytest.fixture
def customers(api, cast):
    put_field(actor=cast.actor(cast.qian), key="area", name="面积", kind="number", at=clock.now())
    li = api(cast.li)
    first = made(li, "联华超市", phone="021-1", tags=["重点", "华东"], place=POINT, details={"area": 120.0}, level="A")
    li.post(f"/customers/{first['id']}/contacts", {"name": "王芳", "phone": "13900000001", "email": "w@example.com"})
    li.post(f"/customers/{first['id']}/contacts", {"name": "李四"})
    li.post(f"/customers/{first['id']}/places", {"name": "分店", "address": "南京路 1 号", "place": POINT})
    made(li, "=HYPERLINK(1)")
    made(api(cast.zhao), "北方商贸")  # of another region
    return first


def test_a_manager_takes_out_what_she_sees(han, api, cast, customers, work):
    told = asked(han, {})
    assert (told["state"], told["link"], told["rows_total"]) == ("waiting", None, None)
    work()
    rows = opened(han, told["id"])
    assert [row["客户名称 Name"] for row in rows] == ["=HYPERLINK(1)", "联华超市"]
    row = rows[1]
    assert row["客户编码 Code"] == customers["code"]
    assert (row["标签 Tags"], row["客户等级 Level"], row["面积"]) == ("华东,重点", "A", "120")
    assert (row["纬度 Latitude"], row["坐标系 Datum"]) == ("31.2", "WGS84")
    assert (row["负责人工号 Owner number"], row["所属部门 Department"]) == ("1002", "上海组")
    assert (row["联系人1 Contact 1"], row["联系人电话1 Contact phone 1"]) == ("王芳", "13900000001")
    assert (row["联系人2 Contact 2"], row["其他地点1 Place 1"]) == ("李四", "分店")
    told = han.get(f"/exports/{told['id']}").json()
    assert (told["rows_done"], told["rows_total"], told["reason"]) == (2, 2, None)
    assert told["name"].startswith("客户-")
    assert [each["id"] for each in han.get("/exports").json()["items"]] == [told["id"]]
    ready = Event.objects.get(name="export.ready", subject_id=told["id"])
    assert (ready.actor, ready.data["rows"]) == (None, 2)
    assert Event.objects.get(name="export.asked", subject_id=told["id"]).actor == cast.han
    [notice] = Notification.objects.filter(kind="export.ready")
    assert (notice.recipient, notice.title, notice.path) == (cast.han, "导出已完成：客户", f"/exports/{told['id']}")


def test_filters_are_those_of_the_list(han, customers, work):
    by_name, by_level, nothing = (
        asked(han, {name: text}) for name, text in (("q", "联华"), ("level", "A"), ("tag", "x"))
    )
    work()
    assert [len(opened(han, each["id"])) for each in (by_name, by_level, nothing)] == [1, 1, 0]
    reply = han.post("/customers/exports", {"filters": {"south": 1.0}})
    assert (reply.status_code, reply.json()["code"]) == (422, "bad_bounds")
    assert Export.objects.count() == 3


def test_columns_that_the_reader_may_not_see_are_left_out(han, cast, customers, work):
    Role.objects.filter(company=cast.company, code="manager").update(fields=[])
    told = asked(han, {})
    work()
    row = opened(han, told["id"])[1]
    assert not [heading for heading in row if "电话" in heading or "邮箱" in heading]
    assert "13900000001" not in str(row)
    assert row["联系人1 Contact 1"] == "王芳"


def test_who_may_not_export_asks_in_vain(api, cast):
    reply = api(cast.li).post("/customers/exports", {"filters": {}})
    assert (reply.status_code, reply.json()["capability"]) == (403, "customer.export")
    assert not Export.objects.exists()


def test_twice_is_once_and_an_id_stands_for_one_request(han, api, cast):
    body = {"id": str(uuid4()), "filters": {}}
    first, again = han.post("/customers/exports", body), han.post("/customers/exports", body)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"] == body["id"]
    for caller, other in ((han, {**body, "filters": {"q": "x"}}), (api(cast.qian), body)):
        reply = caller.post("/customers/exports", other)
        assert (reply.status_code, reply.json()["code"]) == (409, "id_reused")
    assert Export.objects.count() == Event.objects.filter(name="export.asked").count() == 1


def test_so_many_at_once_and_no_more(han, work, media_root):
    for _ in range(services.MOST_AT_ONCE):
        asked(han, {})
    reply = han.post("/customers/exports", {"filters": {}})
    assert (reply.status_code, reply.json()["code"], reply.json()["limit"]) == (429, "too_many_exports", 3)
    assert reply.headers["Retry-After"] == "60"
    work()
    asked(han, {})


def test_it_is_nobody_elses(han, api, cast, work):
    export_id = asked(han, {})["id"]
    work()
    for stranger in (cast.qian, cast.li, cast.sun):
        assert api(stranger).get(f"/exports/{export_id}").status_code == 404
        assert api(stranger).get("/exports").json()["items"] == []
    address = path_of(han.get(f"/exports/{export_id}").json())
    other = asked(han, {})["id"]
    forged = Client().get(address.replace(export_id, other))
    assert (forged.status_code, forged.json()["code"]) == (403, "link_invalid")


@pytest.mark.parametrize("reason", ["left", "forbidden"])
def test_the_rights_are_those_of_the_moment(reason, han, cast, customers, work, media_root):
    export_id = asked(han, {})["id"]
    if reason == "left":
        Employee.objects.filter(pk=cast.han.pk).update(is_active=False)
    else:
        Role.objects.filter(company=cast.company, code="manager").update(capabilities=["customer.read"])
    work()
    export = Export.objects.get(pk=export_id)
    assert (export.state(clock.now()), export.why, export.file_key) == ("failed", reason, "")
    assert Event.objects.get(name="export.failed").data["reason"] == reason
    assert Notification.objects.filter(kind="export.failed").count() == (reason == "forbidden")
    assert not list(media_root.rglob("export-*"))


def test_rights_taken_while_it_is_made_leave_no_file(han, cast, customers, work, media_root, monkeypatch):
    write = storage.current().__class__.write

    def and_then(self, *args, **kwargs):
        write(self, *args, **kwargs)
        Employee.objects.filter(pk=cast.han.pk).update(is_active=False)

    monkeypatch.setattr(storage.current().__class__, "write", and_then)
    export_id = asked(han, {})["id"]
    work()
    assert Export.objects.get(pk=export_id).why == "left"
    assert not list(media_root.rglob("export-*"))


class Killed(BaseException):
    """What no `except Exception` sees, as a kill of the process."""


def test_a_killed_worker_leaves_it_to_the_next(han, api, cast, customers, work, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 1)
    export_id = asked(han, {})["id"]
    page, asked_for = exporting.page_of_customers, []

    def dies_at_the_second(**kwargs):
        asked_for.append(1)
        if len(asked_for) == 2:
            raise Killed
        return page(**kwargs)

    monkeypatch.setattr(exporting, "page_of_customers", dies_at_the_second)
    with pytest.raises(Killed):
        making.make(Export.objects.get().pk)
    told = han.get(f"/exports/{export_id}").json()
    assert (told["state"], told["rows_done"], told["rows_total"]) == ("running", 1, 2)
    assert not making.make(Export.objects.get().pk), "it is leased"
    Export.objects.update(due_at=clock.now())
    work()
    assert len(opened(han, export_id)) == 2
    assert Event.objects.filter(name="export.ready").count() == Notification.objects.count() == 1
    Export.objects.update(status="pending", due_at=clock.now(), finished_at=None)  # killed before it could say so
    work()
    assert Event.objects.filter(name="export.ready").count() == 1


def test_who_outlived_his_lease_changes_nothing(han, customers, work, monkeypatch):
    export_id = asked(han, {})["id"]
    page, stolen = exporting.page_of_customers, []

    def too_slow(**kwargs):
        if not stolen:
            stolen.append(1)
            Export.objects.update(due_at=clock.now())
            assert making.make(Export.objects.get().pk)  # another worker does it meanwhile
        return page(**kwargs)

    monkeypatch.setattr(exporting, "page_of_customers", too_slow)
    making.make(Export.objects.get().pk)
    assert len(opened(han, export_id)) == 2
    assert Event.objects.filter(name="export.ready").count() == 1
    assert Export.objects.get().attempts == 2


def test_it_is_forgotten_in_its_time(han, work, media_root):
    export_id = asked(han, {})["id"]
    work()
    assert list(media_root.rglob("export-*"))
    at = clock.now()
    services.forget_old(at=at + timedelta(days=6, hours=23))
    assert han.get(f"/exports/{export_id}").json()["state"] == "ready"
    address = path_of(han.get(f"/exports/{export_id}").json())
    Export.objects.update(expires_at=at)
    told = han.get(f"/exports/{export_id}").json()
    assert (told["state"], told["link"]) == ("expired", None)
    assert Client().get(address).status_code == 404
    assert services.forget_old(at=clock.now()) == 1
    assert han.get(f"/exports/{export_id}").status_code == 404
    assert not list(media_root.rglob("export-*"))


def test_given_up_is_said(han, work):
    export_id = asked(han, {})["id"]
    Export.objects.update(status="dead", finished_at=clock.now(), error="x")
    told = han.get(f"/exports/{export_id}").json()
    assert (told["state"], told["reason"]) == ("failed", "given_up")
    assert told["detail"].startswith("多次尝试")


def test_the_system_asks_for_none(cast):
    with pytest.raises(Exception, match="forbidden"):
        services.ask(actor=Actor.system(cast.company.pk), kind="customers", filters={}, at=clock.now())


@pytest.mark.usefixtures("customers")
@pytest.mark.parametrize("lost", ["capability", "reading", "field", "scope"])
def test_whoever_sees_less_by_now_is_not_given_what_was_made(han, cast, work, lost):
    asked(han, {})
    work()
    assert selectors.link(Export.objects.get(), actor=cast.actor(cast.han), at=clock.now())
    role = cast.han.roles.get()
    match lost:
        case "capability" | "reading":
            taken = {"capability": "customer.export", "reading": "customer.read"}[lost]
            role.capabilities = [each for each in role.capabilities if each != taken]
        case "field":
            role.fields = [each for each in role.fields if each != "customer_contact"]
        case _:
            role.scopes = role.scopes | {"customer": "own"}
    role.save()

    actor = actor_for(Employee.objects.get(pk=cast.han.pk))
    assert selectors.link(Export.objects.get(), actor=actor, at=clock.now()) is None


@pytest.mark.usefixtures("customers")
def test_rights_taken_while_it_is_made_refuse_it(han, cast, monkeypatch):
    export_id = asked(han, {})["id"]
    page = exporting.page_of_customers

    def slowly(**kwargs):
        role = cast.han.roles.get()
        role.scopes = role.scopes | {"customer": "own"}
        role.save()
        return page(**kwargs)

    monkeypatch.setattr(exporting, "page_of_customers", slowly)
    making.make(Export.objects.get().pk)

    told = han.get(f"/exports/{export_id}").json()
    assert (told["state"], told["reason"]) == ("failed", "forbidden")


def test_what_is_given_up_is_told(han):
    asked(han, {})
    Export.objects.update(attempts=owed.MAX_ATTEMPTS)
    making.make(Export.objects.get().pk)
    assert Event.objects.get(name="export.failed").data["reason"] == "given_up"
