from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Q

from backend.core.actor import Actor, Scope
from backend.core.errors import NotFound, VersionConflict
from backend.core.ids import new_id
from backend.core.text import bilingual
from backend.documents import sharing

M = TypeVar("M", bound="Document")


class Share(models.Model):
    """Someone outside the line of command who must see one document: an approver, a co-visitor, a co-owner."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    document_type = models.CharField(max_length=64)
    document_id = models.UUIDField()
    employee = models.ForeignKey("directory.Employee", models.CASCADE, related_name="+")
    until = models.DateTimeField(null=True, blank=True)
    """Then it is taken away, within the hour; empty where it stays."""

    class Meta:
        verbose_name = bilingual("共享", "share")
        indexes = [models.Index(fields=["until"], condition=Q(until__isnull=False), name="share_that_ends")]
        constraints = [models.UniqueConstraint(fields=["employee", "document_type", "document_id"], name="share_once")]


class NumberSeries(models.Model):
    """The last number given out in one series of one company."""

    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    prefix = models.CharField(max_length=16)
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = bilingual("单号序列", "number series")
        constraints = [models.UniqueConstraint(fields=["company", "prefix"], name="number_series_once")]


class DocumentQuerySet(models.QuerySet[M]):
    def visible_to(self, actor: Actor) -> Self:
        """The only definition of row visibility in the project: mine, in my departments, or shown to me.

        Never beyond the company, never what lies in the recycle bin.
        """
        rows = self.filter(company_id=actor.company_id, deleted_at=None)
        if actor.scope(self.model.resource) == Scope.COMPANY:
            return rows
        shown = Share.objects.filter(employee_id=actor.person_id, document_type=self.model._meta.label_lower)
        seen = Q(owner_id=actor.person_id) | Q(pk__in=shown.values("document_id"))
        if departments := actor.departments(self.model.resource):
            seen |= Q(department_id__in=departments)
        return rows.filter(seen | self.model.also_visible_to(actor))

    def get_visible(self, actor: Actor, pk: UUID, *, lock: bool = False) -> M:
        """Raises NotFound for what is absent and for what is hidden alike."""
        rows = self.visible_to(actor)
        if lock:
            rows = rows.select_for_update(of=("self",))
        document = rows.filter(pk=pk).first()
        if document is None:
            raise NotFound()
        return document


DocumentManager = models.Manager.from_queryset(DocumentQuerySet)


class Document(models.Model):
    """A business document: an id chosen by the device, an owner, and the owner's department at the time."""

    resource: ClassVar[str]
    """The key of `directory.roles.RESOURCES` whose data scope governs these documents."""
    recyclable: ClassVar[bool] = False
    """Money, approvals and audit entries never go to the recycle bin."""

    id = models.UUIDField(primary_key=True, default=new_id)
    company = models.ForeignKey("directory.Company", models.PROTECT, related_name="+")
    owner = models.ForeignKey("directory.Employee", models.PROTECT, related_name="+")
    department = models.ForeignKey("directory.Department", models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    created_from = models.BinaryField(max_length=32, null=True, editable=False)
    """Fingerprint of the request that created it: tells a repeated create from a reused id."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    company_id: UUID
    owner_id: UUID
    department_id: UUID

    objects: "ClassVar[DocumentManager[Self]]" = DocumentManager()

    class Meta:
        abstract = True

    @classmethod
    def also_visible_to(cls, actor: Actor) -> Q:
        """A further reason to see rows of this type within the company; none by default."""
        return Q(pk__in=[])

    def change(self, **fields: Any) -> None:
        """Save exactly these fields and move the version on. The caller holds the row's lock."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.version += 1
        self.save(update_fields=[*fields, "version", "updated_at"])

    def require_version(self, version: int) -> None:
        """Raises VersionConflict where the caller edits an older state than the present one."""
        if version != self.version:
            raise VersionConflict(current_version=self.version)

    def show_to(self, employee_ids: Iterable[UUID], *, until: datetime | None = None) -> None:
        """Let these colleagues see this document, for good or until then; of two such times the later one counts.
        Twice is once."""
        shown = [(self.pk, employee_id, until) for employee_id in employee_ids]
        sharing.show(company_id=self.company_id, kind=self._meta.label_lower, shown=shown)
