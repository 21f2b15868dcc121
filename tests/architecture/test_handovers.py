"""Whatever a person may hold can be handed over, or it is said why it stays his."""

from django.apps import apps

from backend.directory import holdings
from backend.documents.models import Document
from tests.architecture.sources import CODE

OUR_MODELS = [model for model in apps.get_models() if model.__module__.split(".")[0] in CODE]
STAYS = {
    "approvals.Approval": "the submitter asked for it, and what was decided about it is history",
    "files.Attachment": "evidence belongs to who took it; whoever sees the document sees it there",
    "visits.PlanSubstitution": "says who stood in for whom; the plans themselves move",
}
"""Documents that no handover moves."""


def undecided(documents: set[str], moved: set[str], stays: set[str]) -> set[str]:
    return documents - moved - stays


def test_every_document_moves_or_stays_for_a_reason():
    documents = {model._meta.label for model in OUR_MODELS if issubclass(model, Document)}
    moved = {holding.document._meta.label for holding in holdings.registered() if holding.document}
    assert not undecided(documents, moved, set(STAYS))
    assert not moved & set(STAYS)
    assert set(STAYS) <= documents


def test_a_document_that_nobody_thought_of_is_found():
    assert undecided({"x.Forgotten", "x.Moved"}, {"x.Moved"}, set()) == {"x.Forgotten"}


def test_approvals_are_locked_before_documents():
    keys = [holding.key for holding in holdings.registered()]
    assert keys[0] == "tasks"
    assert keys.index("visit_plans") < keys.index("visits")
