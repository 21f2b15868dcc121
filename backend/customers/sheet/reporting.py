"""The rows of an imported file that were not taken, as an export: corrected and uploaded again, they are the rest."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.core.actor import Actor
from backend.core.text import bilingual
from backend.customers.models import CustomerImport, CustomerImportRow
from backend.customers.selectors.imports import get_import
from backend.customers.sheet.showing import headings_of, sentence
from backend.exports import kinds

AT_ONCE = 1000
PROBLEMS = "problems"
Outcome, Result = CustomerImportRow.Outcome, CustomerImportRow.Result


def _file(actor: Actor, filters: Mapping[str, Any]) -> CustomerImport:
    return get_import(actor=actor, import_id=UUID(filters["import_id"]))


def _rows(actor: Actor, filters: Mapping[str, Any]) -> QuerySet[CustomerImportRow]:
    left = Q(outcome__in=[Outcome.ERROR, Outcome.SKIPPED]) | Q(result=Result.OUTDATED)
    return CustomerImportRow.objects.filter(left, file=_file(actor, filters))


def _columns(actor: Actor, filters: Mapping[str, Any]) -> list[kinds.Column]:
    """Those of the file, in its order and under its headings, after what is wrong."""
    of_the_file = [kinds.Column(name, heading) for name, heading in _file(actor, filters).headings]
    return [kinds.Column(PROBLEMS, str(bilingual("问题", "Problems"))), *of_the_file]


def _count(actor: Actor, filters: Mapping[str, Any]) -> int:
    return _rows(actor, filters).count()


def _portions(actor: Actor, filters: Mapping[str, Any], keys: Sequence[str]) -> Iterator[list[list[str]]]:
    headings, after = headings_of(actor.company_id), 0
    while rows := list(_rows(actor, filters).filter(number__gt=after).order_by("number")[:AT_ONCE]):
        yield [[{**row.cells, PROBLEMS: sentence(row, headings)}.get(key, "") for key in keys] for row in rows]
        after = rows[-1].number


LEFT = kinds.Kind(
    key="customer_import_rows",
    name=bilingual("客户导入问题行", "rows not imported"),
    capabilities=("customer.import",),
    resource="customer",
    check=_file,
    columns=_columns,
    count=_count,
    portions=_portions,
)
