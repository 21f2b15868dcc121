"""From what the business rules raise to what the phone reads; the one table of error families and statuses."""

import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from backend.core import errors
from backend.core.text import bilingual
from mobile_api.field_errors import said
from mobile_api.problems import language_of, problem

logger = logging.getLogger("waiqin.api")
STATUS: dict[type[errors.DomainError], int] = {
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.TooMany: 429,
    errors.Unavailable: 503,
}
MAX_FIELD_ERRORS = 50


def status_of(exc: errors.DomainError) -> int:
    return next((status for family, status in STATUS.items() if isinstance(exc, family)), 422)


def domain_problem(request: HttpRequest, exc: errors.DomainError) -> HttpResponse:
    status, headers, extra = status_of(exc), {}, dict(exc.data)
    if isinstance(exc, errors.Unauthenticated):
        headers["WWW-Authenticate"] = f'Bearer error="{exc.code}"'
    if isinstance(exc, errors.TooMany | errors.Unavailable):
        headers["Retry-After"] = str(exc.retry_after_s)
    if isinstance(exc, errors.Invalid) and exc.fields:
        extra["errors"] = [{"field": name, "code": exc.code, "detail": text} for name, text in exc.fields.items()]
    return problem(request, status, exc.code, exc.text, headers=headers, extra=extra)


def register(api: NinjaAPI) -> None:
    @api.exception_handler(errors.DomainError)
    def domain_error(request: HttpRequest, exc: errors.DomainError) -> HttpResponse:
        return domain_problem(request, exc)

    @api.exception_handler(ValidationError)
    def bad_input(request: HttpRequest, exc: ValidationError) -> HttpResponse:
        with translation.override(language_of(request)):
            found = [_field_error(error) for error in exc.errors[:MAX_FIELD_ERRORS]]
        return problem(request, 422, "invalid", errors.Invalid.message, extra={"errors": found})

    @api.exception_handler(AuthenticationError)
    def unauthenticated(request: HttpRequest, exc: AuthenticationError) -> HttpResponse:
        return domain_problem(request, errors.Unauthenticated())

    @api.exception_handler(HttpError)
    def malformed(request: HttpRequest, exc: HttpError) -> HttpResponse:
        return problem(request, 400, "bad_request", bilingual("JSON 无法解析。", "The JSON cannot be read."))

    @api.exception_handler(RequestDataTooBig)
    def too_big(request: HttpRequest, exc: RequestDataTooBig) -> HttpResponse:
        return problem(request, 413, "too_large")

    @api.exception_handler(Http404)
    def missing(request: HttpRequest, exc: Http404) -> HttpResponse:
        return domain_problem(request, errors.NotFound())

    @api.exception_handler(IntegrityError)
    def lost_race(request: HttpRequest, exc: IntegrityError) -> HttpResponse:
        logger.exception("a constraint caught what a service let through")
        return domain_problem(request, errors.Conflict())

    @api.exception_handler(ProtectedError)
    def still_used(request: HttpRequest, exc: ProtectedError) -> HttpResponse:
        return domain_problem(request, errors.Conflict())

    @api.exception_handler(DataError)
    def out_of_range(request: HttpRequest, exc: DataError) -> HttpResponse:
        logger.exception("a value passed the schema and not the column")
        return domain_problem(request, errors.Invalid())

    @api.exception_handler(OperationalError)
    def database_away(request: HttpRequest, exc: OperationalError) -> HttpResponse:
        """Restarting, overloaded or timed out: a write may be repeated safely, so the phone is told to try again."""
        logger.exception("the database did not answer")
        return problem(request, 503, "unavailable", headers={"Retry-After": "2"})

    @api.exception_handler(Exception)
    def unexpected(request: HttpRequest, exc: Exception) -> HttpResponse:
        logger.exception("unexpected error")
        return problem(request, 500, "internal_error")


def _field_error(error: Any) -> dict[str, str]:
    """ninja's location is `("body", "body", "lines", 0, "quantity")`: source and parameter say nothing to a phone."""
    source, *path = error["loc"]
    if source == "body" and path:
        path = path[1:]
    return {"field": ".".join(map(str, path)) or str(source), "code": error["type"], "detail": said(error)}
