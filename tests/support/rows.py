"""What a costly preparation wrote, taken once in a process and put back for every test that asks for it."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

LIST = """
select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and a.attgenerated = ''
group by c.relname
"""


@dataclass(frozen=True)
class Kept:
    """Returned objects and the statement that writes their rows again, ids and all."""

    made: bytes
    statement: str

    def put_back(self) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(self.statement)
        return pickle.loads(self.made)


def keep(make: Callable[[], Any]) -> Kept:
    """Runs `make` and takes back what it wrote. For a preparation that only adds rows."""
    with transaction.atomic():
        columns = _columns()
        before = {table: set(_rows(table)) for table in columns}
        made = pickle.dumps(make())
        added = {table: [row for row in _rows(table) if row not in before[table]] for table in columns}
        transaction.set_rollback(True)
    return Kept(made, ";\n".join(_insert(table, columns[table], rows) for table, rows in added.items() if rows))


def _columns() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(LIST)
        return dict(cursor.fetchall())


def _rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'select t::text from "{table}" t')
        return [row for (row,) in cursor.fetchall()]


def _insert(table: str, columns: str, rows: list[str]) -> str:
    values = connection.ops.compose_sql(f'%s::"{table}"[]', [rows])
    names = ", ".join(f"(r).{name}" for name in columns.split(", "))
    return f'insert into "{table}" ({columns}) overriding system value select {names} from unnest({values}) r'
