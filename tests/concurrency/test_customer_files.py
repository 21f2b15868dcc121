"""Files of customers taken in while others work: nothing is lost, nothing is there twice."""

import pytest

from backend.customers.models import Customer, CustomerImport, CustomerImportRow
from backend.customers.sheet import importing
from backend.events.models import Event
from backend.exports.models import Export
from tests.support.customer_file import apply, customers, previewed
from tests.support.customers import made
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 24


def test_who_edits_while_a_file_is_taken_in_loses_nothing(api, cast, monkeypatch):
    """Each customer is as the file says, or was edited first, is left and is reported; and no edit is overwritten."""
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    there = [made(api(cast.li), f"客户{n}", code=f"A{n}") for n in range(MANY)]
    seen = previewed(api(cast.han), customers(*[[f"A{n}", f"新名{n}", "A"] for n in range(MANY)]))
    apply(api(cast.han), seen)
    import_id = CustomerImport.objects.get().pk

    def work(who: int) -> list[int]:
        if who == 0:
            importing.work_on(import_id)
            return []
        edited = []
        for place, customer in reversed([*enumerate(there)]):
            body = {"version": customer["version"], "address": "改过"}
            if api(cast.li).patch(f"/customers/{customer['id']}", body).status_code == 200:
                edited.append(place)
        return edited

    api(cast.li)
    _, edited = together(2, work)
    results = dict(CustomerImportRow.objects.values_list("number", "result"))
    for place, customer in enumerate(there):
        stored = Customer.objects.get(pk=customer["id"])
        taken = results[place + 2] == "applied"
        assert taken == (stored.name == f"新名{place}")
        assert (place in edited) == (stored.address == "改过")
        assert taken != (place in edited), "one of the two was first, and the other heard of it"
    file = CustomerImport.objects.get()
    assert (file.phase, file.rows_applied, file.rows_outdated) == ("applied", MANY - len(edited), len(edited))


def test_eight_workers_take_in_one_file_once(api, cast, monkeypatch):
    monkeypatch.setattr(importing, "AT_ONCE", 3)
    apply(api(cast.han), previewed(api(cast.han), customers(*[["", f"客户{n}"] for n in range(MANY)])))
    import_id = CustomerImport.objects.get().pk

    took = together(8, lambda _: importing.work_on(import_id))

    assert sorted(took) == [False] * 7 + [True]
    assert Customer.objects.count() == Event.objects.filter(name="customer.created").count() == MANY
    assert len({*Customer.objects.values_list("code", flat=True)}) == MANY


def test_one_export_asked_for_eight_times_at_once_is_owed_once(api, cast):
    caller, body = api(cast.han), {"id": "01a20370-e3c1-7056-bf12-f82c78d301ef", "filters": {}}

    statuses = [reply.status_code for reply in together(8, lambda _: caller.post("/customers/exports", body))]

    assert sorted(statuses) == [200] * 7 + [202]
    assert Export.objects.count() == Event.objects.filter(name="export.asked").count() == 1
    more = [reply.status_code for reply in together(6, lambda _: caller.post("/customers/exports", {"filters": {}}))]
    assert sorted(more) == [202] * 2 + [429] * 4, "three are under way at most, however they come"


def test_a_code_taken_at_that_moment_costs_one_row(api, cast, monkeypatch):
    """What is looked up just before another commits: the portion is compared again, and the row is left."""
    apply(api(cast.han), previewed(api(cast.han), customers(["A1", "甲"], ["A2", "乙"])))
    carry_out, told = importing.writing.carry_out, []

    def late(*args, **kwargs):
        if not told:
            told.append(together(1, lambda _: made(api(cast.zhao), "抢先", code="A1")))
        carry_out(*args, **kwargs)

    api(cast.zhao)
    monkeypatch.setattr(importing.writing, "carry_out", late)
    importing.work_on(CustomerImport.objects.get().pk)
    file = CustomerImport.objects.get()
    assert (file.phase, file.rows_applied, file.rows_outdated) == ("applied", 1, 1)
    assert {*Customer.objects.values_list("code", "name")} == {("A1", "抢先"), ("A2", "乙")}
