"""Session, language, CSRF and messages for the admin site only: the API needs none, and they would cost it time."""

from typing import Any

from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware

from backend.core.errors import Forbidden, TooMany

PREFIX = "/admin/"
WITHOUT_OWN_PASSWORD = {f"{PREFIX}{page}/" for page in ("login", "logout", "password_change", "jsi18n")}


class _AdminOnly:
    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(PREFIX):
            return super().__call__(request)  # type: ignore[misc]
        return self.get_response(request)


class AdminSession(_AdminOnly, SessionMiddleware): ...


class AdminLocale(_AdminOnly, LocaleMiddleware): ...


class AdminAuthentication(_AdminOnly, AuthenticationMiddleware):
    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        """Whoever was given a password sets his own before he sees anything."""
        if not request.path_info.startswith(PREFIX) or request.path_info in WITHOUT_OWN_PASSWORD:
            return None
        if getattr(request.user, "must_change_password", False):
            return HttpResponseRedirect(f"{PREFIX}password_change/")
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not request.path_info.startswith(PREFIX) or not isinstance(exception, TooMany | Forbidden):
            return None
        headers = {"Retry-After": str(exception.retry_after_s)} if isinstance(exception, TooMany) else {}
        status = 429 if isinstance(exception, TooMany) else 403
        return HttpResponse(exception.text, status=status, headers=headers, content_type="text/plain; charset=utf-8")


class AdminMessages(_AdminOnly, MessageMiddleware): ...


class AdminCsrf(_AdminOnly, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *view: Any) -> Any:
        return super().process_view(request, *view) if request.path_info.startswith(PREFIX) else None
