"""The ERP's side: it signs what it posts (Standard Webhooks) and writes the same into a file."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from standardwebhooks.webhooks import Webhook

from infra.demo.notes import Notes
from infra.demo.paths import ROOT
from infra.main_job.caller import Caller, Reply
from infra.main_job.transcript import Transcript

COLUMNS = {
    "order_number": "订单号",
    "kind": "事件",
    "occurred_at": "发生时间",
    "as_of": "数据截至",
    "id": "事件编号",
    "shipment": "发货单号",
    "carrier": "承运商",
    "tracking_number": "运单号",
    "invoice_number": "发票号",
    "amount": "金额",
    "reference": "参考号",
}


class Erp(Caller):
    """北风 ERP of the demo company."""

    def __init__(self, url: str, notes: Notes, transcript: Transcript, *, run_dir: Path) -> None:
        super().__init__(url, "ERP", transcript)
        self.notes, self.run_dir = notes, run_dir

    def tell(self, message: dict[str, Any], *, message_id: str | None = None, secret: str | None = None) -> Reply:
        """Sign and post one message; without an id, under a new one."""
        body, now, name = json.dumps(message, ensure_ascii=False), datetime.now(UTC), message_id or f"msg_{uuid4().hex}"
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret or self.notes.secret).sign(name, now, body),
        }
        return self.send("POST", self.notes.webhook, body.encode(), headers=headers)

    def hand_over(self, events: Iterable[dict[str, Any]], file: Path) -> str:
        """Write the events as a table and have it taken in, as an operator does on the server; the command's words."""
        with file.open("w", encoding="utf-8-sig", newline="") as out:
            table = csv.writer(out)
            table.writerow(COLUMNS.values())
            for event in events:
                cells = {**event, **event["data"]}
                table.writerow(cells.get(name, "") for name in COLUMNS)
        target = ["--company", "demo", "--system", "erp", "--file", str(file)]
        done = subprocess.run(
            [sys.executable, "manage.py", "erp_import_orders", *target],
            cwd=ROOT,
            env={**os.environ, "RUN_DIR": str(self.run_dir), "DJANGO_SETTINGS_MODULE": "backend.settings"},
            capture_output=True,
            text=True,
            check=False,
        )
        self.transcript.say(f"ERP → manage.py erp_import_orders --file {file.name}")
        self.transcript.say(f"   {done.stdout.strip() or done.stderr.strip()}")
        return done.stdout


def life_of(number: str, total: str, *, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Confirmation, shipment, invoice and payment of an order, in the order in which they happened."""
    step = (now - since) / 4

    def event(position: int, kind: str, **data: str) -> dict[str, Any]:
        occurred_at = (since + position * step).isoformat()
        return {
            "id": f"{number}-{kind}",
            "order_number": number,
            "kind": kind,
            "occurred_at": occurred_at,
            "as_of": occurred_at,
            "data": data,
        }

    return [
        event(1, "confirmed"),
        event(2, "shipped", shipment=f"FH-{number}", carrier="顺丰速运", tracking_number="SF1029384756"),
        event(3, "invoiced", invoice_number="26112000000087654321", amount=total),
        event(4, "paid", reference=f"SK-{number}", amount=total),
    ]
