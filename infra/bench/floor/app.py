from collections.abc import Callable, Iterable
from typing import Any

from infra.bench.floor.plumbing import Reply
from infra.bench.floor.reads import stock_lookup, visit_detail, visit_list
from infra.bench.floor.writes import approve, check_in, refresh


def reply_to(environ: dict[str, Any]) -> Reply:
    match environ["PATH_INFO"].removeprefix("/api/v1/").split("/"):
        case ["visits"]:
            return visit_list(environ)
        case ["visits", pk]:
            return visit_detail(environ, pk)
        case ["products", "lookup"]:
            return stock_lookup(environ)
        case ["visits", pk, "check-in"]:
            return check_in(environ, pk)
        case ["approvals", pk, "approve"]:
            return approve(environ, pk)
        case ["auth", "refresh"]:
            return refresh(environ)
    return "200 OK", {}, b""


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    status, headers, content = reply_to(environ)
    start_response(status, [*headers.items(), ("Content-Length", str(len(content)))])
    return [content]
