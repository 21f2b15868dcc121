"""What an answer forbids a browser to do, and whose pages may read it: no other site's, unless settings name it.

CORS opens nothing that a token does not open already; it only tells a browser that a page of ours on another host may
look at the answer. Cookies are never asked for, so the admin site stays out of reach.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

API = "/api/v1/"
NOTHING = "default-src 'none'; frame-ancestors 'none'"
OWN_PAGES = (
    "default-src 'self'; script-src 'self'{script}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:;"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
DOCUMENTATION = OWN_PAGES.format(script="")
ADMIN = OWN_PAGES.format(script=" 'unsafe-inline' 'unsafe-eval'")
"""unfold writes scripts into its pages, and Alpine, which it is made of, compiles what stands in attributes."""

METHODS = "GET, POST, PUT, PATCH, DELETE"
SENT = "Authorization, Content-Type, If-None-Match, Accept-Language, X-Request-Id"
SHOWN = "ETag, Retry-After, X-Request-Id"
PREFLIGHT_LASTS_S = "600"


def protect(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        origins = settings.CORS_ORIGINS if path.startswith(API) else ()
        response = _preflight(request) if origins and _asks_first(request) else get_response(request)
        headers = response.headers
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Content-Security-Policy", _policy(path))
        if "ETag" not in headers:
            headers.setdefault("Cache-Control", "no-store")
        if origins:
            patch_vary_headers(response, ["Origin"])  # type: ignore[arg-type]  # only its headers are touched
            if (origin := request.META.get("HTTP_ORIGIN")) in origins:
                headers["Access-Control-Allow-Origin"] = str(origin)
                headers["Access-Control-Expose-Headers"] = SHOWN
        return response

    return middleware


def _policy(path: str) -> str:
    if path.startswith("/admin/"):
        return ADMIN
    return DOCUMENTATION if path == "/api/docs" else NOTHING


def _asks_first(request: HttpRequest) -> bool:
    asked = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
    return asked and request.META.get("HTTP_ORIGIN") in settings.CORS_ORIGINS


def _preflight(request: HttpRequest) -> HttpResponse:
    return HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": SENT,
            "Access-Control-Max-Age": PREFLIGHT_LASTS_S,
        },
    )
