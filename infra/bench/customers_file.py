"""`python -m infra.bench.customers_file [CUSTOMERS]`: how long a file of so many customers takes, in, again and out."""

import argparse
import resource
import sys
from collections.abc import Iterator
from tempfile import TemporaryFile
from uuid import UUID

from infra.bench.customers_search import CITIES, FORMS, GOODS
from infra.bench.people_file import GIVEN, SURNAMES, on_an_empty_database, timed

NAME = "waiqin_customers_file"
OWNERS = 50
HEADINGS = ["客户编码", "客户名称", "状态", "客户等级", "客户类型", "标签", "电话", "地址", "纬度", "经度", "坐标系"]
HEADINGS += ["负责人工号", "联系人1", "职务1", "联系人电话1", "联系人2", "联系人电话2", "面积"]


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.customers_file")
    arguments.add_argument("customers", nargs="?", type=int, default=100_000)
    number: int = arguments.parse_args().customers
    on_an_empty_database(NAME)
    _measure(number)
    return 0


def _measure(number: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from backend.core import clock
    from backend.core.actor import Actor
    from backend.core.workbooks import SheetWriter, writing
    from backend.customers.models import Customer, CustomerImport
    from backend.customers.services import imports, put_field
    from backend.customers.sheet import importing
    from backend.directory.selectors import actor_for
    from backend.directory.services import people
    from backend.exports import making
    from backend.exports import services as exports

    call_command("migrate", verbosity=0)
    company = people.found_company(code="many", name="十万客户公司")
    system = Actor.system(company.pk)
    put_field(actor=system, key="area", name="面积", kind="number", at=clock.now())
    hired = [
        people.put_employee(
            actor=system,
            number=f"E{n:03d}",
            name=SURNAMES[n % 20] + GIVEN[n // 20],
            department_id=_root(company.pk),
            manager_id=None,
            role_codes=["administrator"],
            at=clock.now(),
        )
        for n in range(OWNERS)
    ]
    actor = actor_for(hired[0])
    with TemporaryFile() as file:
        with writing(file) as book:
            SheetWriter(book, "客户", HEADINGS).add(_customers(number))
        file.seek(0)
        content = file.read()
    print(f"{number} customers, {len(content) / 1024 / 1024:.1f} MB")

    def preview(file: bytes) -> CustomerImport:
        made, _ = imports.upload(actor=actor, name="customers.xlsx", content=file, at=clock.now())
        importing.work_on(made.pk)
        return CustomerImport.objects.get(pk=made.pk)

    def confirm(made: CustomerImport) -> CustomerImport:
        imports.apply(actor=actor, import_id=made.pk, preview=made.preview, at=clock.now())
        importing.work_on(made.pk)
        return CustomerImport.objects.get(pk=made.pk)

    made = timed("preview", lambda: preview(content))
    assert made.counts["created"] == number, (made.state, made.counts, made.error)
    assert timed("import", lambda: confirm(made)).rows_applied == number
    assert Customer.objects.filter(company_id=company.pk).count() == number
    again = timed("preview again", lambda: preview(content))
    assert again.counts["unchanged"] == number, again.counts
    assert timed("import again", lambda: confirm(again)).rows_applied == 0
    export, _ = exports.ask(actor=actor, kind="customers", filters={}, at=clock.now())
    timed("export", lambda: making.make(export.pk))
    export.refresh_from_db()
    assert (export.rows_done, bool(export.file_key)) == (number, True)
    print(f"the export has {(export.size or 0) / 1024 / 1024:.1f} MB")
    print(f"largest process of its own: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")
    made, _ = imports.upload(actor=actor, name="customers.xlsx", content=content, at=clock.now())
    with CaptureQueriesContext(connection) as queries:
        importing.work_on(made.pk)
    portions = -(-number // importing.AT_ONCE)
    print(f"{len(queries)} queries to read and compare it in {portions} portions")


def _root(company_id: UUID) -> UUID:
    from backend.directory.models import Department

    found: UUID = Department.objects.get(company_id=company_id, parent=None).pk
    return found


def _customers(number: int) -> Iterator[list[str]]:
    for n in range(number):
        name = f"{CITIES[n % 13]}{SURNAMES[n % 20]}{GIVEN[n // 20 % 20]}{n}{GOODS[n % 12]}{FORMS[n % 10]}"
        yield [
            f"K{n:06d}",
            name,
            ("潜在", "成交")[n % 2],
            "ABC"[n % 3],
            ("KA", "餐饮", "零售")[n % 3],
            "重点,华东" if n % 5 == 0 else "",
            f"021{n:08d}",
            f"{CITIES[n % 13]}市中山路 {n} 号",
            f"{31 + n % 1000 / 1000:.6f}",
            f"{121 + n // 1000 / 1000:.6f}",
            "GCJ02",
            f"E{n % OWNERS:03d}",
            SURNAMES[n % 20] + GIVEN[n % 17],
            "店长",
            f"139{n:08d}",
            SURNAMES[n % 19] + GIVEN[n % 13],
            f"138{n:08d}",
            str(n % 900),
        ]


if __name__ == "__main__":
    sys.exit(main())
