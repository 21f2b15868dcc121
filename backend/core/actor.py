"""Who acts, for whom, and how far they see. Built by directory, passed to every service and selector."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from backend.core.errors import Forbidden


class Scope(StrEnum):
    """How far an employee sees the documents of one resource; a wider one includes the narrower."""

    OWN = "own"
    DEPARTMENT = "department"
    SUBTREE = "subtree"
    COMPANY = "company"

    @property
    def reach(self) -> int:
        return list(Scope).index(self)


@dataclass(frozen=True, slots=True)
class Actor:
    """`employee_id` is None for the system itself (a task, the ERP), which sees its whole company."""

    company_id: UUID
    employee_id: UUID | None
    department_id: UUID | None = None
    capabilities: frozenset[str] = frozenset()
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    subtree: tuple[UUID, ...] = ()
    """The actor's department and all below it."""
    fields: frozenset[str] = frozenset()
    """Classes of sensitive fields he may see (`directory.roles.FIELDS`); whatever else is shown to him without them."""
    session_id: UUID | None = None
    on_behalf_of_id: UUID | None = None
    must_change_password: bool = False
    """Until he has, a person may do nothing else; the doors see to it."""

    @classmethod
    def system(cls, company_id: UUID) -> "Actor":
        return cls(company_id=company_id, employee_id=None)

    @property
    def is_system(self) -> bool:
        return self.employee_id is None

    @property
    def person_id(self) -> UUID:
        """The employee's id, where a rule is about a person; the system has none and may not act as one."""
        if self.employee_id is None:
            raise Forbidden()
        return self.employee_id

    @property
    def home_id(self) -> UUID:
        """The department of the employee."""
        if self.department_id is None:
            raise Forbidden()
        return self.department_id

    def may(self, capability: str) -> bool:
        return self.is_system or capability in self.capabilities

    def require(self, capability: str) -> None:
        if not self.may(capability):
            raise Forbidden(capability=capability)

    def sees(self, field_class: str) -> bool:
        """Whether fields of this class are shown to the actor; where not, they are null wherever they could appear."""
        return self.is_system or field_class in self.fields

    def scope(self, resource: str) -> Scope:
        return Scope.COMPANY if self.is_system else self.scopes.get(resource, Scope.OWN)

    def departments(self, resource: str) -> tuple[UUID, ...]:
        """Departments whose documents of this resource the actor sees, beyond his own documents."""
        match self.scope(resource):
            case Scope.SUBTREE:
                return self.subtree
            case Scope.DEPARTMENT if self.department_id is not None:
                return (self.department_id,)
            case _:
                return ()
