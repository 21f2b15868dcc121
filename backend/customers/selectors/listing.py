"""The list of customers and its search, by hand-written SQL that is tested to equal the plain query.

Each reason to see a customer is a branch of its own that enters its index at the cursor and stops after a page, as in
`visits.selectors.hot`.

A search first walks the next WALK rows of all branches in the order of the list: what is common fills the page from
them. What does not is rare, and the index of bigrams and trigrams has all of it at hand. Left to PostgreSQL, which
takes the windows of one text for independent of each other, it would now and then walk through the whole table, or
fetch half of it from the index. Only what is common and comes late in the order is slow: names sorted by their letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from backend.core.actor import Actor, Scope
from backend.core.search import grams_needed, normalised
from backend.customers import rules
from backend.customers.models import Customer
from backend.directory.selectors import subtree_of


class Sort(StrEnum):
    NEWEST = "-created_at"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the visible customers is wanted; None says nothing of it."""

    q: str | None = None
    """Part of the name, its pinyin or initials, the code, a contact's name, or a telephone where the actor sees it."""
    status: str | None = None
    level: str | None = None
    type: str | None = None
    tag: str | None = None
    owner_id: UUID | None = None
    department_id: UUID | None = None
    """In this department or below it."""
    in_pool: bool | None = None
    within: rules.Box | None = None
    sort: Sort = Sort.NEWEST


WALK = 8000
MOST_GRAMS = 8
Position = tuple[Any, UUID]
"""Of a row in the order asked for: what it is sorted by, and its id."""
_ORDER = {Sort.NEWEST: ("c.created_at", "DESC", "<"), Sort.NAME: ("c.pinyin", "ASC", ">")}


def position_of(customer: Customer, sort: Sort) -> Position:
    return (customer.created_at if sort is Sort.NEWEST else customer.pinyin, customer.pk)


def count_customers(*, actor: Actor, wanted: Wanted) -> int:
    """Of all pages together; takes its time."""
    actor.require("customer.read")
    given: dict[str, Any] = {"company": actor.company_id}
    conditions = [*_conditions(wanted, given), f"({' OR '.join(_branches(actor, wanted, given))})"]
    if typed := normalised(wanted.q or ""):
        given["typed"] = typed
        conditions += [_has_grams(typed), _has_typed(actor)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM customers_customer c WHERE {' AND '.join(conditions)}", given)  # noqa: S608
        count: int = cursor.fetchone()[0]
        return count


def page_of_customers(*, actor: Actor, wanted: Wanted, limit: int, after: Position | None = None) -> list[Customer]:
    """At most `limit` customers the actor sees, with their owners, in the order asked for, from behind `after` on."""
    actor.require("customer.read")
    given: dict[str, Any] = {"company": actor.company_id}
    key, direction, beyond = _ORDER[wanted.sort]
    conditions = _conditions(wanted, given)
    if after is not None:
        conditions.append(f"({key}, c.id) {beyond} (%(after)s, %(after_id)s)")
        given |= {"after": after[0], "after_id": after[1]}
    look = _Look(key, direction, " AND ".join(conditions), limit, given)
    branches = _branches(actor, wanted, given)
    if typed := normalised(wanted.q or ""):
        given["typed"] = typed
        ids = _search(look, branches, typed, _has_typed(actor))
    else:
        ids = look.first(branches)
    order = ("-created_at", "-pk") if wanted.sort is Sort.NEWEST else ("pinyin", "pk")
    rows = Customer.objects.filter(pk__in=ids).select_related("owner").defer("grams", "search_text").order_by(*order)
    return list(rows[:limit])


def _search(look: "_Look", branches: Sequence[str], typed: str, has_it: str) -> set[UUID]:
    walked = look.walked(branches, has_it)
    if len(walked) >= look.limit:
        return walked
    return look.found(branches, f"{_has_grams(typed)} AND {has_it}")


@dataclass(frozen=True, slots=True)
class _Look:
    """The statements over some branches, each of which is the rows `c` for which its condition is true."""

    key: str
    direction: str
    conditions: str
    limit: int
    given: dict[str, Any]

    def first(self, branches: Sequence[str]) -> set[UUID]:
        """The first rows of each branch."""
        parts = [f"({self._rows(branch)} {self._order} LIMIT {self.limit})" for branch in branches]
        return self._ids(f"SELECT id FROM ({' UNION ALL '.join(parts)}) AS part")  # noqa: S608

    def walked(self, branches: Sequence[str], has_it: str) -> set[UUID]:
        """Of the next WALK rows of all branches the first for which `has_it` is true.

        Each branch is read in its order and no further than the others: PostgreSQL merges what it appends.
        """
        rows = " UNION ALL ".join(f"({self._rows(branch)} {self._order} LIMIT {WALK})" for branch in branches)
        return self._ids(
            f"SELECT DISTINCT ON (key, id) id FROM (SELECT * FROM ({rows}) AS one {self._order} LIMIT {WALK}) AS next "  # noqa: S608
            f"WHERE {has_it} {self._order} LIMIT {self.limit}"
        )

    def found(self, branches: Sequence[str], search: str) -> set[UUID]:
        """The first rows for which `search` is true, by its index and not in order."""
        return self._ids(
            f"WITH hit AS MATERIALIZED (SELECT {self.key} AS key, c.id, c.owner_id, c.department_id "  # noqa: S608
            f"FROM customers_customer c WHERE {self.conditions} AND {search}) "
            f"SELECT id FROM hit c WHERE {' OR '.join(branches)} {self._order} LIMIT {self.limit}"
        )

    @property
    def _order(self) -> str:
        return f"ORDER BY key {self.direction}, id {self.direction}"

    def _rows(self, branch: str) -> str:
        return (
            f"SELECT {self.key} AS key, c.id, c.search_text FROM customers_customer c "  # noqa: S608
            f"WHERE {branch} AND {self.conditions}"
        )

    def _ids(self, statement: str) -> set[UUID]:
        with connection.cursor() as cursor:
            cursor.execute(statement, self.given)
            return {pk for (pk,) in cursor.fetchall()}


def _branches(actor: Actor, wanted: Wanted, given: dict[str, Any]) -> list[str]:
    """Conditions, each of which has an index that is in order; together they are what the actor sees."""
    if wanted.in_pool:
        return ["c.owner_id IS NULL"]
    if actor.scope(Customer.resource) == Scope.COMPANY:
        return ["c.owner_id = %(owner_id)s" if wanted.owner_id else "true"]
    reach = actor.departments(Customer.resource)
    given["me"] = actor.person_id
    shown = "SELECT share.document_id FROM documents_share share WHERE share.employee_id = %(me)s"
    # An array: joined, what was shown to him tempts PostgreSQL to walk through the whole company in search of it.
    shown_to_me = f"c.id = ANY(ARRAY({shown} AND share.document_type = 'customers.customer'))"
    branches = ["c.owner_id = %(me)s", shown_to_me]
    for place, department in enumerate(reach):
        given[f"department_{place}"] = department
        branches.append(f"c.department_id = %(department_{place})s")
    return branches if wanted.in_pool is False else [*branches, "c.owner_id IS NULL"]


def _conditions(wanted: Wanted, given: dict[str, Any]) -> list[str]:
    conditions = ["c.company_id = %(company)s", "c.deleted_at IS NULL"]
    if wanted.status:
        conditions.append(f"c.status = '{Customer.Status(wanted.status)}'")
    if wanted.tag:
        conditions.append(f"c.tags @> {_literal([wanted.tag])}::varchar[]")
    if wanted.in_pool is not None:
        conditions.append(f"c.owner_id IS {'' if wanted.in_pool else 'NOT '}NULL")
    if wanted.department_id:
        conditions.append("c.department_id = ANY(%(below)s::uuid[])")
        given["below"] = list(subtree_of(wanted.department_id))
    for column, value in (("level", wanted.level), ("type", wanted.type), ("owner_id", wanted.owner_id)):
        if value is not None:
            conditions.append(f"c.{column} = %({column})s")
            given[column] = value
    if box := wanted.within:
        conditions += ["c.lat BETWEEN %(south)s AND %(north)s", "c.lng BETWEEN %(west)s AND %(east)s"]
        given |= {"south": box.south, "north": box.north, "west": box.west, "east": box.east}
    return conditions


def _has_typed(actor: Actor) -> str:
    text = "search_text" if actor.sees("customer_contact") else "split_part(search_text, chr(31), 1)"
    return f"strpos({text}, %(typed)s) > 0"


def _has_grams(typed: str) -> str:
    return f"grams @> {_literal(_some(grams_needed(typed)))}::text[]"


def _some(grams: list[str]) -> list[str]:
    """Enough of them: each more costs the index as much as the first and tells little that is new."""
    return grams[:: -(-len(grams) // MOST_GRAMS)]


def _literal(value: list[str]) -> str:
    """For a statement with parameters, in which a percent sign is doubled."""
    return sql.Literal(value).as_string().replace("%", "%%")
