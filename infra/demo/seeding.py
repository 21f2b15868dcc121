"""Two companies to look at, and everything the main job needs. Repeatable: what is there stays, what is used up is
made anew."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from backend.approvals import selectors as approvals
from backend.approvals.services import ensure_default_flows
from backend.core.actor import Actor
from backend.core.clock import today_in
from backend.customers.models import Customer
from backend.customers.services import put_entry
from backend.directory.models import Company, Employee
from backend.directory.selectors import actor_for
from backend.directory.services import people
from backend.erp.models import ErpSystem
from backend.erp.services.systems import put_system
from backend.expenses import services as expenses
from backend.expenses.models import ExpenseCategory
from backend.visits import consent_wording
from backend.visits.services import plan_visit
from backend.visits.services.policies import give_consent, publish_consent_text
from infra.demo import cast, platform
from infra.demo.dataset import Dataset
from infra.demo.importer import import_dataset
from infra.demo.northwind import read_northwind
from infra.demo.own import read_own
from infra.demo.paths import NORTHWIND
from infra.demo.visit_templates import leave_templates

PLANNED = (("BJ001", time(10), "秋季新品推介"), ("BJ002", time(14, 30), "查看陈列"))
"""Customer code, hour, purpose: Li Lei's day."""
WORDS = {
    "customer_level": (("A", "重点客户", "Key account"), ("B", "普通客户", "Regular"), ("C", "小客户", "Small")),
    "customer_type": (("retail", "零售", "Retail"), ("catering", "餐饮", "Catering"), ("dealer", "经销商", "Dealer")),
    "customer_source": (("visit", "陌拜", "Cold call"), ("fair", "展会", "Fair"), ("referral", "转介绍", "Referral")),
}
"""By list: code, name, English name."""
DAYS_PLANNED = 7
"""From today, so that a demo that runs past midnight still has a day to show."""
OPEN_REQUEST = ("sample", "新品试饮样品", Decimal("320.00"))
"""Category, purpose and amount of what waits in Han Meimei's to-do box."""


@dataclass(frozen=True, slots=True)
class Seeded:
    erp: ErpSystem
    platform: dict[str, Any]
    """What the stand-in for WeCom and WeChat is to know."""
    new: int
    """Rows that were not there before."""


def datasets() -> list[tuple[str, str, Dataset]]:
    """Company code, company name and what it shall have; Northwind only where it is at hand."""
    found = [("demo", "北风贸易", read_own("demo")), ("acme", "甲公司", read_own("acme"))]
    if NORTHWIND.exists():
        found.append(("demo", "北风贸易", read_northwind(NORTHWIND.read_text("utf-8"))))
    return found


def seed(data: list[tuple[str, str, Dataset]], *, at: datetime, on_row: Callable[[], object] = lambda: None) -> Seeded:
    """Never to be called in production: its password is public."""
    companies: dict[str, Company] = {}
    new = 0
    for code, name, rows in data:
        companies[code] = people.found_company(code=code, name=name)
        counts = import_dataset(rows, company=companies[code], at=at, on_row=on_row)
        new += sum(count.new for count in counts.values())
    for company in companies.values():
        ensure_default_flows(actor=Actor.system(company.pk))
        expenses.ensure_default_categories(actor=Actor.system(company.pk))
    staff = {member: _with_password(companies[member.company], member, at) for member in cast.EVERYBODY}
    _name_words(companies.values(), at)
    _let_positions_be_taken(companies.values(), staff.values(), at)
    leave_templates(companies["demo"], at)
    _plan_days(companies["demo"], staff[cast.LI], at)
    _leave_one_open(staff[cast.LI], staff[cast.HAN], at)
    told = platform.connect(companies["demo"], staff)
    return Seeded(erp=_connect_erp(companies["demo"], at), platform=told, new=new)


def _with_password(company: Company, member: cast.Member, at: datetime) -> Employee:
    employee = Employee.objects.get(company=company, number=member.number)
    if not employee.check_password(cast.PASSWORD):  # setting it ends every session, so only where it must be set
        people.set_password(
            actor=Actor.system(company.pk),
            employee_id=employee.pk,
            password=cast.PASSWORD,
            must_change=False,
            at=at,
        )
    return employee


def _name_words(companies: Iterable[Company], at: datetime) -> None:
    """Levels that are counted, types and sources to choose from; tags are free."""
    for company in companies:
        for kind, entries in WORDS.items():
            for position, (code, name, english) in enumerate(entries):
                told = {"kind": kind, "code": code, "name": name, "name_en": english, "position": position}
                put_entry(actor=Actor.system(company.pk), at=at, **told)  # type: ignore[arg-type]


def _let_positions_be_taken(companies: Iterable[Company], staff: Iterable[Employee], at: datetime) -> None:
    """The usual text, to which all have agreed, so that the tour begins with the work."""
    text = {"zh": consent_wording.ZH, "en": consent_wording.EN}
    published = {
        company.pk: publish_consent_text(actor=Actor.system(company.pk), at=at, **text)[0] for company in companies
    }
    for employee in staff:
        give_consent(actor=actor_for(employee), text_id=published[employee.company_id].pk, at=at)


def _plan_days(company: Company, li: Employee, at: datetime) -> None:
    actor, zone, today = actor_for(li), ZoneInfo(company.timezone), today_in(company.timezone, at)
    customers = {code: Customer.objects.get(company=company, code=code) for code, _, _ in PLANNED}
    for day in (today + timedelta(days=n) for n in range(DAYS_PLANNED)):
        for code, hour, purpose in PLANNED:
            starts_at = datetime.combine(day, hour, zone)
            plan_visit(
                actor=actor,
                id=_always_the_same("plan", customers[code].pk, starts_at.isoformat(), purpose),
                customer_id=customers[code].pk,
                planned_on=day,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                purpose=purpose,
                at=at,
            )


def _leave_one_open(li: Employee, han: Employee, at: datetime) -> None:
    if approvals.open_task_count(actor=actor_for(han)):
        return
    actor, (code, purpose, amount) = actor_for(li), OPEN_REQUEST
    category = ExpenseCategory.objects.get(company_id=li.company_id, code=code)
    request, _ = expenses.create_request(
        actor=actor,
        category_id=category.pk,
        purpose=purpose,
        amount=amount,
        currency=li.company.currency,
        at=at,
    )
    expenses.submit_request(actor=actor, request_id=request.pk, at=at)


def _connect_erp(company: Company, at: datetime) -> ErpSystem:
    """It signs what it tells us; orders for it wait to be written into a file, since nothing listens for them."""
    return put_system(
        actor=Actor.system(company.pk),
        code="erp",
        name="北风 ERP",
        kind=ErpSystem.Kind.WEBHOOK,
        receives_orders=True,
        at=at,
    )


def _always_the_same(*parts: object) -> UUID:
    return uuid5(NAMESPACE_URL, "/".join(["waiqin-demo", *map(str, parts)]))
