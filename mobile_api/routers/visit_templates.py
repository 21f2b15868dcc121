"""What is asked on visits, and what is answered."""

from typing import Annotated, Any
from uuid import UUID

from django.http.response import HttpResponseBase
from ninja import Path, Query, Router, Status

from backend.core import clock
from backend.visits import services
from backend.visits.models import TemplateVersion, VisitTemplate
from backend.visits.selectors import template_statistics, templates
from backend.visits.selectors.template_statistics import ActionFigures
from backend.visits.selectors.templates import Tried
from backend.visits.services import templates as publishing
from mobile_api import paging
from mobile_api.auth import Request
from mobile_api.caching import json_reply
from mobile_api.schemas.visit_actions import AnswerIn
from mobile_api.schemas.visit_templates import (
    CustomerTemplateOut,
    TemplateDraftIn,
    TemplateFiguresOut,
    TemplateFilters,
    TemplateIn,
    TemplateOut,
    TemplatesOut,
    TemplateStatisticsFilters,
    TemplateTrialOut,
    TemplateVersionIn,
    TemplateVersionOut,
)
from mobile_api.schemas.visits import VisitActionsOut

router = Router(tags=["visits"])
Number = Annotated[int, Path(ge=1, le=2_147_483_647)]


@router.get("/visit-templates", response=TemplatesOut)
def list_templates(request: Request, query: Query[TemplateFilters]) -> HttpResponseBase:
    rows = templates.list_templates(actor=request.auth, state=query.state, at=clock.now())
    return json_reply(request, paging.page(rows, by="created_at", limit=query.limit, cursor=query.cursor, show=_item))


@router.post("/visit-templates", response={200: TemplateOut, 201: TemplateOut})
def create_template(request: Request, body: TemplateIn) -> Status[dict[str, Any]]:
    """With its first version."""
    template, created = publishing.create_template(
        actor=request.auth,
        at=clock.now(),
        **body.model_dump(exclude={"actions"}),
        actions=body.model_dump(mode="json")["actions"],
    )
    return Status(201 if created else 200, _template(template, template.versions.latest("number")))


@router.post("/visit-templates/preview", response=TemplateTrialOut)
def preview(request: Request, body: TemplateDraftIn) -> dict[str, Any]:
    """How a draft would take example answers; nothing is kept."""
    drafted = body.model_dump(mode="json")["actions"]
    tried = templates.try_out(actor=request.auth, actions=drafted, answers=body.answers)
    return {"actions": [_tried(one) for one in tried]}


@router.get("/visit-templates/{template_id}", response=TemplateOut)
def get_template(request: Request, template_id: UUID) -> HttpResponseBase:
    return json_reply(request, _template(*templates.get_template(actor=request.auth, template_id=template_id)))


@router.get("/visit-templates/{template_id}/versions/{number}", response=TemplateVersionOut)
def get_version(request: Request, template_id: UUID, number: Number) -> HttpResponseBase:
    version = templates.get_version(actor=request.auth, template_id=template_id, number=number)
    return json_reply(request, _version(version))


@router.post("/visit-templates/{template_id}/versions", response={200: TemplateVersionOut, 201: TemplateVersionOut})
def publish_version(request: Request, template_id: UUID, body: TemplateVersionIn) -> Status[dict[str, Any]]:
    """For check-ins from its time on; visits that are open keep theirs."""
    version, created = publishing.publish_version(
        actor=request.auth,
        template_id=template_id,
        version=body.version,
        actions=body.model_dump(mode="json")["actions"],
        in_force_from=body.in_force_from,
        at=clock.now(),
    )
    return Status(201 if created else 200, _version(version))


@router.post("/visit-templates/{template_id}/retire", response=TemplateOut)
def retire_template(request: Request, template_id: UUID) -> dict[str, Any]:
    template = publishing.retire_template(actor=request.auth, template_id=template_id, at=clock.now())
    return _template(template, template.versions.latest("number"))


@router.get("/visit-templates/{template_id}/statistics", response=TemplateFiguresOut)
def get_statistics(request: Request, template_id: UUID, query: Query[TemplateStatisticsFilters]) -> dict[str, Any]:
    """What the answers add up to, over the visits that I see."""
    figures = template_statistics.statistics(
        actor=request.auth,
        template_id=template_id,
        first=query.first,
        last=query.last,
        owner_id=query.owner,
        department_id=query.department,
        level=query.level,
    )
    return {
        "template_id": figures.template.pk,
        "visits": figures.visits,
        "completed": figures.completed,
        "incomplete": figures.incomplete,
        "actions": [_figures(action) for action in figures.actions],
    }


@router.get("/customers/{customer_id}/visit-template", response=CustomerTemplateOut)
def template_for(request: Request, customer_id: UUID) -> HttpResponseBase:
    """What a visit would follow if it were checked in now."""
    version = templates.version_for(actor=request.auth, customer_id=customer_id, at=clock.now())
    shown = {"name": version.template.name, "version": _version(version)} if version else None
    return json_reply(request, shown or {"name": None, "version": None})


@router.post("/visits/{visit_id}/actions/{key}", response=VisitActionsOut, exclude_unset=True)
def answer_action(request: Request, visit_id: UUID, key: str, body: AnswerIn) -> dict[str, Any]:
    """Rewritten as often as it is sent otherwise, until check-out."""
    given = body.model_dump()
    visit, progress = services.answer_action(
        actor=request.auth,
        visit_id=visit_id,
        key=key,
        answer={kind: given[kind] for kind in body.model_fields_set},
        at=clock.now(),
    )
    return {
        "visit_id": visit.pk,
        "version": visit.version,
        "status": visit.status,
        "actions": list(progress.steps(amounts=True)),
        "missing_actions": visit.missing_actions,
    }


def _facts(template: VisitTemplate) -> dict[str, Any]:
    return {
        "id": template.pk,
        "name": template.name,
        "state": template.state,
        "customer_type": template.customer_type,
        "customer_level": template.customer_level,
        "created_at": template.created_at,
    }


def _item(template: Any) -> dict[str, Any]:
    return _facts(template) | {"version": template.number}


def _template(template: VisitTemplate, latest: TemplateVersion) -> dict[str, Any]:
    return _facts(template) | {"latest": _version(latest)}


def _version(version: TemplateVersion) -> dict[str, Any]:
    return {
        "template_id": version.template_id,
        "number": version.number,
        "published_at": version.published_at,
        "in_force_from": version.in_force_from,
        "actions": version.actions,
    }


def _figures(figures: ActionFigures) -> dict[str, Any]:
    promised = [
        {
            "count": row["count"],
            "currency": row["currency"],
            "total": None if row["total"] is None else {"amount": row["total"], "currency": row["currency"]},
        }
        for row in figures.promised
    ]
    return {
        "key": figures.action["key"],
        "kind": figures.action["kind"],
        "title": figures.action["title"],
        "answered": figures.answered,
        "late": figures.late,
        "missing": figures.missing,
        "photos": figures.photos,
        "fields": figures.fields,
        "products": figures.products,
        "brands": figures.brands,
        "promised": promised,
    }


def _tried(tried: Tried) -> dict[str, Any]:
    faults = [{"field": path, "code": "answer_invalid", "detail": str(text)} for path, text in tried.faults.items()]
    return {"key": tried.key, "state": tried.state, "errors": faults}
