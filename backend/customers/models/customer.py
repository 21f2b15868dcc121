from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from backend.core.actor import Actor, Scope
from backend.core.fields import Classes
from backend.core.text import bilingual
from backend.documents.models import Document

DEFAULT_GEOFENCE_M = 300


class Customer(Document):
    """Whom we sell to. Without an owner it lies in the public pool (公海), which the whole company sees."""

    resource = "customer"
    recyclable = True

    class Status(models.TextChoices):
        PROSPECT = "prospect", bilingual("潜在", "prospect")
        ACTIVE = "active", bilingual("成交", "active")
        CLOSED = "closed", bilingual("完结", "closed")
        BAD = "bad", bilingual("不良", "bad")

    # The composite indexes below begin with these three columns and serve their foreign keys too.
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+", db_index=False)
    owner = models.ForeignKey(  # type: ignore[assignment]
        "directory.Employee",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=bilingual("负责人", "owner"),
    )
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(bilingual("编码", "code"), max_length=32)
    name = models.CharField(bilingual("名称", "name"), max_length=128)
    status = models.CharField(
        bilingual("状态", "status"), max_length=8, choices=Status.choices, default=Status.PROSPECT
    )
    level = models.CharField(bilingual("等级", "level"), max_length=16, blank=True)
    type = models.CharField(bilingual("类型", "type"), max_length=32, blank=True, default="", db_default="")
    source = models.CharField(bilingual("来源", "source"), max_length=32, blank=True, default="", db_default="")
    """How we came to know it."""
    tags = ArrayField(
        models.CharField(max_length=32),
        default=list,
        db_default=[],
        blank=True,
        verbose_name=bilingual("标签", "tags"),
    )
    """Sorted, each once."""
    phone = models.CharField(bilingual("电话", "phone"), max_length=32, blank=True)
    credit_code = models.CharField(
        bilingual("统一社会信用代码", "social credit code"), max_length=18, blank=True, default="", db_default=""
    )
    details = models.JSONField(bilingual("自定义字段", "details"), default=dict, db_default={}, blank=True)
    """Values of the company's own fields (`CustomerField`) by key."""
    address = models.CharField(bilingual("地址", "address"), max_length=255, blank=True)
    lat = models.FloatField(bilingual("纬度", "latitude"), null=True, blank=True)
    """Degrees, WGS-84, like `lng`; null while nobody has said where the customer is."""
    lng = models.FloatField(bilingual("经度", "longitude"), null=True, blank=True)
    geofence_m = models.PositiveIntegerField(bilingual("围栏半径（米）", "geofence (m)"), default=DEFAULT_GEOFENCE_M)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    """When it was last taken out of the pool; until then the whole company saw it."""
    pinyin = models.TextField(editable=False)
    initials = models.TextField(editable=False)
    search_text = models.TextField(editable=False)
    """Everything a person may type to find it, normalised, one key a line; telephones after `rules.PRIVATE`."""
    grams = ArrayField(models.TextField(), editable=False)
    """Characters, bigrams and trigrams of `search_text`, for the index."""
    name_key = models.TextField(editable=False, default="", db_default="")
    """By this and `phone_key` a second entry of one customer is recognised."""
    phone_key = models.CharField(max_length=32, editable=False, default="", db_default="")
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    """The one that stands for both; this one is in the recycle bin."""

    further_places: Sequence[tuple[float, float, int]] = ()
    """Latitude, longitude and geofence of `CustomerPlace` rows, where somebody has read them along."""
    owner_id: UUID | None  # type: ignore[assignment]
    merged_into_id: UUID | None
    FIELD_CLASSES: ClassVar[Classes] = {"phone": ("customer_contact",)}

    class Meta:
        verbose_name = bilingual("客户", "customer")
        verbose_name_plural = bilingual("客户", "customers")
        constraints = [
            models.UniqueConstraint(fields=["company", "code"], name="customer_code_once"),
            models.UniqueConstraint(
                fields=["company", "credit_code"],
                condition=~Q(credit_code="") & Q(deleted_at=None),
                name="customer_credit_code_once",
            ),
            models.CheckConstraint(
                condition=Q(lat=None, lng=None)
                | Q(lat__isnull=False, lng__isnull=False, lat__range=(-90, 90), lng__range=(-180, 180)),
                name="customer_place_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-id"], name="customer_of_company"),
            models.Index(fields=["department", "-created_at", "-id"], name="customer_of_department"),
            models.Index(fields=["owner", "-created_at", "-id"], name="customer_of_owner"),
            models.Index(fields=["company", "-created_at", "-id"], condition=Q(owner=None), name="customer_in_pool"),
            models.Index(
                fields=["company", "-deleted_at", "-id"], condition=Q(deleted_at__isnull=False), name="customer_in_bin"
            ),
            # Beside the unique one, whose condition a generic plan cannot match to `credit_code = $1`.
            models.Index(fields=["company", "credit_code"], name="customer_same_credit_code"),
            models.Index(fields=["company", "name_key"], name="customer_same_name"),
            models.Index(fields=["company", "phone_key"], name="customer_same_phone"),
            models.Index(fields=["company", "lat", "lng"], condition=Q(lat__isnull=False), name="customer_place"),
            models.Index(fields=["company", "pinyin", "id"], name="customer_named_in_company"),
            models.Index(fields=["department", "pinyin", "id"], name="customer_named_in_department"),
            models.Index(fields=["owner", "pinyin", "id"], name="customer_named_of_owner"),
            GinIndex(fields=["grams"], name="customer_grams"),
            GinIndex(fields=["tags"], name="customer_tags"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def also_visible_to(cls, actor: Actor) -> Q:
        return Q(owner=None)

    @property
    def in_pool(self) -> bool:
        return self.owner_id is None

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude in WGS-84."""
        return None if self.lat is None or self.lng is None else (self.lat, self.lng)

    @property
    def all_places(self) -> list[tuple[float, float, int]]:
        """Its own place and the further ones: latitude, longitude, geofence."""
        own = [] if self.place is None else [(*self.place, self.geofence_m)]
        return [*own, *self.further_places]

    def phone_for(self, actor: Actor) -> str | None:
        """None where the actor may not see the telephones of customers."""
        return self.phone if actor.sees("customer_contact") else None

    def in_charge(self, actor: Actor) -> bool:
        """Whether the actor answers for this customer: his own, or within the reach of his data scope.

        Seeing it is not enough: the pool is seen by all, a shared customer by its co-visitors.
        """
        mine = self.owner_id is not None and self.owner_id == actor.employee_id
        within_reach = self.department_id in actor.departments(self.resource)
        return mine or within_reach or actor.scope(self.resource) == Scope.COMPANY
