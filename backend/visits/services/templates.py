"""What is asked on visits, published version by version."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused, VersionConflict
from backend.core.ids import new_id
from backend.directory.guards import hold_company
from backend.documents.once import fingerprint
from backend.events import services as events
from backend.visits.errors import InForceTooEarly, TemplateOverlaps, TemplateRetired
from backend.visits.models import TemplateVersion, VisitTemplate
from backend.visits.selectors import templates


@transaction.atomic
def create_template(
    *,
    actor: Actor,
    id: UUID | None = None,
    name: str,
    customer_type: str = "",
    customer_level: str = "",
    actions: Sequence[Any],
    in_force_from: datetime | None = None,
    at: datetime,
) -> tuple[VisitTemplate, bool]:
    """The new template with its first version and True; sent again, the stored one and False.

    Without `in_force_from` it is followed at once. Raises IdReused, InForceTooEarly, TemplateInvalid with what is wrong
    by path, TemplateOverlaps with the active template for the same customers.
    """
    actor.require("visit.manage")
    hold_company(actor)
    scope = {"customer_type": customer_type, "customer_level": customer_level}
    stamp = fingerprint({"name": name, **scope, "actions": list(actions), "in_force_from": in_force_from})
    if id is not None and (stored := VisitTemplate.objects.filter(pk=id).first()):
        if stored.company_id != actor.company_id or bytes(stored.created_from) != stamp:
            raise IdReused()
        return stored, False
    overlapping = VisitTemplate.objects.filter(
        company_id=actor.company_id, state=VisitTemplate.State.ACTIVE, **scope
    ).first()
    if overlapping:
        raise TemplateOverlaps(template_id=overlapping.pk)
    template = VisitTemplate.objects.create(
        id=id or new_id(), company_id=actor.company_id, name=name, created_from=stamp, created_at=at, **scope
    )
    events.record("visit_template.created", template, actor=actor, at=at, name=name, **scope)
    _publish(actor, template, 1, templates.sound(actor, actions), in_force_from, at)
    return template, True


@transaction.atomic
def publish_version(
    *,
    actor: Actor,
    template_id: UUID,
    version: int,
    actions: Sequence[Any],
    in_force_from: datetime | None = None,
    at: datetime,
) -> tuple[TemplateVersion, bool]:
    """The next version and True, for check-ins from its time on; visits that are open keep theirs. What is published
    last already is that version and False.

    `version` is the number of the one it was made from. Raises NotFound, TemplateRetired, VersionConflict,
    InForceTooEarly, TemplateInvalid.
    """
    actor.require("visit.manage")
    hold_company(actor)
    template = templates.template_of(actor, template_id)
    last = TemplateVersion.objects.filter(template=template).order_by("-number")[0]
    wanted = templates.sound(actor, actions, template=template)
    if templates.is_published(last, wanted) and in_force_from in (None, last.in_force_from):
        return last, False
    if template.state == VisitTemplate.State.RETIRED:
        raise TemplateRetired()
    if version != last.number:
        raise VersionConflict(current_version=last.number)
    return _publish(actor, template, last.number + 1, wanted, in_force_from, at), True


@transaction.atomic
def retire_template(*, actor: Actor, template_id: UUID, at: datetime) -> VisitTemplate:
    """No visit begins with it any more; open ones keep it. Twice is once. Raises NotFound."""
    actor.require("visit.manage")
    hold_company(actor)
    template = templates.template_of(actor, template_id)
    if template.state == VisitTemplate.State.ACTIVE:
        template.state = VisitTemplate.State.RETIRED
        template.save(update_fields=["state"])
        events.record("visit_template.retired", template, actor=actor, at=at, name=template.name)
    return template


def _publish(
    actor: Actor,
    template: VisitTemplate,
    number: int,
    actions: list[dict[str, Any]],
    in_force_from: datetime | None,
    at: datetime,
) -> TemplateVersion:
    if in_force_from is not None and in_force_from < at:
        raise InForceTooEarly(fields={"in_force_from": InForceTooEarly.message})
    version = TemplateVersion.objects.create(
        company_id=actor.company_id,
        template=template,
        number=number,
        actions=actions,
        published_at=at,
        in_force_from=in_force_from or at,
    )
    keys = [action["key"] for action in actions]
    events.record("visit_template.published", template, actor=actor, at=at, version=number, actions=keys)
    return version
