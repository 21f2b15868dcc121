"""Session, language, CSRF and messages for the admin site only: the API needs none, and they would cost it time."""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware

PREFIX = "/admin/"


class _AdminOnly:
    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(PREFIX):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class AdminSession(_AdminOnly, SessionMiddleware): ...


class AdminLocale(_AdminOnly, LocaleMiddleware): ...


class AdminAuthentication(_AdminOnly, AuthenticationMiddleware): ...


class AdminMessages(_AdminOnly, MessageMiddleware): ...


class AdminCsrf(_AdminOnly, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *view: Any) -> Any:
        return super().process_view(request, *view) if request.path_info.startswith(PREFIX) else None
