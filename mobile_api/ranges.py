"""Parts of a file on request (RFC 9110, section 14), without which no phone plays a film or a voice note."""

import re
from typing import BinaryIO

from django.http import FileResponse, HttpRequest
from django.http.response import HttpResponseBase

from mobile_api.problems import problem

_ONE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class _Stretch:
    """The next `left` bytes of a file, for a response that only reads and closes."""

    def __init__(self, file: BinaryIO, left: int) -> None:
        self.file = file
        self.left = left
        self.close = file.close

    def read(self, size: int) -> bytes:
        chunk = self.file.read(min(size, self.left))
        self.left -= len(chunk)
        return chunk


def file_reply(request: HttpRequest, file: BinaryIO, *, size: int, etag: str, block: int) -> HttpResponseBase:
    """The whole file, or the one stretch that is asked for; several at once are answered by the whole, as they may be.

    A stretch of what has changed meanwhile (`If-Range`) is the whole as well.
    """
    asked = _ONE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked.group(0) == "bytes=-" or request.headers.get("If-Range", etag) != etag:
        start, end = 0, size
        response = FileResponse(file)
    else:
        start, end = _bounds(asked.group(1), asked.group(2), size)
        if start >= end:
            file.close()
            return problem(request, 416, "range_not_satisfiable", headers={"Content-Range": f"bytes */{size}"})
        file.seek(start)
        response = FileResponse(_Stretch(file, end - start), status=206)
        response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    response.block_size = block
    response.headers["Content-Length"] = str(end - start)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    return response


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    """From and up to, without the latter; `-500` asks for the last five hundred."""
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size
