"""Where a customer is, as somebody found it who was there."""

from typing import Self
from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.core.actor import Actor
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.customers.models import Customer
from backend.visits.models.visits import Visit


class PlaceProposalQuerySet(models.QuerySet["PlaceProposal"]):
    def visible_to(self, actor: Actor) -> Self:
        """Of the customers whom the actor sees."""
        customers = Customer.objects.visible_to(actor)
        return self.filter(company_id=actor.company_id, customer__in=customers.values("pk"))


class PlaceProposal(models.Model):
    """The position of one proven visit, proposed as the place of a customer who has none; at most one waits."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", bilingual("待确认", "proposed")
        ACCEPTED = "accepted", bilingual("已采纳", "accepted")
        DECLINED = "declined", bilingual("未采纳", "declined")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    customer = models.ForeignKey("customers.Customer", models.PROTECT, related_name="+")
    visit = models.OneToOneField(Visit, models.PROTECT, related_name="+")
    owner = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+", db_index=False)
    """Who proposed it: who made the visit."""
    lat = models.FloatField(bilingual("纬度", "latitude"))
    """Degrees, WGS-84, like `lng`."""
    lng = models.FloatField(bilingual("经度", "longitude"))
    accuracy_m = models.FloatField(bilingual("精度（米）", "accuracy (m)"))
    status = models.CharField(
        bilingual("状态", "status"), max_length=8, choices=Status.choices, default=Status.PROPOSED
    )
    created_at = models.DateTimeField(bilingual("提议时间", "proposed at"))
    decided_by = models.ForeignKey(
        "directory.Employee", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(bilingual("处理时间", "decided at"), null=True, blank=True)

    objects = models.Manager.from_queryset(PlaceProposalQuerySet)()
    company_id: UUID
    customer_id: UUID
    visit_id: UUID
    owner_id: UUID
    decided_by_id: UUID | None

    class Meta:
        verbose_name = bilingual("地点提议", "proposed place")
        verbose_name_plural = bilingual("地点提议", "proposed places")
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=Q(status="proposed"), name="one_place_proposed_at_a_time"
            )
        ]
