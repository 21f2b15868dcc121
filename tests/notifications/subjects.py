"""Documents that events are about, as bare rows: what the rooms of these documents do to them is tested there."""

from datetime import timedelta

from backend.approvals.models import Approval, Flow, FlowVersion, Task
from backend.core import clock
from backend.core.ids import new_id
from backend.customers.models import Customer, CustomerImport
from backend.directory.models import Device, Employee, Handover, PendingSignIn
from backend.exports.models import Export
from backend.files.models import Attachment
from backend.orders.models import Order
from backend.visits.models import PlaceProposal, PlanSubstitution, Visit, VisitPlan


def _of(owner: Employee) -> dict[str, object]:
    return {"company_id": owner.company_id, "owner": owner, "department_id": owner.department_id}


def customer_of(owner: Employee) -> Customer:
    return Customer.objects.create(
        **_of(owner), code=str(new_id())[-12:], name="华联超市", pinyin="", initials="", search_text="", grams=[]
    )


def visit_of(owner: Employee) -> Visit:
    return Visit.objects.create(**_of(owner), customer=customer_of(owner), started_at=clock.now())


def plan_of(owner: Employee) -> VisitPlan:
    return VisitPlan.objects.create(**_of(owner), customer=customer_of(owner), planned_on="2026-12-01")


def substitution_of(absent: Employee, substitute: Employee) -> PlanSubstitution:
    days = {"first_on": "2026-12-01", "last_on": "2026-12-03"}
    made = PlanSubstitution.objects.create(**_of(absent), absent=absent, substitute=substitute, **days)
    made.show_to([substitute.pk])
    return made


def place_of(owner: Employee) -> PlaceProposal:
    visit = visit_of(owner)
    return PlaceProposal.objects.create(
        company_id=owner.company_id,
        customer=visit.customer,
        visit=visit,
        owner=owner,
        lat=31.23,
        lng=121.47,
        accuracy_m=12,
        created_at=clock.now(),
    )


def order_of(owner: Employee) -> Order:
    return Order.objects.create(**_of(owner), customer=customer_of(owner), currency="CNY", total="100.00")


def file_of(owner: Employee) -> Attachment:
    return Attachment.objects.create(
        **_of(owner), name="门头.jpg", purpose="visit_photo", content_type="image/jpeg", size=1, sha256="0" * 64
    )


def export_of(owner: Employee) -> Export:
    return Export.objects.create(
        company_id=owner.company_id,
        requested_by=owner,
        kind="customers",
        created_from=new_id().bytes * 2,
        due_at=clock.now() + timedelta(hours=1),
        expires_at=clock.now() + timedelta(days=7),
    )


def customers_file_of(owner: Employee) -> CustomerImport:
    return CustomerImport.objects.create(
        company_id=owner.company_id,
        created_by=owner,
        name="客户.xlsx",
        digest=new_id().bytes * 2,
        content=b"",
        status="done",
        phase="previewed",
    )


def device_of(owner: Employee) -> Device:
    """A new one, with which he waits to come in."""
    device = Device.objects.create(
        company_id=owner.company_id, employee=owner, device_id=str(new_id()), status="waiting", created_at=clock.now()
    )
    PendingSignIn.objects.create(
        company_id=owner.company_id,
        device=device,
        door="password",
        ticket_hash=new_id().bytes * 2,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(minutes=10),
    )
    return device


def handover_of(leaver: Employee, successor: Employee) -> Handover:
    return Handover.objects.create(
        company_id=leaver.company_id,
        leaver=leaver,
        successor=successor,
        successor_ids=[successor.pk],
        plan={},
        created_at=clock.now(),
    )


def approval_of(owner: Employee, approvers: list[Employee]) -> Approval:
    flow = Flow.objects.create(company_id=owner.company_id, document_type=str(new_id()), name="费用")
    version = FlowVersion.objects.create(company_id=owner.company_id, flow=flow, number=1, definition=[])
    approval = Approval.objects.create(
        **_of(owner),
        flow_version=version,
        document_type="expenses.expenserequest",
        document_id=new_id(),
        title="差旅费 ¥1200.00",
        route=[],
        submitted_at=clock.now(),
    )
    approval.show_to(employee.pk for employee in approvers)
    return approval


def flow_asks(approval: Approval, approvers: list[Employee]) -> None:
    """The tasks of its first step."""
    for employee in approvers:
        Task.objects.create(
            company_id=approval.company_id, approval=approval, step=0, employee=employee, opened_at=clock.now()
        )
