"""`python -m infra.bench.people_file [EMPLOYEES]`: how long a file of so many people takes, in, again and out."""

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from psycopg import sql

from backend.embedded import postgres
from infra.bench import databases

NAME = "waiqin_people_file"
IN_ONE_DEPARTMENT = 25
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平"
T = TypeVar("T")


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.people_file")
    arguments.add_argument("employees", nargs="?", type=int, default=20_000)
    number: int = arguments.parse_args().employees
    on_an_empty_database(NAME)
    _measure(number)
    return 0


def on_an_empty_database(name: str) -> None:
    """Where this process works from now on; before Django is set up."""
    server = databases.start()
    with databases.connected(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    postgres.create_database(server, name)
    os.environ |= {"DATABASE_URL": databases.url(server, name)}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "backend.settings", "ENVIRONMENT": "development"}


def _measure(number: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from backend.core import clock
    from backend.core.actor import Actor
    from backend.directory.models import DirectoryImport, Employee
    from backend.directory.people_file import workbooks
    from backend.directory.people_file.columns import DEPARTMENTS, EMPLOYEES
    from backend.directory.services import exports, imports
    from backend.directory.services.people import found_company

    call_command("migrate", verbosity=0)
    actor = Actor.system(found_company(code="many", name="两万人公司").pk)
    departments = max(1, number // IN_ONE_DEPARTMENT)
    content = workbooks.workbook(
        tables=[
            (DEPARTMENTS, ["code", "name", "parent", "leader"], _departments(departments)),
            (EMPLOYEES, ["number", "name", "department", "manager", "roles", "phone"], _people(number, departments)),
        ]
    )
    print(f"{number} employees, {departments} departments, {len(content) / 1024 / 1024:.1f} MB")

    def preview(file: bytes) -> DirectoryImport:
        return imports.upload(actor=actor, name="people.xlsx", content=file, at=clock.now())[0]

    def confirm(made: DirectoryImport) -> DirectoryImport:
        return imports.apply(actor=actor, import_id=made.pk, preview=made.preview, at=clock.now())

    made = timed("preview", lambda: preview(content))
    timed("import", lambda: confirm(made))
    assert Employee.objects.filter(company_id=actor.company_id).count() == number
    exported = timed("export", lambda: exports.export(actor=actor, at=clock.now()))
    again = timed("preview again", lambda: preview(exported))
    assert again.counts["employees"]["unchanged"] == number
    timed("import again", lambda: confirm(again))


def timed(name: str, work: Callable[[], T]) -> T:
    """Its result; how long it took and how large this process has been is printed."""
    began, busy = time.perf_counter(), time.process_time()
    result = work()
    passed, busy = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name:14} {passed:6.1f} s, {busy:5.1f} s of them this process   peak so far {peak:5.0f} MB")
    return result


def _departments(number: int) -> Iterator[list[str]]:
    """Inferiors first, as nobody sorts them."""
    for n in reversed(range(number)):
        yield [f"D{n:04d}", f"第{n}组", f"D{(n - 1) // 8:04d}" if n else "", f"E{n:05d}"]


def _people(number: int, departments: int) -> Iterator[list[str]]:
    for n in reversed(range(number)):
        name = SURNAMES[n % 20] + GIVEN[n // 20 % 20] + GIVEN[n // 400 % 20]
        home = n % departments
        manager = f"E{home:05d}" if n >= departments else f"E{(home - 1) // 8:05d}" if n else ""
        role = "manager" if n < departments else "rep"
        yield [f"E{n:05d}", name, f"D{home:04d}", manager, role, f"13{n:09d}"]


if __name__ == "__main__":
    sys.exit(main())
