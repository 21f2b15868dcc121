"""What Django says by itself when nothing of ours answers: to a program a problem document, to a person a page.

A page holds both languages, no style (`headers.NOTHING` forbids it), and of the request nothing but the id under which
the log has it.
"""

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.html import escape

from backend.core.context import origin
from mobile_api.problems import TITLES, problem

CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 500: "internal_error"}


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _said(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _said(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _said(request, 404)


def crashed(request: HttpRequest) -> HttpResponse:
    return _said(request, 500)


def forged_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of the admin site without its proof of origin; `reason` is for developers."""
    return _said(request, 403)


def _said(request: HttpRequest, status: int) -> HttpResponse:
    if "text/html" not in request.META.get("HTTP_ACCEPT", ""):
        return problem(request, status, CODES[status], headers={"Vary": "Accept"})
    titles = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            titles.append(escape(str(TITLES[status])))
    page = (
        f'<!doctype html><html lang="zh-Hans"><meta charset="utf-8"><title>{status}</title>'
        f'<h1>{titles[0]}</h1><p lang="en">{titles[1]}</p><p>{status} · {escape(origin().request_id)}</p></html>'
    )
    return HttpResponse(page, status=status, headers={"Vary": "Accept"})
