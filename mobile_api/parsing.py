from typing import Any

from django.http import HttpRequest
from ninja.parser import Parser

from backend.core import strict_json


class StrictParser(Parser):
    """Raises ValueError, answered with 400."""

    def parse_body(self, request: HttpRequest) -> Any:
        return strict_json.read(request.body.decode("utf-8"))
