"""What a handover moves of expenses: what was asked for stays with who asked, for the money is his."""

from datetime import datetime

from django.db.models import Q

from backend.core.text import bilingual
from backend.directory.models import Employee
from backend.documents.holdings import owned
from backend.expenses.models import ExpenseRequest


def _drafts(leaver: Employee, at: datetime) -> Q:
    return Q(status=ExpenseRequest.Status.DRAFT)


DRAFTS = owned(
    ExpenseRequest,
    key="expense_drafts",
    name=bilingual("费用申请草稿", "Drafts of expense requests"),
    order=50,
    event="expense",
    where=_drafts,
    unfinished=True,
)
