"""The company's own words for levels, types, sources and tags."""

import pytest
from django.test import Client

from backend.core import clock
from backend.customers.models import Customer, DictionaryEntry
from backend.customers.services import put_entry
from backend.events.models import Event
from tests.support.customer_file import customers, previewed, rows_of, taken_in
from tests.support.customers import code_of, made


@pytest.fixture
def words(cast):
    """Levels and tags have lists; types and sources take any text."""
    admin, at = cast.actor(cast.qian), clock.now()
    for position, (code, name, english) in enumerate([("A", "重点客户", "Key account"), ("B", "普通客户", "")]):
        put_entry(actor=admin, kind="customer_level", code=code, name=name, name_en=english, position=position, at=at)
    put_entry(actor=admin, kind="customer_tag", code="促销", name="促销", at=at)


@pytest.mark.usefixtures("words")
def test_what_is_not_in_the_list_is_refused_with_the_choices(api, cast):
    li = api(cast.li)
    body = {"name": "联华", "level": "C", "tags": ["促销", "其他"], "type": "随便", "source": "展会"}
    reply = li.post("/customers", body)
    assert code_of(reply) == (422, "unknown_entry")
    told = reply.json()
    assert {each["field"] for each in told["errors"]} == {"level", "tags"}
    assert told["choices"] == {"level": ["A", "B"], "tags": ["促销"]}
    assert "重点客户、普通客户" in str(told["errors"])
    assert not Customer.objects.exists()
    customer = made(li, "联华", level="A", tags=["促销"], type="随便", source="展会")
    assert (customer["level"], customer["source"]) == ("A", "展会")
    reply = li.patch(f"/customers/{customer['id']}", {"version": customer["version"], "level": "X"})
    assert code_of(reply) == (422, "unknown_entry")
    changed = li.patch(f"/customers/{customer['id']}", {"version": customer["version"], "level": "", "source": "转介"})
    assert (changed.json()["level"], changed.json()["source"]) == ("", "转介")


def test_the_list_is_read_in_order_and_in_the_readers_language(api, cast, words):
    li = api(cast.li)
    items = li.get("/dictionaries/customer_level").json()["items"]
    assert items == [{"code": "A", "name": "重点客户"}, {"code": "B", "name": "普通客户"}]
    li.headers["Accept-Language"] = "en"
    assert li.get("/dictionaries/customer_level").json()["items"][0] == {"code": "A", "name": "Key account"}
    assert li.get("/dictionaries/customer_type").json()["items"] == []
    assert api(cast.sun).get("/dictionaries/customer_level").json()["items"] == []
    assert li.get("/dictionaries/shoe_size").status_code == 404


def test_a_new_name_orphans_nobody_and_what_is_retired_stays_where_it_is(api, cast, words):
    li, admin = api(cast.li), cast.actor(cast.qian)
    customer = made(li, "联华", level="A", tags=["促销"])
    for _ in range(2):  # twice is once
        put_entry(actor=admin, kind="customer_level", code="A", name="战略客户", is_active=False, at=clock.now())
    assert li.get("/customers", level="A").json()["items"][0]["id"] == customer["id"]
    body = {"version": customer["version"], "level": "A", "phone": "021-1"}
    assert li.patch(f"/customers/{customer['id']}", body).status_code == 200
    assert code_of(li.post("/customers", {"name": "新的", "level": "A"})) == (422, "unknown_entry")
    renamed = Event.objects.filter(name="dictionary_entry.changed", data__after__name="战略客户")
    assert [event.data["before"]["name"] for event in renamed] == ["重点客户"]


def test_an_administrator_keeps_the_list(cast, words):
    client = Client()
    client.force_login(cast.qian)
    form = {"kind": "customer_level", "code": "C", "name": "小客户", "name_en": "", "position": "3", "is_active": "on"}
    client.post("/admin/customers/dictionaryentry/add/", form)
    entry = DictionaryEntry.objects.get(company=cast.company, kind="customer_level", code="C")
    assert Event.objects.get(name="dictionary_entry.changed", data__code="C").actor == cast.qian
    client.post("/admin/customers/dictionaryentry/add/", {**form, "code": "长" * 17})
    assert not DictionaryEntry.objects.filter(code="长" * 17).exists()
    client.post(f"/admin/customers/dictionaryentry/{entry.pk}/change/", {"name": "小微", "position": "9"})
    entry.refresh_from_db()
    assert (entry.code, entry.name, entry.is_active) == ("C", "小微", False)


def test_a_file_may_say_a_code_or_a_name(api, cast, words):
    han = api(cast.han)
    rows = [
        ["A1", "甲", "重点客户", ""],
        ["A2", "乙", "Key account", ""],
        ["A3", "丙", "金牌", ""],
        ["A4", "丁", "B", ""],
    ]
    seen = previewed(han, customers(*rows))
    wrong = rows_of(han, seen)[4]["problems"]
    assert (wrong[0]["column"], wrong[0]["code"]) == ("level", "unknown_entry")
    assert "A、B" in wrong[0]["detail"]
    taken_in(han, customers(*rows), "good")
    assert dict(Customer.objects.values_list("code", "level")) == {"A1": "A", "A2": "A", "A4": "B"}
    assert previewed(han, customers(rows[0]))["counts"]["unchanged"] == 1
