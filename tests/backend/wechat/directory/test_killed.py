"""kill -9 in the middle of taking a directory over: nothing of it is seen, and the next worker does all of it."""

import sys
from pathlib import Path

import pytest
from django.db import connection, transaction

from backend.core import clock
from backend.events.models import Event
from backend.wechat.directory import services
from backend.wechat.directory.models import MemberLink, SyncRun
from tests.support.processes import Program, eventually
from tests.support.programs import environment

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
WRITTEN = {"directory_department", "directory_employee", "directory_identity", "events_event", "wechat_memberlink"}
"""Tables that the killed worker has written to before it comes to the leaver's row, the last."""


def tables_written_by_who_waits() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT relation::regclass::text FROM pg_locks WHERE mode = 'RowExclusiveLock' AND relation > 0"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND pid IN (SELECT pid FROM pg_locks WHERE NOT granted)"
        )
        return {name for (name,) in cursor.fetchall()}


def test_a_worker_killed_while_it_applies_leaves_nothing_half(ours, theirs, platform, work, tmp_path: Path):
    ours.sync()
    theirs.department(5, name="南区", parentid=1)
    new = [
        {"user_id": f"new{n}", "name": f"新人{n}", "departments": [5], "mobile": f"1380000{n:04}"} for n in range(30)
    ]
    theirs.seed["users"] += new
    theirs.user("ZhaoQi", name="赵七七")
    theirs.remove("LiLei")
    before = ours.everything()
    run = services.ask_for_run(actor=ours.actor, directory_id=ours.directory.pk, mode=SyncRun.Mode.APPLY)
    script = f"from backend.wechat.directory import runs; runs.perform({run.pk})"

    with transaction.atomic():
        list(MemberLink.objects.select_for_update().filter(user_key="lilei"))
        worker = Program(
            *(sys.executable, "manage.py", "shell", "-c", script),
            env=environment(tmp_path, WECOM_API_BASE=platform.url),
            log=tmp_path / "worker.log",
        )
        try:
            eventually(lambda: tables_written_by_who_waits() >= WRITTEN, what="the worker in the middle of its work")
        finally:
            worker.kill()
        assert MemberLink.objects.filter(user_key="new0").count() == 0
    eventually(lambda: not tables_written_by_who_waits(), what="the end of the killed worker's session")
    assert ours.everything() == before
    run.refresh_from_db()
    assert (run.status, run.attempts, run.report) == ("pending", 1, {})

    SyncRun.objects.filter(pk=run.pk).update(due_at=clock.now())  # its lease ends
    work()
    run.refresh_from_db()
    assert (run.status, run.report["counts"]["hired"], run.report["counts"]["leaving"]) == ("done", 30, 1)
    assert {ours.person(f"new{n}").department.name for n in range(30)} == {"南区"}
    assert (ours.person("ZhaoQi").name, ours.person("LiLei").is_active) == ("赵七七", False)
    assert Event.objects.filter(name="wecom_directory.applied").count() == 2
    assert ours.sync() == {}
