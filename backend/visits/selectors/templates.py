"""Templates, and which of them a visit would follow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from backend.catalog.models import Product
from backend.core.actor import Actor
from backend.core.errors import NotFound
from backend.core.text import bilingual
from backend.customers.selectors import get_customer
from backend.visits.errors import TemplateInvalid
from backend.visits.models import TemplateVersion, VisitTemplate
from backend.visits.rules.action_shape import shape_faults, whole
from backend.visits.rules.actions import Given, Kind, State, definition_faults, states
from backend.visits.rules.forms import Faults, answer_faults, canonical


class Tried(NamedTuple):
    """What would come of an example answer."""

    key: str
    state: State
    faults: Faults


def list_templates(*, actor: Actor, state: str, at: datetime) -> QuerySet[VisitTemplate]:
    """Newest first, each with `number`: of the version in force, None while none is."""
    actor.require("visit.read")
    in_force = TemplateVersion.objects.filter(template=OuterRef("pk"), in_force_from__lte=at).order_by("-number")
    rows = VisitTemplate.objects.filter(company_id=actor.company_id, state=state)
    return rows.annotate(number=Subquery(in_force.values("number")[:1])).order_by("-created_at", "-id")


def get_template(*, actor: Actor, template_id: UUID) -> tuple[VisitTemplate, TemplateVersion]:
    """With the version published last. Raises NotFound."""
    actor.require("visit.read")
    template = template_of(actor, template_id)
    return template, template.versions.order_by("-number")[0]


def get_version(*, actor: Actor, template_id: UUID, number: int) -> TemplateVersion:
    """Raises NotFound."""
    actor.require("visit.read")
    rows = TemplateVersion.objects.select_related("template").filter(company_id=actor.company_id)
    version = rows.filter(template_id=template_id, number=number).first()
    if version is None:
        raise NotFound()
    return version


def version_for(*, actor: Actor, customer_id: UUID, at: datetime) -> TemplateVersion | None:
    """What a visit to the customer would follow if it began now, as a check-in finds it; None where nothing is asked.

    Raises NotFound, also for a hidden customer.
    """
    actor.require("visit.read")
    customer = get_customer(actor=actor, customer_id=customer_id)
    rows = TemplateVersion.objects.select_related("template").filter(
        Q(template__customer_type__in=["", customer.type]),
        Q(template__customer_level__in=["", customer.level]),
        company_id=actor.company_id,
        template__state=VisitTemplate.State.ACTIVE,
        in_force_from__lte=at,
    )
    return rows.order_by(F("template__customer_type").desc(), F("template__customer_level").desc(), "-number").first()


def try_out(*, actor: Actor, actions: Sequence[Any], answers: Mapping[str, Any]) -> list[Tried]:
    """How example answers to a draft would be taken; nothing is kept. Raises TemplateInvalid as publishing would.

    Forms are validated; to any other action the example counts as an answer.
    """
    actor.require("visit.manage")
    actions = sound(actor, actions)
    tags = {
        action["photo"]["tag"]: action["photo"]["minimum"]
        for action in actions
        if action["key"] in answers and action["photo"]
    }
    forms = {action["key"]: action["form_schema"] for action in actions if action["kind"] == Kind.FORM}
    faults = {key: answer_faults(forms[key], answer) for key, answer in answers.items() if key in forms}
    given = {key: answer for key, answer in answers.items() if not faults.get(key)}
    found = states(actions, Given(given, tags))
    return [Tried(key, state, faults.get(key, {})) for key, state in found.items()]


def template_of(actor: Actor, template_id: UUID) -> VisitTemplate:
    """Raises NotFound."""
    template = VisitTemplate.objects.filter(company_id=actor.company_id, pk=template_id).first()
    if template is None:
        raise NotFound()
    return template


def sound(actor: Actor, sent: Any, *, template: VisitTemplate | None = None) -> list[dict[str, Any]]:
    """The actions with all that was left out. Raises TemplateInvalid with what is wrong, by path."""
    _refuse(shape_faults(sent))
    actions = [whole(action) for action in sent]
    versions = TemplateVersion.objects.filter(template=template).values_list("actions", flat=True) if template else ()
    kinds = {action["key"]: action["kind"] for published in versions for action in published}
    found = definition_faults(actions, kinds=kinds)
    listed = {product_id for action in actions for product_id in action["must_list"]}
    there = Product.objects.filter(company_id=actor.company_id, pk__in=listed).values_list("pk", flat=True)
    known = set(map(str, there)) if listed else set()
    for place, action in enumerate(actions):
        for position, product_id in enumerate(action["must_list"]):
            if product_id not in known:
                found[f"{place}.must_list.{position}"] = bilingual("没有这个商品", "there is no such product")
    _refuse(found)
    return actions


def is_published(version: TemplateVersion, actions: Any) -> bool:
    """Whether that version asks for these very actions, whatever else may be wrong with them."""
    if shape_faults(actions):
        return False
    return canonical(list(map(whole, actions))) == canonical(version.actions)


def _refuse(found: Faults) -> None:
    if found:
        raise TemplateInvalid(fields={f"actions.{path}".rstrip("."): text for path, text in found.items()})
