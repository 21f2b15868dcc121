from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from backend.core.actor import Actor
from backend.directory.authentication import authenticator
from mobile_api import limits


class Request(HttpRequest):
    """A request that passed authentication."""

    auth: Actor


class BearerToken(HttpBearer):
    def __call__(self, request: HttpRequest) -> Any:
        """As its base does, without reading all other headers."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return self.authenticate(request, token) if scheme.lower() == self.openapi_scheme else None

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        actor = authenticator.actor_for_token(token)
        limits.spend_for_person(actor.employee_id)
        return actor
