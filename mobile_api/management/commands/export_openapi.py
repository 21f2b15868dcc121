import sys
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser

from backend.core.text import in_both
from mobile_api.api import api

OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
SNAPSHOT = Path(__file__).parents[2] / "openapi.json"


def rendered() -> bytes:
    """The contract as committed: sorted, so that a diff shows changes and nothing else."""
    return orjson.dumps(api.get_openapi_schema(), option=OPTIONS, default=str) + b"\n"


class Command(BaseCommand):
    help = in_both("导出接口契约 openapi.json", "Write the API contract openapi.json")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help=in_both("只比较，不写入", "compare only"))

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            SNAPSHOT.write_bytes(rendered())
        elif not SNAPSHOT.exists() or SNAPSHOT.read_bytes() != rendered():
            self.stderr.write(in_both("openapi.json 已过期：make openapi", "openapi.json is stale: run make openapi"))
            sys.exit(1)
