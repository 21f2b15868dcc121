from typing import Any

from django.apps import apps

from backend.documents.models import DocumentQuerySet
from backend.events.models import Event


def subject_of(event: Event) -> DocumentQuerySet[Any]:
    """The document, or what else knows who sees it, that the event is about, as a query of at most one row."""
    model: Any = apps.get_model(event.subject_type)
    rows: DocumentQuerySet[Any] = model.objects.filter(pk=event.subject_id, company_id=event.company_id)
    return rows
