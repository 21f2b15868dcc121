"""What must hold before a router is reached, and for what Django answers by itself in HTML."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation

from backend.core.context import origin
from backend.core.errors import TooMany
from backend.core.spreadsheets import MAX_BYTES
from backend.core.text import bilingual
from mobile_api import limits
from mobile_api.errors import domain_problem
from mobile_api.problems import CONTENT_TYPE, language_of, problem

API = "/api/"
JSON_TYPES = {"application/json", "application/problem+json"}
MAX_TARGET = 8192
"""Bytes of path and query."""
RAW_BODY = ("/api/v1/files/", "/api/v1/webhooks/", "/api/v1/callbacks/")
"""Whose bodies are files or signed messages, read as they come by their own code."""
TABLES = {"/api/v1/directory/imports", "/api/v1/customers/imports"}
"""Where the body is a file of up to MAX_BYTES, read as it comes."""
_CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def enforce(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API):
            return get_response(request)
        try:
            limits.spend_for_address(origin().address)
        except TooMany as exc:
            return domain_problem(request, exc)
        with translation.override(language_of(request)):
            return _refused(request) or _as_problem(request, get_response(request))

    return middleware


def _refused(request: HttpRequest) -> HttpResponse | None:
    if len(request.get_full_path()) > MAX_TARGET or "\0" in request.path_info or "%00" in request.META["QUERY_STRING"]:
        return problem(request, 400, "bad_request")
    try:
        unquote_to_bytes(request.META["QUERY_STRING"].encode("latin-1")).decode("utf-8")
        request.path_info.encode("utf-8")
    except UnicodeError:
        return problem(request, 400, "bad_request")
    raw = request.path_info.startswith(RAW_BODY) and request.method in {"PUT", "POST"}
    if request.method in {"POST", "PATCH", "PUT", "DELETE"} and not (raw and request.method == "PUT"):
        if "HTTP_TRANSFER_ENCODING" in request.META:  # WSGI gives no body without a length: it would count as empty
            return problem(request, 400, "bad_request", bilingual("请给出 Content-Length。", "Give a Content-Length."))
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal():
            return problem(request, 400, "bad_request")
        is_table = request.path_info in TABLES
        most = MAX_BYTES if is_table else settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if int(length) > most:
            megabytes = most // 1024 // 1024
            said = bilingual(f"请求体超过 {megabytes} MB。", f"The body exceeds {megabytes} MB.")
            return problem(request, 413, "too_large", said)
        if int(length) and not raw and not is_table and not _is_json(request):
            return problem(
                request, 415, "unsupported_media_type", bilingual("请用 JSON（UTF-8）。", "Send JSON, UTF-8.")
            )
    return None


def _is_json(request: HttpRequest) -> bool:
    charset = request.content_params.get("charset", "utf-8") if request.content_params else "utf-8"
    plain = request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() == "identity"
    return request.content_type in JSON_TYPES and charset.lower().strip('"') in {"utf-8", "utf8"} and plain


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """Django's own HTML for an unknown path, a wrong method or a crash, said the API's way."""
    status = response.status_code
    kind = response.headers.get("Content-Type", "")
    if status < 400 or kind.startswith((CONTENT_TYPE, "application/json")):
        return response
    code = "internal_error" if status >= 500 else _CODES.get(status, "bad_request")
    kept = {name: response.headers[name] for name in ("Allow", "WWW-Authenticate") if name in response.headers}
    return problem(request, 500 if status >= 500 else status, code, headers=kept)
