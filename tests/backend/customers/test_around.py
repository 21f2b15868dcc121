from django.apps import apps

from backend.customers import around
from backend.customers.models import CoOwner, Customer, Merge
from backend.customers.services.merging import PARTS
from backend.visits.models.proposals import PlaceProposal

STAY = {
    Customer: "what it was merged into",
    Merge: "the merge itself",
    CoOwner: "each keeps its own",
    PlaceProposal: "at most one waits",
}


def test_nothing_that_is_about_a_customer_is_forgotten_in_a_merge():
    pointing = {
        model
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Customer
    }

    assert pointing == {facet.model for facet in around.registered()} | set(PARTS.values()) | STAY.keys()
