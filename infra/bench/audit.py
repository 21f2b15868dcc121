"""`python -m infra.bench.audit [EVENTS]`: how long a page of the trail takes among so many events of one company."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from psycopg import sql

from backend.embedded import postgres
from infra.bench import databases

NAME = "waiqin_audit"
PEOPLE, SUBJECTS, TIMES = 200, 20_000, 300
KINDS = (
    ("visit.checked_in", "visits.visit", 30),
    ("visit.checked_out", "visits.visit", 28),
    ("customer.changed", "customers.customer", 15),
    ("order.created", "orders.order", 15),
    ("session.opened", "directory.session", 11),
    ("role.changed", "directory.role", 1),
)
"""With how many of a hundred events are of this kind."""
FILL = """
    INSERT INTO events_event
        (company_id, name, subject_type, subject_id, actor_id, on_behalf_of_id, data, request_id, address, device, at)
    SELECT %(company)s, (%(names)s::text[])[kind], (%(types)s::text[])[kind],
        ('00000000-0000-7000-8000-' || lpad(to_hex(n %% %(subjects)s), 12, '0'))::uuid,
        (%(people)s::uuid[])[1 + (n * 7919::bigint) %% %(count)s],
        CASE WHEN n %% 500 = 0 THEN (%(people)s::uuid[])[1] END,
        jsonb_build_object(
            'before', jsonb_build_object('level', 'B', 'owner_id', (%(people)s::uuid[])[1 + n %% %(count)s]),
            'after', jsonb_build_object('level', 'A', 'note', '第' || n || '条')),
        'request-' || n, '10.0.' || n %% 250 || '.1', 'bench', now() - interval '1 second' * 30 * (%(events)s - n)
    FROM (SELECT n, (%(kinds)s::int[])[1 + (n * 31) %% 100] AS kind FROM generate_series(1, %(events)s) n) AS numbered
"""


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.audit")
    arguments.add_argument("events", nargs="?", type=int, default=1_000_000)
    events: int = arguments.parse_args().events
    server = databases.start()
    with databases.connected(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
    postgres.create_database(server, NAME)
    os.environ |= databases.environment(server, NAME) | {"ENVIRONMENT": "development", "REVOCATION_CHECK_S": "1"}
    _measure(events)
    return 0


def _measure(events: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from backend.core import clock
    from backend.directory.models import Department, Employee, Role, RoleAssignment
    from backend.directory.services import people, sessions

    call_command("migrate", verbosity=0)
    company = people.found_company(code="audit", name="审计公司")
    home = Department.objects.get(company=company)
    staff = Employee.objects.bulk_create(
        Employee(company=company, department=home, number=f"{n}", login=f"audit/{n}", name=f"员工{n}")
        for n in range(PEOPLE)
    )
    chief = Role.objects.get(company=company, code="administrator")
    RoleAssignment.objects.create(company=company, employee=staff[0], role=chief)
    began = time.perf_counter()
    with connection.cursor() as cursor:
        kinds = [place for place, (_, _, share) in enumerate(KINDS, 1) for _ in range(share)]
        names, types = ([kind[column] for kind in KINDS] for column in (0, 1))
        given: dict[str, Any] = {"names": names, "types": types, "kinds": kinds}
        who: dict[str, Any] = {"company": company.pk, "people": [one.pk for one in staff], "count": PEOPLE}
        cursor.execute("SET statement_timeout = 0; SET transaction_timeout = 0")
        cursor.execute(FILL, {**given, **who, "subjects": SUBJECTS, "events": events})
        cursor.execute("VACUUM ANALYZE events_event")
        cursor.execute("RESET statement_timeout; RESET transaction_timeout")
    print(f"{events} events written in {time.perf_counter() - began:.0f} s")
    device = sessions.Device(id="bench")
    token = sessions.open_session(employee_id=staff[0].pk, device=device, at=clock.now()).access_token
    client, now = Client(SERVER_NAME="127.0.0.1"), clock.now()

    def ask(**query: Any) -> Callable[[], Any]:
        return lambda: client.get("/api/v1/audit", query, headers={"Authorization": f"Bearer {token}"})

    month = {"from": (now - timedelta(days=31)).isoformat(), "to": now.isoformat()}
    middle = (now - timedelta(seconds=30 * events / 2)).isoformat()
    subject = "00000000-0000-7000-8000-000000000007"
    questions = {
        "first page": ask(),
        "a page of a hundred": ask(limit=100),
        "from the middle": ask(to=middle),
        "one person": ask(person=staff[7].pk),
        "one person, one kind": ask(person=staff[7].pk, kind="role.changed"),
        "on behalf of": ask(on_behalf_of=staff[0].pk),
        "a family (1 %)": ask(kind="role"),
        "one kind": ask(kind="visit.checked_out"),
        "a kind nobody did": ask(kind="visit.reviewed"),
        "one subject": ask(subject=subject),
        "text in a month": ask(q="999", **month),
        "text that is nowhere": ask(q="nowhere", **month),
    }
    print(f"{'':22} {'p50':>9} {'p99':>9}")
    for name, question in questions.items():
        taken = sorted(_taken(question) for _ in range(TIMES if not name.startswith("text") else TIMES // 10))
        worst = taken[max(0, -(-len(taken) * 99 // 100) - 1)]
        print(f"{name:22} {statistics.median(taken):6.1f} ms {worst:6.1f} ms")


def _taken(question: Callable[[], Any]) -> float:
    began = time.perf_counter()
    reply = question()
    assert reply.status_code == 200, reply.content
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    sys.exit(main())
