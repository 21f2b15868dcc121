"""What belongs to a customer and is seen by whoever sees the customer."""

from typing import ClassVar
from uuid import UUID

from django.db import models

from backend.core.actor import Actor
from backend.core.fields import Classes
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers.models.customer import DEFAULT_GEOFENCE_M, Customer


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


class CustomerPlace(models.Model):
    """A further place of the customer, beside the one in the customer itself: a branch, a warehouse, a new address."""

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="places", db_index=False)
    name = models.CharField(bilingual("名称", "name"), max_length=64)
    address = models.CharField(bilingual("地址", "address"), max_length=255, blank=True)
    lat = models.FloatField(bilingual("纬度", "latitude"))
    """Degrees, WGS-84, like `lng`."""
    lng = models.FloatField(bilingual("经度", "longitude"))
    geofence_m = models.PositiveIntegerField(bilingual("围栏半径（米）", "geofence (m)"), default=DEFAULT_GEOFENCE_M)
    created_from = models.BinaryField(max_length=32, editable=False)
    """Fingerprint of the request that created it."""
    created_at = models.DateTimeField()

    company_id: UUID
    customer_id: UUID

    class Meta:
        verbose_name = bilingual("客户地点", "place of a customer")
        verbose_name_plural = bilingual("客户地点", "places of customers")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lat__range=(-90, 90), lng__range=(-180, 180)), name="customer_place_on_earth"
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-created_at", "-id"], name="place_of_customer"),
            models.Index(fields=["company", "lat", "lng"], name="place_around"),
        ]

    def __str__(self) -> str:
        return self.name


class CoOwner(models.Model):
    """A colleague who answers for the customer beside its owner; a share of `documents` lets him see it."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="co_owners", db_index=False)
    employee = models.ForeignKey("directory.Employee", models.CASCADE, related_name="+")

    company_id: UUID
    customer_id: UUID
    employee_id: UUID

    class Meta:
        verbose_name = bilingual("协同负责人", "co-owner")
        verbose_name_plural = bilingual("协同负责人", "co-owners")
        constraints = [models.UniqueConstraint(fields=["customer", "employee"], name="co_owner_once")]

    def __str__(self) -> str:
        return str(self.employee_id)
