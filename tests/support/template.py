"""A migrated database that every worker's own is copied from: migrating takes ten seconds, copying a tenth of one."""

import hashlib
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "test_template_"
LOCK = 7_340_112
"""Of PostgreSQL's advisory locks, on the server's maintenance database."""


def template() -> str:
    """The name of the database that these migrations make; made when it is not there, by one process of many."""
    name = PREFIX + _fingerprint()
    with connection._nodb_cursor() as cursor:
        cursor.execute("set statement_timeout = 0")  # on a busy machine migrating takes longer than any query may
        cursor.execute("select pg_advisory_lock(%s)", [LOCK])  # released with the connection
        cursor.execute("select datname from pg_database where starts_with(datname, %s)", [PREFIX])
        present = {row[0] for row in cursor.fetchall()}
        if name not in present:
            for old in present:
                cursor.execute(f'drop database if exists "{old}" with (force)')
            _make(unfinished := f"{name}_unfinished")
            cursor.execute(f'alter database "{unfinished}" rename to "{name}"')
    return name


def _fingerprint() -> str:
    parts = [ROOT / "requirements" / "base.txt", *sorted(ROOT.glob("[!.]*/**/migrations/*.py"))]
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def _make(name: str) -> None:
    own = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"] = own
