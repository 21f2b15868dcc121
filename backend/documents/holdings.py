"""The two ways in which a person holds documents: he owns them, or a row of his own ties him to them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet

from backend.core.text import bilingual
from backend.directory.holdings import Case, Holding, Moved, Why
from backend.directory.models import Employee
from backend.directory.models.handovers import HandoverItem
from backend.documents import sharing
from backend.documents.models import Document, Share
from backend.events import services as events

AT_ONCE = 5000
Where = Callable[[Employee, datetime], Q]
_personal_shares: set[str] = set()


def everything(leaver: Employee, at: datetime) -> Q:
    return Q()


def owned(
    model: type[Document],
    *,
    key: str,
    name: str,
    order: int,
    event: str,
    where: Where = everything,
    label: Callable[[Any], str] = str,
    related: tuple[str, ...] = (),
    customer_of: Callable[[Any], UUID | None] = lambda row: row.customer_id,
    unfinished: bool = False,
) -> Holding:
    """Documents that get another owner and with him his department; `where` says which of his are still to be done.

    Records `{event}.handed_over` and `{event}.handed_back` for each.
    """
    documents: Any = model.objects

    def rows(leaver: Employee, at: datetime) -> QuerySet[Any]:
        mine = documents.filter(company_id=leaver.company_id, owner_id=leaver.pk, deleted_at=None)
        found: QuerySet[Any] = mine.filter(where(leaver, at)).select_related(*related)
        return found

    def move(*, case: Case, rows: Sequence[Any], successor: Employee) -> list[Moved]:
        after = {"owner_id": str(successor.pk), "department_id": str(successor.department_id)}
        moved = [Moved(row.pk, label(row), _ownership(row), after) for row in rows]
        _give(model, [row.pk for row in rows], successor.pk, successor.department_id, case.at)
        told = (_told(case, each.before, after) for each in moved)
        events.record_many(f"{event}.handed_over", zip(rows, told, strict=True), actor=case.actor, at=case.at)
        return moved

    def put_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
        ids = [item.row_id for item in items]
        locked = documents.filter(pk__in=ids, deleted_at=None).select_for_update(no_key=True, of=("self",))
        found = {str(row.pk): row for row in locked.order_by("pk")}
        open_ids = {
            str(pk) for pk in documents.filter(where(case.leaver, case.at), pk__in=ids).values_list("pk", flat=True)
        }
        stay: dict[int, Why] = {}
        back: dict[str, list[Any]] = {}
        told = []
        for item in items:
            row = found.get(item.row_id)
            if row is None:
                stay[item.pk] = Why.GONE
            elif str(row.owner_id) != item.after["owner_id"]:
                stay[item.pk] = Why.MOVED_ON
            elif item.row_id not in open_ids:
                stay[item.pk] = Why.CLOSED
            else:
                back.setdefault(item.before["department_id"], []).append(row.pk)
                told.append((row, _told(case, _ownership(row), item.before)))
        for department_id, pks in back.items():
            _give(model, pks, case.leaver.pk, UUID(department_id), case.at)
        events.record_many(f"{event}.handed_back", told, actor=case.actor, at=case.at)
        return stay

    return Holding(
        key=key,
        name=name,
        order=order,
        rows=rows,
        move=move,
        put_back=put_back,
        label=label,
        customer_of=customer_of,
        unfinished=unfinished,
        document=model,
    )


def nothing_more(doubled: Sequence[Any], successor: Employee) -> None:
    return None


def tied(
    model: type[Model],
    *,
    key: str,
    name: str,
    order: int,
    to: tuple[str, ...],
    where: Callable[[], Q] = Q,
    label: Callable[[Any], str] = str,
    related: tuple[str, ...] = (),
    keeps: tuple[str, ...] = (),
    doubled_mean: Callable[[Sequence[Any], Employee], None] = nothing_more,
    shows: Callable[[Any], tuple[str, UUID]] | None = None,
) -> Holding:
    """Rows that tie an `employee` to a document, one for each document, named by the fields `to`.

    Where the successor has such a row already, the leaver's is taken away, after `doubled_mean` has been told; undoing
    the handover makes it anew, with what it `keeps`. `shows` names the document, by type and id,
    that the successor must be able to see for it.
    """
    manager: Any = model._default_manager

    def rows(leaver: Employee, at: datetime) -> QuerySet[Any]:
        found: QuerySet[Any] = manager.filter(where(), company_id=leaver.company_id, employee_id=leaver.pk)
        return found.select_related(*related)

    def move(*, case: Case, rows: Sequence[Any], successor: Employee) -> list[Moved]:
        has = set(manager.filter(employee_id=successor.pk).values_list(*to))
        doubled = [row for row in rows if _place(row, to) in has]
        shown = show([shows(row) for row in rows], successor) if shows else set()
        moved = []
        for row in rows:
            before = {name: _plain(getattr(row, name)) for name in (*to, *keeps)}
            after: dict[str, Any] = {"employee_id": str(successor.pk)}
            if row in doubled:
                after["doubled"] = True
            if shows and shows(row) in shown:
                after["shown"] = [str(part) for part in shows(row)]
            moved.append(Moved(row.pk, label(row), before, after))
        doubled_mean(doubled, successor)
        manager.filter(pk__in=[row.pk for row in doubled]).delete()
        manager.filter(pk__in=[row.pk for row in rows if row not in doubled]).update(employee_id=successor.pk)
        return moved

    def put_back(*, case: Case, items: Sequence[HandoverItem]) -> dict[int, Why]:
        rows = manager.filter(pk__in=[item.row_id for item in items]).select_for_update(of=("self",)).order_by("pk")
        found = {str(row.pk): row for row in rows}
        has = {tuple(map(_plain, place)) for place in manager.filter(employee_id=case.leaver.pk).values_list(*to)}
        stay: dict[int, Why] = {}
        back, anew = [], []
        for item in items:
            row, place = found.get(item.row_id), tuple(item.before[name] for name in to)
            if item.after.get("doubled"):
                if place not in has:
                    anew.append(model(company_id=case.leaver.company_id, employee_id=case.leaver.pk, **item.before))
            elif row is None:
                stay[item.pk] = Why.GONE
                continue
            elif str(row.employee_id) != item.after["employee_id"]:
                stay[item.pk] = Why.MOVED_ON
                continue
            elif place in has:
                row.delete()
            else:
                back.append(row.pk)
            if "shown" in item.after:
                hide([item.after["shown"]], item.successor_id)
        manager.filter(pk__in=back).update(employee_id=case.leaver.pk)
        manager.bulk_create(anew, ignore_conflicts=True)
        return stay

    return Holding(key=key, name=name, order=order, rows=rows, move=move, put_back=put_back, label=label)


def shares_move(model: type[Document]) -> None:
    """What was shown to a person of this type was shown to him for his work, and goes with it. Types for which this is
    not said are shown for one occasion, such as a decision."""
    _personal_shares.add(model._meta.label_lower)


def show(documents: Iterable[tuple[str, UUID]], employee: Employee) -> set[tuple[str, UUID]]:
    """Let him see these for good; those that he was not shown before."""
    wanted = set(documents)
    known = Share.objects.filter(employee_id=employee.pk, document_id__in=[pk for _, pk in wanted], until=None)
    new = wanted - set(known.values_list("document_type", "document_id"))
    Share.objects.bulk_create(
        [
            Share(company_id=employee.company_id, employee=employee, document_type=label, document_id=pk)
            for label, pk in sorted(new)
        ],
        update_conflicts=True,
        update_fields=["until"],
        unique_fields=["employee", "document_type", "document_id"],
    )
    return new


def hide(documents: Iterable[Sequence[Any]], employee_id: UUID) -> None:
    for label, pk in documents:
        Share.objects.filter(employee_id=employee_id, document_type=label, document_id=pk).delete()


def _last_as_long(doubled: Sequence[Share], successor: Employee) -> None:
    for share in doubled:
        shown = [(share.document_id, successor.pk, share.until)]
        sharing.show(company_id=successor.company_id, kind=share.document_type, shown=shown)


SHARES = tied(
    Share,
    key="shares",
    name=bilingual("共享给他的单据", "Documents shown to him"),
    order=90,
    to=("document_type", "document_id"),
    keeps=("until",),
    doubled_mean=_last_as_long,
    where=lambda: Q(document_type__in=sorted(_personal_shares)),
    label=lambda share: f"{share.document_type} {share.document_id}",
)


def _give(model: type[Document], ids: Sequence[Any], owner_id: UUID, department_id: UUID, at: datetime) -> None:
    documents: Any = model.objects
    for start in range(0, len(ids), AT_ONCE):
        documents.filter(pk__in=ids[start : start + AT_ONCE]).update(
            owner_id=owner_id, department_id=department_id, version=F("version") + 1, updated_at=at
        )


def _ownership(row: Any) -> dict[str, str]:
    return {"owner_id": str(row.owner_id), "department_id": str(row.department_id)}


def _told(case: Case, before: Any, after: Any) -> dict[str, Any]:
    return {"before": dict(before), "after": dict(after), "handover_id": str(case.handover_id)}


def _place(row: Any, to: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in to)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | datetime) else value
