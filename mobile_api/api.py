"""The API object: routers by resource, one way to authenticate, one way to fail."""

from typing import Any

import orjson
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer

from mobile_api import errors
from mobile_api.auth import BearerToken
from mobile_api.parsing import StrictParser
from mobile_api.routers import (
    approvals,
    audit,
    auth,
    bindings,
    callbacks,
    company,
    customer_imports,
    customer_many,
    customer_parts,
    customers,
    delegations,
    directory,
    doors,
    expenses,
    exports,
    files,
    handovers,
    imports,
    me,
    notifications,
    orders,
    place_proposals,
    roles,
    sessions,
    stock,
    visit_command,
    visit_plans,
    visit_reading,
    visit_statistics,
    visit_templates,
    visit_terms,
    visits,
    webhooks,
    wecom,
)
from mobile_api.schemas.base import Problem

PROBLEMS = {
    400: "Malformed request",
    401: "Not signed in, or the token has expired or was revoked",
    403: "Lacking a capability",
    404: "Absent or hidden",
    405: "Method not allowed",
    409: "The state does not allow this",
    413: "Too large",
    415: "Not JSON",
    422: "Invalid data",
    429: "Too many requests",
    503: "Temporarily unavailable",
}


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=str)


class WaiqinAPI(NinjaAPI):
    def get_openapi_schema(self, *args: Any, **kwargs: Any) -> Any:
        """ninja's schema, with the problem document declared for every operation in one place."""
        schema = super().get_openapi_schema(*args, **kwargs)
        schema["components"]["schemas"]["Problem"] = Problem.model_json_schema(
            ref_template="#/components/schemas/{model}"
        )
        schema["components"]["schemas"].update(schema["components"]["schemas"]["Problem"].pop("$defs", {}))
        for methods in schema["paths"].values():
            for operation in methods.values():
                for status, description in PROBLEMS.items():
                    operation["responses"].setdefault(
                        status,
                        {
                            "description": description,
                            "content": {
                                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                            },
                        },
                    )
        return schema


api = WaiqinAPI(
    title="外勤 Waiqin",
    version="1.0",
    description="销售外勤移动后端 · The mobile back end of a sales organisation",
    auth=BearerToken(),
    parser=StrictParser(),
    renderer=OrjsonRenderer(),
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="v1",
)
errors.register(api)
api.add_router("/auth", auth.router)
api.add_router("/auth", sessions.router)
api.add_router("/auth", doors.router)
api.add_router("/auth", bindings.router)
api.add_router("", me.router)
api.add_router("", directory.router)
api.add_router("/directory", imports.router)
api.add_router("", roles.router)
api.add_router("", company.router)
api.add_router("", audit.router)
api.add_router("/delegations", delegations.router)
api.add_router("/handovers", handovers.router)
api.add_router("", exports.router)
api.add_router("/customers", customer_imports.router)
api.add_router("", customer_many.router)
api.add_router("/customers", customers.router)
api.add_router("", visit_plans.router)
api.add_router("/customers", customer_parts.router)
api.add_router("", visit_reading.router)
api.add_router("", visit_statistics.router)
api.add_router("", visits.router)
api.add_router("", visit_command.router)
api.add_router("", place_proposals.router)
api.add_router("", visit_terms.router)
api.add_router("", visit_templates.router)
api.add_router("/files", files.router)
api.add_router("", expenses.router)
api.add_router("/approvals", approvals.router)
api.add_router("", orders.router)
api.add_router("", stock.router)
api.add_router("", notifications.router)
api.add_router("/webhooks", webhooks.router)
api.add_router("/callbacks", callbacks.router)
api.add_router("/wecom", wecom.router)
