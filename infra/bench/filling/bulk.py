"""Rows by the hundred thousand: one INSERT … SELECT a table, with the models' own defaults for what is not named."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, models


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def execute(statement: str, given: Mapping[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def insert(model: type[models.Model], source: str, given: Mapping[str, Any], /, **columns: str) -> None:
    """`source` is the FROM clause with what follows it, `columns` are SQL expressions by column; both may name what is
    `given`. A column that is neither named nor has a default raises: a new one must be decided here too.
    """
    params = dict(given)
    fields = {str(field.column): field for field in model._meta.concrete_fields}
    for column, field in fields.items():
        if column not in columns and not isinstance(field, models.AutoField):
            columns[column] = _default(field, params)
    if unknown := columns.keys() - fields.keys():
        raise ValueError(f"{model.__name__} has no {sorted(unknown)}")
    names = ", ".join(map(quoted, columns))
    table, values = quoted(model._meta.db_table), ", ".join(columns.values())
    execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {source}", params)


def _default(field: "models.Field[Any, Any]", params: dict[str, Any]) -> str:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return "now()"
    if not (field.has_default() or field.null or field.blank):
        raise ValueError(f"{field} must be named")
    params[field.attname] = field.get_db_prep_save(field.get_default(), connection)
    return f"%({field.attname})s::{field.db_type(connection)}"


def copy(rows: Iterable[models.Model]) -> None:
    """Saves new instances of one model, several times faster than `bulk_create`."""
    made = list(rows)
    table = made[0]._meta
    fields = [field for field in table.concrete_fields if not isinstance(field, models.AutoField)]
    names = ", ".join(quoted(str(field.column)) for field in fields)
    with connection.cursor() as cursor, cursor.copy(f"COPY {quoted(table.db_table)} ({names}) FROM STDIN") as pipe:
        for row in made:
            pipe.write_row([field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields])


def numbered(name: str, query: str, given: Mapping[str, Any]) -> None:
    """A temporary table of the query's rows, numbered `k` = 0, 1, … in its order."""
    execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
    execute(f"CREATE TEMP TABLE {name} AS SELECT row_number() OVER () - 1 AS k, * FROM ({query}) AS rows", given)
    execute(f"CREATE UNIQUE INDEX ON {name} (k)")
    execute(f"ANALYZE {name}")


@contextmanager
def without_indexes(tables: Iterable[type[models.Model]]) -> Iterator[None]:
    """Building an index once is several times faster than growing it. Those of constraints stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT indexname, indexdef FROM pg_indexes
            WHERE schemaname = current_schema() AND tablename = ANY(%s)
                AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE contype IN ('p', 'u'))
            """,
            [[model._meta.db_table for model in tables]],
        )
        found = cursor.fetchall()
    for name, _ in found:
        execute(f"DROP INDEX {quoted(name)}")
    yield
    for _, definition in found:
        execute(definition)
