"""One thing of each kind, all belonging to Li Lei of 外勤公司."""

from dataclasses import dataclass
from uuid import UUID

from backend.approvals.models import Approval
from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Device, Session
from backend.events.models import Event
from backend.visits.services.templates import create_template
from tests.notifications.subjects import export_of
from tests.support.cast import Cast
from tests.support.client import Api
from tests.support.expenses import prepare, submitted
from tests.support.files import uploaded
from tests.support.handovers import handed_over
from tests.support.stock import make_product
from tests.support.visit_templates import action
from tests.support.visits import checked_in, proposed_place


@dataclass(frozen=True)
class World:
    session: UUID
    device: UUID
    customer: str
    plan: str
    series: str
    substitution: str
    visit: str
    file: str
    category: str
    request: UUID
    approval: UUID
    product: UUID
    order: str
    delegation: str
    handover: UUID
    department: UUID
    role: str
    event: int
    proposal: str
    export: UUID
    template: UUID
    template_version: int

    @property
    def secrets(self) -> set[str]:
        """Ids that nobody outside Li's line of command may ever read."""
        return {
            str(value)
            for name, value in vars(self).items()
            if name not in {"product", "category", "department", "role", "event", "template", "template_version"}
        }


def make_world(cast: Cast, api: Api) -> World:
    prepare(cast)
    li = api(cast.li)
    proposal = proposed_place(li)
    visit = checked_in(li)
    customer = visit["customer"]["id"]
    plan = li.post("/visit-plans", {"customer_id": customer, "planned_on": "2026-11-23"}).json()["id"]
    every_week = {"kind": "every_n_days", "every_days": 7, "first_on": "2026-11-23"}
    series = li.post("/visit-series", {"customer_id": customer, **every_week})
    assert series.status_code == 201, series.content
    away = {"first_on": "2099-06-01", "last_on": "2099-06-02"}
    people = {"absent_id": str(cast.li.pk), "substitute_id": str(cast.han.pk)}
    substitution = li.post("/visit-substitutions", {**people, **away})
    assert substitution.status_code == 201, substitution.content
    product = make_product(Actor.system(cast.company.pk), "T1", "铁观音")
    order = li.post("/orders", {"customer_id": customer, "lines": [{"product_id": str(product.pk), "quantity": "2"}]})
    assert order.status_code == 201, order.content
    request = submitted(cast.li)
    days = {"from_on": "2026-11-01", "to_on": "2099-12-31"}
    delegation = li.post("/delegations", {"delegate_id": str(cast.han.pk), **days})
    assert delegation.status_code == 201, delegation.content
    template, _ = create_template(
        actor=Actor.system(cast.company.pk), name="日常", actions=[action("note", "note")], at=clock.now()
    )
    return World(
        session=Session.objects.get(employee=cast.li).pk,
        device=Device.objects.create(
            company=cast.company, employee=cast.li, device_id="new-phone", status="waiting", created_at=clock.now()
        ).pk,
        customer=customer,
        plan=plan,
        series=series.json()["id"],
        substitution=substitution.json()["id"],
        visit=visit["id"],
        file=uploaded(li, b"%PDF-1.7", name="x.pdf", type="application/pdf", purpose="other")["id"],
        category=str(request.category_id),
        request=request.pk,
        approval=Approval.objects.get(document_id=request.pk).pk,
        product=product.pk,
        order=order.json()["id"],
        department=cast.shanghai.pk,
        role="rep",
        event=Event.objects.filter(company=cast.company).latest("pk").pk,
        proposal=proposal["id"],
        export=export_of(cast.li).pk,
        template=template.pk,
        template_version=1,
        delegation=delegation.json()["id"],
        handover=handed_over(cast.qian, cast.li, cast.han, kinds=["reports"]).pk,
    )
