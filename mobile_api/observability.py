"""One middleware: request id in, JSON log line and metrics out. Django's own stack for this costs ten times more."""

import logging
import re
import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import Counter, Histogram

from backend.core import logs
from backend.core.context import Origin, came_from
from backend.core.ids import new_id

logger = logging.getLogger("waiqin.request")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
"""Of which metrics tell; HTTP lets a client invent others without end."""

REQUESTS = Counter("waiqin_requests_total", "Requests", ["method", "route", "status"])
SECONDS = Histogram(
    "waiqin_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


def client_address(request: HttpRequest) -> str:
    """The peer, or what the outermost of our own `TRUSTED_PROXIES` proxies saw; never what the client claims."""
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= settings.TRUSTED_PROXIES:
            return str(hops[-settings.TRUSTED_PROXIES])[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]


def observe(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        # From META, as everywhere on the way of every request: `request.headers` reads all of them to give one.
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _GIVEN_ID.fullmatch(given) else str(new_id())
        source = Origin(request_id, client_address(request), request.META.get("HTTP_USER_AGENT", "")[:128])
        with came_from(source):
            response = get_response(request)
            response.headers["X-Request-Id"] = request_id
            _tell(request, response, time.perf_counter() - began)
        return response

    return middleware


@cache
def _requests(method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(method, route, status)


@cache
def _seconds(route: str) -> Histogram:
    return SECONDS.labels(route)


def _tell(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    match = request.resolver_match
    route = match.route if match else "unknown"
    method = request.method if request.method in _METHODS else "other"
    _requests(method, route, response.status_code).inc()
    _seconds(route).observe(seconds)
    actor = getattr(request, "auth", None)
    fields = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
        "employee": getattr(actor, "employee_id", None),
    }
    logs.write(logger, "request", fields)
