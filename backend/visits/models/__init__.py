"""Split by subject; everybody imports from here."""

from backend.visits.models.plans import PlanSeries, PlanSubstitution, VisitCadence
from backend.visits.models.proposals import PlaceProposal
from backend.visits.models.reading import VisitLike, VisitReading
from backend.visits.models.templates import ActionAnswer, PaymentPromise, TemplateVersion, VisitTemplate
from backend.visits.models.terms import Consent, ConsentText, VisitPolicy
from backend.visits.models.visits import CheckInSample, Visit, VisitComment, VisitCompanion, VisitPhoto, VisitPlan

__all__ = [
    "ActionAnswer",
    "CheckInSample",
    "Consent",
    "ConsentText",
    "PaymentPromise",
    "PlaceProposal",
    "PlanSeries",
    "PlanSubstitution",
    "TemplateVersion",
    "Visit",
    "VisitCadence",
    "VisitComment",
    "VisitCompanion",
    "VisitLike",
    "VisitPhoto",
    "VisitPlan",
    "VisitPolicy",
    "VisitReading",
    "VisitTemplate",
]
