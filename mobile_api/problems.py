"""Every failure leaves the API in one shape: RFC 9457 problem details, in the reader's language."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from backend.core.context import origin
from backend.core.text import bilingual

CONTENT_TYPE = "application/problem+json"
TITLES: dict[int, str] = {
    400: bilingual("请求格式有误", "Bad request"),
    401: bilingual("未登录", "Not signed in"),
    403: bilingual("没有权限", "Forbidden"),
    404: bilingual("没有找到", "Not found"),
    405: bilingual("不支持的方法", "Method not allowed"),
    409: bilingual("状态冲突", "Conflict"),
    413: bilingual("内容过大", "Content too large"),
    415: bilingual("不支持的格式", "Unsupported media type"),
    416: bilingual("超出文件范围", "Range not satisfiable"),
    422: bilingual("数据有误", "Invalid data"),
    429: bilingual("过于频繁", "Too many requests"),
    500: bilingual("服务器内部错误", "Internal error"),
    503: bilingual("服务暂不可用", "Service unavailable"),
}


def language_of(request: HttpRequest) -> str:
    """zh-hans unless the caller asks for English first; two languages need no negotiation beyond that."""
    return "en" if request.META.get("HTTP_ACCEPT_LANGUAGE", "").lower().lstrip().startswith("en") else "zh-hans"


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str = "",
    *,
    headers: dict[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """`extra` members stand beside those of the RFC and never replace one."""
    with translation.override(language_of(request)):
        title = str(TITLES[status])
        body = {
            **(extra or {}),
            "type": f"/api/docs#error-{code}",
            "title": title,
            "status": status,
            "code": code,
            "detail": str(detail) or title,
            "instance": request.path,
            "request_id": origin().request_id,
        }
        content = orjson.dumps(body, default=str)
    response = HttpResponse(content, status=status, content_type=CONTENT_TYPE)
    response.headers["Content-Language"] = language_of(request)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
