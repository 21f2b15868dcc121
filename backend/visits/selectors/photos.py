from uuid import UUID

from django.db.models import OuterRef, QuerySet

from backend.core.actor import Actor
from backend.visits.models import Visit, VisitPhoto


def on_visible_visits(actor: Actor) -> "QuerySet[VisitPhoto]":
    """A bearer of files (`files.bearers`): who sees a visit, also as a co-visitor, sees what was photographed there."""
    return VisitPhoto.objects.filter(attachment_id=OuterRef("pk"), visit__in=Visit.objects.visible_to(actor))


def hangs_on_a_visit(attachment_id: UUID) -> bool:
    return VisitPhoto.objects.filter(attachment_id=attachment_id).exists()
