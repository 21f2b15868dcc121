"""What a rep does on his phone in more than one request."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from backend.core.geo import CRS
from infra.demo.cast import LI
from infra.main_job import photo
from infra.main_job.caller import Phone, Reply
from infra.main_job.track import Fix, samples
from infra.main_job.transcript import Transcript, until


class Rep(Phone):
    """Li Lei, standing where the track begins."""

    def __init__(self, url: str, transcript: Transcript, fixes: Sequence[Fix]) -> None:
        super().__init__(url, LI, transcript)
        self.fixes = fixes

    def new_visit(self, *, plan: dict[str, Any] | None = None, customer_id: str = "") -> str:
        """Of the plan while it is unused, else unplanned to its customer: a second run on one day has no plans left."""
        visit = str(uuid4())
        if plan is not None:
            if self.post("/visits", {"id": visit, "plan_id": plan["id"]}).status == 201:
                return visit
            customer_id = plan["customer"]["id"]
        self.post("/visits", {"id": visit, "customer_id": customer_id})
        return visit

    def check_in(self, visit: str, *, crs: CRS = "wgs84") -> Reply:
        now = datetime.now(UTC)
        positions = samples(self.fixes, now=now, crs=crs)
        evidence = {"samples": positions, "captured_at": now.isoformat(), "device_id": self.device}
        first = self.post(f"/visits/{visit}/check-in", evidence)
        again = self.post(f"/visits/{visit}/check-in", evidence)
        self.transcript.check(again.body == first.body, "签到，重发无影响 · checked in; sent again, nothing changes")
        return first

    def answer(self, visit: str) -> None:
        """What the template of level A wants before check-out."""
        early = self.post(f"/visits/{visit}/check-out", {})
        wanted = (early.status, early["code"], early["actions"]) == (409, "actions_missing", ["shelf"])
        self.transcript.check(wanted, "货架未查不能签退 · no check-out without the shelf")
        path, seen = f"/visits/{visit}/actions/shelf", {"facings": 12, "display": "好", "rival": True}
        refused = self.post(path, {"form": seen})
        fields = [error["field"] for error in refused["errors"]]
        self.transcript.check(fields == ["form.brand"], "有竞品须填品牌 · a rival needs its name")
        kept, again = (self.post(path, {"form": {**seen, "brand": "某茶"}}) for _ in range(2))
        states = {step["key"]: step["state"] for step in kept["actions"]}
        self.transcript.check((states["shelf"], states["rival"]) == ("done", "open"), "已填，竞品可记 · done, asks on")
        self.transcript.check(again.body == kept.body, "重发无影响 · sent again, nothing changes")

    def check_out(self, visit: str) -> None:
        positions = samples(self.fixes[-1:], now=datetime.now(UTC))
        done = self.post(f"/visits/{visit}/check-out", {"samples": positions})
        self.transcript.check(done["status"] == "completed", "签退 · checked out")

    def finish(self, visit: str) -> None:
        """Of an earlier run: whatever its template wants, and check out."""
        self.post(f"/visits/{visit}/actions/shelf", {"form": {"facings": 12, "rival": False}})
        self.check_out(visit)

    def add_photo(self, visit: str) -> str:
        """Declare, put, complete, attach, and wait for what the worker makes of it; the file's path."""
        content = photo.take(datetime.now(UTC))
        declaration = {
            "name": "货架.jpg",
            "size": len(content),
            "type": "image/jpeg",
            "sha256": hashlib.sha256(content).hexdigest(),
            "purpose": "visit_photo",
        }
        declared = self.post("/files", declaration)
        target, path = declared["upload"], f"/files/{declared['id']}"
        put = self.send(target["method"], target["url"], content, headers=target["headers"])
        self.transcript.check(put.status in (200, 204), "照片已上传 · the bytes were taken")
        self.post(f"{path}/complete")
        self.post(f"/visits/{visit}/photos", {"file_id": declared["id"], "tag": "shelf"})
        shown = until(lambda: self._display(path), lambda jpeg: bool(jpeg) and photo.has_watermark(jpeg))
        file = self.get(path)
        self.transcript.check(file["status"] == "ready", "照片已校验 · the photo is verified")
        self.transcript.check(bool(shown) and photo.has_watermark(shown), "有水印 · and carries a watermark")
        thumbnail = self.get(file["links"]["thumbnail"])
        self.transcript.check(photo.longer_side(thumbnail.body) <= 320, "有缩略图 · and has a thumbnail")
        return path

    def _display(self, path: str) -> bytes:
        """The picture as it is shown now; empty while there is none."""
        links = self.peek(path)["links"] or {}
        shown: bytes = self.peek(links["display"]).body if links.get("display") else b""
        return shown
