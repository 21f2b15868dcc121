"""How PostgreSQL would run a query of ours: with the generic plan that our connections force (settings.DATABASES)."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from psycopg import sql


def plans_of(work: Callable[[], Any]) -> str:
    """The plans of every statement `work` makes, which is really done; large tables must have been analysed."""
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((statement, params))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(note):
        work()
    return "\n".join(_plan(statement, params) for statement, params in statements if _is_planned(statement))


def _is_planned(statement: str) -> bool:
    return statement.split(None, 1)[0] in {"SELECT", "UPDATE", "INSERT", "DELETE", "WITH"}


def _plan(statement: str, params: Any) -> str:
    """A prepared statement gets the generic plan; EXPLAIN with bound parameters would show another."""
    if isinstance(params, dict):
        places = {name: f"${number}" for number, name in enumerate(params, 1)}
        text, values = statement % places, list(params.values())
    else:
        values = list(params or ())
        text = statement % tuple(f"${number}" for number in range(1, len(values) + 1))
    with connection.cursor() as cursor:
        cursor.connection.prepare_threshold, threshold = None, cursor.connection.prepare_threshold
        given = sql.SQL("({})").format(sql.SQL(", ").join(values)) if values else sql.SQL("")
        cursor.execute(f"PREPARE planned AS {text}")
        cursor.execute(sql.SQL("EXPLAIN EXECUTE planned") + given)
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("DEALLOCATE planned")
        cursor.connection.prepare_threshold = threshold
    return plan
