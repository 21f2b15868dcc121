"""What is to be done for one row."""

from dataclasses import asdict, dataclass, field
from typing import Any

from backend.core.sheet_problems import Problem
from backend.customers.models import Contact, Customer, CustomerImportRow, CustomerPlace

Outcome = CustomerImportRow.Outcome


@dataclass(slots=True)
class Part:
    """A contact or a place; `row` is None for a new one."""

    row: Contact | CustomerPlace | None
    columns: dict[str, Any]


@dataclass(slots=True)
class Step:
    """One row, and what is to be done for it."""

    row: CustomerImportRow
    customer: Customer | None = None
    columns: dict[str, Any] = field(default_factory=dict)
    contacts: list[Part] = field(default_factory=list)
    places: list[Part] = field(default_factory=list)
    changes: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_skipped: bool = False

    @property
    def outcome(self) -> str:
        if self.is_skipped:
            return Outcome.SKIPPED
        if self.problems:
            return Outcome.ERROR
        if self.customer is None:
            return Outcome.CREATED
        return Outcome.CHANGED if self.changes else Outcome.UNCHANGED

    @property
    def is_as_seen(self) -> bool:
        """Whether it does what the preview said, to the customer as the preview saw him."""
        row, customer = self.row, self.customer
        same = (row.customer_id, row.version) == ((customer.pk, customer.version) if customer else (None, None))
        return same and self.outcome == row.outcome and self.changes == row.changes

    def said(self) -> dict[str, Any]:
        """As the preview keeps it."""
        customer = self.customer if self.outcome != Outcome.ERROR else None
        return {
            "outcome": self.outcome,
            "customer_id": customer.pk if customer else None,
            "version": customer.version if customer else None,
            "changes": self.changes,
            "problems": [asdict(problem) for problem in self.problems],
        }

    def fault(self, column: str, code: str, /, **about: Any) -> None:
        self.problems.append(Problem(column, code, about))

    def text(self, name: str) -> str:
        cells: dict[str, str] = self.row.cells
        return cells.get(name, "")

    def note(self, name: str, before: str, after: str) -> None:
        self.changes.append({"field": name, "before": before[:255], "after": after[:255]})
