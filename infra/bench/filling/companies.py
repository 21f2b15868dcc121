"""Two companies, so that isolation is at work; what is measured belongs to the first."""

from collections.abc import Callable

from django.db.models import Model

from backend.approvals.models import Approval, Task
from backend.catalog.models import Barcode, Product
from backend.customers.models import Customer
from backend.documents.models import Share
from backend.events.models import Delivery, Event
from backend.expenses.models import ExpenseRequest
from backend.files.models import Attachment
from backend.inventory.models import Incoming, Stock
from backend.orders.models import Line, Order, OrderEvent
from backend.visits.models import CheckInSample, Visit, VisitComment, VisitPhoto, VisitPlan
from infra.bench.filling import goods, orders, people, visits
from infra.bench.filling.sizes import Sizes

LARGE: tuple[type[Model], ...] = (
    *(Visit, VisitPlan, CheckInSample, VisitPhoto, VisitComment, Attachment),
    *(Order, Line, OrderEvent, Product, Barcode, Stock, Incoming, Customer),
    *(ExpenseRequest, Approval, Task, Share, Event, Delivery),
)


def fill(sizes: Sizes, *, tell: Callable[[str], object] = lambda step: None) -> None:
    """Into a migrated database without these companies, inside the caller's transaction."""
    for code, name, share in (("bench", "外勤股份有限公司", 1), ("other", "乙公司", 50)):
        company = people.found(code=code, name=name)
        people.hire(company, reps=sizes.reps, teams=sizes.teams, regions=sizes.regions)
        tell(f"{name}: customers, products, stock")
        goods.add_customers(company, sizes.customers // share)
        goods.add_products(company, sizes.products // share)
        tell(f"{name}: visits")
        visits.add_visits(company, sizes.visits // share, openings=sizes.openings // share)
        tell(f"{name}: orders, expenses, approvals")
        orders.add_orders(company, sizes.orders // share)
        orders.add_requests(company, decided=sizes.requests // share, waiting=sizes.requests // share)
