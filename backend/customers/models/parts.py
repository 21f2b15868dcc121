"""What belongs to a customer and is seen by whoever sees the customer."""

from typing import ClassVar
from uuid import UUID

from django.db import models

from backend.core.actor import Actor
from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers.models.customer import Customer


class Contact(models.Model):
    """A person at a customer."""

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts", db_index=False)
    name = models.CharField(bilingual("姓名", "name"), max_length=64)
    position = models.CharField(bilingual("职务", "position"), max_length=64, blank=True)
    phone = models.CharField(bilingual("电话", "phone"), max_length=32, blank=True)
    email = models.EmailField(bilingual("邮箱", "e-mail"), blank=True)
    created_at = models.DateTimeField()

    company_id: UUID
    CONTENT: ClassVar[tuple[str, ...]] = ("customer_id", "name", "position", "phone", "email")
    """What a repeated create must match."""
    FIELD_CLASSES: ClassVar[Classes] = {"phone": ("customer_contact",), "email": ("customer_contact",)}

    class Meta:
        verbose_name = bilingual("联系人", "contact")
        verbose_name_plural = bilingual("联系人", "contacts")
        indexes = [models.Index(fields=["customer", "-created_at", "-id"], name="contact_of_customer")]

    def __str__(self) -> str:
        return self.name

    def reached_by(self, actor: Actor) -> tuple[str | None, str | None]:
        """Phone and e-mail; None where the actor may not see those of customers' people."""
        return (self.phone, self.email) if actor.sees("customer_contact") else (None, None)
