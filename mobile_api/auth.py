from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.core.text import bilingual
from backend.directory.authentication import authenticator
from mobile_api import limits


class Request(HttpRequest):
    """A request that passed authentication."""

    auth: Actor


class PasswordChangeRequired(Forbidden):
    code = "password_change_required"
    message = bilingual("请先修改密码。", "Change your password first.")


BEFORE_PASSWORD_CHANGE = frozenset(
    {("POST", "/api/v1/auth/password/change"), ("POST", "/api/v1/auth/logout"), ("GET", "/api/v1/me")}
)
"""All that a person may do whose password was set by somebody else."""


class BearerToken(HttpBearer):
    def __call__(self, request: HttpRequest) -> Any:
        """As its base does, without reading all other headers."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        return self.authenticate(request, token) if scheme.lower() == self.openapi_scheme else None

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        actor = authenticator.actor_for_token(token)
        limits.spend_for_person(actor.employee_id)
        if actor.must_change_password and (request.method, request.path_info) not in BEFORE_PASSWORD_CHANGE:
            raise PasswordChangeRequired()
        return actor
