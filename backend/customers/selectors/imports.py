"""Imports of customers, and their rows as a person may read them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.customers.models import CustomerImport, CustomerImportRow


def get_import(*, actor: Actor, import_id: UUID) -> CustomerImport:
    """His own. Raises NotFound."""
    actor.require("customer.import")
    found = _own(actor).filter(pk=import_id).first()
    if found is None:
        raise NotFound()
    return found


def list_imports(*, actor: Actor) -> QuerySet[CustomerImport]:
    """His own, newest first, for as long as they are kept."""
    actor.require("customer.import")
    return _own(actor).order_by("-created_at", "-pk")


def list_rows(
    *, actor: Actor, import_id: UUID, outcome: str | None = None, result: str | None = None
) -> QuerySet[CustomerImportRow]:
    """In the order of the file, which is that of falling keys. Raises NotFound."""
    rows = CustomerImportRow.objects.filter(file=get_import(actor=actor, import_id=import_id))
    rows = rows.filter(outcome=outcome) if outcome else rows
    return (rows.filter(result=result) if result else rows).order_by("-pk")


def _own(actor: Actor) -> QuerySet[CustomerImport]:
    rows: Any = CustomerImport.objects
    found: QuerySet[CustomerImport] = rows.visible_to(actor).defer("content")
    return found
