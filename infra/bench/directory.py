"""`python -m infra.bench.directory [MEMBERS]`: how long it takes to take a WeCom directory over, from the stand-in."""

import argparse
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import sql

from backend.embedded import postgres
from infra.bench import databases

NAME = "waiqin_directory"
CORP, AGENT, SECRETS = "ww-ten-thousand", 1000002, ("secret-of-the-app", "secret-of-the-assistant")
MEMBERS_IN_ONE_DEPARTMENT = 25


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m infra.bench.directory")
    arguments.add_argument("members", nargs="?", type=int, default=10_000)
    members: int = arguments.parse_args().members
    server = databases.start()
    with databases.connected(server) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))
    postgres.create_database(server, NAME)
    with _platform(members) as address:
        os.environ |= {"DATABASE_URL": databases.url(server, NAME), "WECOM_API_BASE": address}
        os.environ |= {"DJANGO_SETTINGS_MODULE": "backend.settings", "ENVIRONMENT": "development"}
        _measure(members)
    return 0


def _measure(members: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from backend.core.actor import Actor
    from backend.directory.models import Employee
    from backend.directory.services.people import found_company
    from backend.wechat.services.apps import configure_app

    call_command("migrate", verbosity=0)
    actor = Actor.system(found_company(code="ten", name="万人公司").pk)
    configure_app(actor=actor, kind="wecom_app", platform_id=CORP, agent_id=AGENT, secret=SECRETS[0])
    configure_app(actor=actor, kind="wecom_contacts", platform_id=CORP, secret=SECRETS[1])
    sync = ("sync_wecom_directory", "--company", "ten")
    for name, options in (("preview", ["--dry-run"]), ("import", []), ("compare again", [])):
        began = time.perf_counter()
        call_command(*sync, *options, stdout=io.StringIO())
        print(f"{name:14} {time.perf_counter() - began:6.1f} s")
    assert Employee.objects.count() == members
    print(f"peak memory    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB")


@contextmanager
def _platform(members: int) -> Iterator[str]:
    """The address of a stand-in with that many members, in departments of about 25."""
    generate = {"departments": max(1, members // MEMBERS_IN_ONE_DEPARTMENT), "members": members}
    corp = {
        "corp_id": CORP,
        "name": "万人公司",
        "apps": [{"agent_id": AGENT, "secret": SECRETS[0], "personal_data": True}],
        "contacts": {"secret": SECRETS[1]},
        "generate": generate,
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as seed:
        json.dump({"corps": [corp]}, seed)
        seed.flush()
        command = [sys.executable, "-m", "infra.simulators.wechat", "--port", "0", "--seed", seed.name]
        with subprocess.Popen(command, cwd=databases.ROOT, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield process.stdout.readline().strip().partition(" ")[2]
            finally:
                process.terminate()


if __name__ == "__main__":
    sys.exit(main())
