from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from backend.approvals import registry, services
from backend.approvals.models import Approval
from backend.core import clock
from backend.core.actor import Actor
from backend.customers.models import Customer
from backend.customers.services import create_customer
from backend.directory.models import Department, Employee
from backend.directory.services import people
from tests.support.cast import Cast

LABEL = "customers.customer"


@pytest.fixture
def outcomes(monkeypatch) -> Iterator[list[tuple[str, str]]]:
    """Customers need approval here, and their level stands for an amount: the engine must not care what it approves.

    The fixture is the list of what the engine told the documents' app: (outcome, code of the customer).
    """
    told: list[tuple[str, str]] = []

    def note(outcome: str) -> registry.Settle:
        def settle(*, actor: Actor, document: Any, at: Any) -> None:
            told.append((outcome, document.code))

        return settle

    monkeypatch.setitem(
        registry._types,
        LABEL,
        registry.DocumentType(
            model=Customer,
            name="客户准入",
            facts=lambda customer: {"amount": customer.level},
            title=lambda customer: customer.name,
            summary=lambda customer: {"code": customer.code},
            screen=lambda *, actor, document: {"phone": document.phone},
            on_approved=note("approved"),
            on_rejected=note("rejected"),
            on_withdrawn=note("withdrawn"),
        ),
    )
    return told


def step(key: str, source: str, value: str = "", mode: str = "any", **more: Any) -> dict[str, Any]:
    approvers = {"source": source, "value": value} if value else {"source": source}
    return {"key": key, "name_zh": key, "name_en": key, "approvers": approvers, "mode": mode, **more}


@pytest.fixture
def flow(cast: Cast, outcomes) -> Callable[..., None]:
    """`flow(step(…), step(…))` publishes the way of customers in the cast's company."""

    def publish(*steps: dict[str, Any]) -> None:
        system = Actor.system(cast.company.pk)
        services.publish_flow(actor=system, document_type=LABEL, name="客户准入", steps=steps)

    return publish


@pytest.fixture
def submit(cast: Cast) -> Callable[..., Approval]:
    """`submit(cast.li, amount="6000")` makes a customer of that person and submits it."""

    def make(employee: Employee, *, amount: str = "100", code: str = "K1") -> Approval:
        actor, at = cast.actor(employee), clock.now()
        may_create = replace(actor, capabilities=actor.capabilities | {"customer.write"})
        customer, _ = create_customer(actor=may_create, code=code, name="老张茶行", level=amount, at=at)
        return services.submit(actor=actor, document=customer, at=at)

    return make


@pytest.fixture
def hire(cast: Cast):
    """`hire("赵总", role="manager")` adds a colleague to the cast's company."""

    def add(
        name: str, *, role: str = "rep", manager: Employee | None = None, department: Department | None = None
    ) -> Employee:
        return people.put_employee(
            actor=Actor.system(cast.company.pk),
            number=f"9{name}",
            name=name,
            department_id=(department or cast.east).pk,
            manager_id=manager.pk if manager else None,
            role_codes=[role],
            at=clock.now(),
        )

    return add


@pytest.fixture
def leave(cast: Cast):
    """`leave(cast.han)`: the person is gone."""

    def dismiss(employee: Employee) -> None:
        people.dismiss(actor=Actor.system(cast.company.pk), employee_id=employee.pk, at=clock.now())

    return dismiss


@pytest.fixture
def report_to():
    """`report_to(cast.han, boss)`: from now on he is her manager."""

    def change(employee: Employee, manager: Employee) -> None:
        employee.manager = manager
        employee.save(update_fields=["manager"])

    return change
