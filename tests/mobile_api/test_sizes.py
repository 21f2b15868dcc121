"""No answer grows with the company: whatever a list can hold, one answer stays below a megabyte.

That every list has pages or a bound: tests/architecture/test_lists.py.
"""

import pytest

from backend.core import clock
from backend.core.ids import new_id
from backend.directory.models import Department, Device, Employee, Session
from backend.directory.selectors import MAX_LISTED

MEGABYTE = 1024 * 1024
MANY = 1500


@pytest.fixture
def crowd(cast) -> Department:
    """A department with thousands of people of its own, and thousands of departments below it, all with long names."""
    here, at = cast.north, clock.now()
    Department.objects.bulk_create(
        Department(company=cast.company, code=f"{n:032}", name="部" * 64, parent=here, leader=cast.han)
        for n in range(MANY)
    )
    Employee.objects.bulk_create(
        Employee(
            company=cast.company,
            department=here,
            number=f"{n:032}",
            login=f"waiqin/{n:032}",
            name="员" * 64,
            search_text="员",
            grams=["员"],
            created_at=at,
        )
        for n in range(MANY)
    )
    return here


def test_a_department_with_thousands_of_people_and_a_tree_of_thousands(api, cast, crowd, capsys):
    qian, sizes = api(cast.qian), {}

    def asked(path: str, **query: str | int | None) -> dict:
        reply = qian.get(path, **query)
        assert reply.status_code == 200, reply.content[:300]
        sizes[path] = max(sizes.get(path, 0), len(reply.content))
        return reply.json()

    detail = asked(f"/departments/{crowd.pk}")
    assert detail["employees"] == MANY + 1
    tree = asked("/departments")
    assert len(tree["items"]) == 1000
    rest = asked("/departments", cursor=tree["next_cursor"])
    seen = {item["id"] for item in (*tree["items"], *rest["items"])}
    assert (len(seen), rest["next_cursor"]) == (len(tree["items"]) + len(rest["items"]), None)
    assert len(seen) > MANY
    people = asked("/employees", department=str(crowd.pk), limit=100)
    assert len(people["items"]) == 100
    assert people["next_cursor"]
    with capsys.disabled():
        print("\nlargest answers: " + ", ".join(f"{path} {size / 1024:.0f} KiB" for path, size in sizes.items()))
    assert max(sizes.values()) < MEGABYTE / 2


def test_the_tree_in_pages_is_the_tree(api, cast):
    qian = api(cast.qian)
    whole = qian.get("/departments").json()
    assert whole["next_cursor"] is None
    pages, cursor = [], None
    for _ in whole["items"]:
        page = qian.get("/departments", limit=1, cursor=cursor).json()
        pages += page["items"]
        cursor = page["next_cursor"]
    assert (pages, cursor) == (whole["items"], None)
    first = qian.get("/departments", limit=1).json()["next_cursor"]
    for wrong in ("x", "AAAA", first + "AA"):
        assert qian.get("/departments", cursor=wrong).json()["code"] == "invalid_cursor", wrong
    assert api(cast.sun).get("/departments", cursor=first).json()["code"] == "invalid_cursor", "of another company"
    for limit in (0, 1001):
        assert qian.get("/departments", limit=limit).status_code == 422


def test_whoever_signs_in_without_end_gets_the_newest(api, cast):
    at = clock.now()
    times = {"created_at": at, "last_seen_at": at, "expires_at": at.replace(year=at.year + 1)}
    li = api(cast.li)
    Session.objects.bulk_create(
        Session(company=cast.company, employee=cast.li, device_id=str(new_id()), device_name="机" * 64, **times)
        for _ in range(MAX_LISTED + 50)
    )
    Device.objects.bulk_create(
        Device(
            company=cast.company,
            employee=cast.li,
            device_id=str(new_id()),
            name="机" * 64,
            status="trusted",
            created_at=at,
        )
        for n in range(MAX_LISTED + 50)
    )
    for path in ("/auth/sessions", "/auth/devices"):
        reply = li.get(path)
        assert len(reply.json()["items"]) == MAX_LISTED
        assert len(reply.content) < MEGABYTE / 8
