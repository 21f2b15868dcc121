"""What the database holds, to see that something left it exactly as it was."""

from collections.abc import Collection

from django.db import connection

COUNTERS = frozenset({"directory_throttle"})
"""Change by being asked: a refused guess is counted."""


def contents() -> dict[str, str]:
    """A digest of all rows of each table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        names = [row[0] for row in cursor.fetchall()]
        each = (
            f"SELECT '{name}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" t"
            for name in names
        )
        cursor.execute(" UNION ALL ".join(each))
        return dict(cursor.fetchall())


def changed(before: dict[str, str], after: dict[str, str], *, but: Collection[str] = COUNTERS) -> list[str]:
    """Names of the tables in which any row differs."""
    return [name for name in after if before[name] != after[name] and name not in but]


def holding(words: Collection[str], *, but: Collection[str] = ()) -> list[str]:
    """`table: word` for each table that holds one of these words anywhere, as text, hex or base64."""
    found = []
    with connection.cursor() as cursor:
        for name in contents():
            for word in words:
                cursor.execute(f'SELECT EXISTS (SELECT FROM "{name}" t WHERE position(%s in t::text) > 0)', [word])
                if cursor.fetchone()[0] and name not in but:
                    found.append(f"{name}: {word}")
    return found
