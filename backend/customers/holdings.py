"""What a handover moves of customers."""

from backend.core.text import bilingual
from backend.customers.models import CoOwner, Customer
from backend.documents.holdings import owned, tied

CUSTOMERS = owned(
    Customer,
    key="customers",
    name=bilingual("客户", "Customers"),
    order=20,
    event="customer",
    customer_of=lambda customer: customer.pk,
)
CO_OWNED = tied(
    CoOwner,
    key="co_owned_customers",
    name=bilingual("协同负责的客户", "Customers he answers for with others"),
    order=25,
    to=("customer_id",),
    label=lambda row: row.customer.name,
    related=("customer",),
    shows=lambda row: (Customer._meta.label_lower, row.customer_id),
)
