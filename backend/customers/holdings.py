"""What a handover moves of customers."""

from backend.core.text import bilingual
from backend.customers.models import Customer
from backend.documents.holdings import owned

CUSTOMERS = owned(
    Customer,
    key="customers",
    name=bilingual("客户", "Customers"),
    order=20,
    event="customer",
    customer_of=lambda customer: customer.pk,
)
