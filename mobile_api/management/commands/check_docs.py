"""Pages that can be derived from the code are; here they are written, or compared."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

import backend
import mobile_api
import notifications
from backend.core.errors import DomainError
from backend.core.text import in_both
from mobile_api.errors import status_of

DOCS: Path = settings.ROOT / "docs"
HEADING = """# 错误代码 / Error codes

由 `make docs` 从代码生成，请勿手改。Generated from the code by `make docs`; do not edit.

每个错误的形状见 RFC 9457；`code` 稳定不变，`detail` 随 `Accept-Language`。
Every error has the shape of RFC 9457; `code` is stable, `detail` follows `Accept-Language`.

| code | HTTP | 中文 | English |
|---|---|---|---|
"""
PROTOCOL = [
    ("bad_request", 400, "请求格式有误", "Malformed request"),
    ("method_not_allowed", 405, "不支持的方法", "Method not allowed"),
    ("too_large", 413, "内容过大", "Content too large"),
    ("unsupported_media_type", 415, "不支持的格式", "Unsupported media type"),
    ("range_not_satisfiable", 416, "超出文件范围", "Range not satisfiable"),
    ("internal_error", 500, "服务器内部错误", "Internal error"),
    ("unavailable", 503, "服务暂不可用，请稍后重试", "Temporarily unavailable, try again"),
]


def error_classes() -> list[type[DomainError]]:
    """Every error a rule may raise, wherever it is defined."""
    for package in (backend, mobile_api, notifications):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not {"migrations", "commands", "wsgi"} & set(module.name.split(".")):
                importlib.import_module(module.name)
    return sorted(_below(DomainError), key=lambda error: error.code)


def _below(family: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in family.__subclasses__():
        yield child
        yield from _below(child)


def error_codes_page() -> str:
    rows: dict[str, tuple[int, str, str]] = {code: (status, zh, en) for code, status, zh, en in PROTOCOL}
    for error in error_classes():
        with translation.override("zh-hans"):
            zh = str(error.message)
        with translation.override("en"):
            en = str(error.message)
        rows[error.code] = (_status(error), zh, en)
    return HEADING + "".join(f"| `{code}` | {row[0]} | {row[1]} | {row[2]} |\n" for code, row in sorted(rows.items()))


def _status(error: type[DomainError]) -> int:
    return status_of(error.__new__(error))


class Command(BaseCommand):
    help = in_both("检查由代码生成的文档", "Check the pages that are generated from the code")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help=in_both("写入", "write them"))

    def handle(self, *args: Any, write: bool, **options: Any) -> None:
        path, page = DOCS / "error-codes.md", error_codes_page()
        if write:
            DOCS.mkdir(exist_ok=True)
            path.write_text(page)
        elif not path.exists() or path.read_text() != page:
            self.stderr.write(in_both("文档已过期：make docs", f"{path.name} is stale: run make docs"))
            sys.exit(1)
