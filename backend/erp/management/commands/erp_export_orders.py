import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core import clock
from backend.core.errors import DomainError
from backend.core.text import in_both
from backend.erp.exporting import workbook
from backend.erp.management.importing import actor_of, add_target
from backend.erp.selectors import get_system, orders_to_export
from backend.erp.services.outgoing import mark_exported


class Command(BaseCommand):
    help = in_both("把待导出的订单写入 XLSX", "Write the orders that wait for it to an XLSX file")

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_target(parser)
        parser.add_argument("--again", action="store_true", help=in_both("包括已导出的", "also those written before"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Marked only after the file is whole: killed in between, the next file holds the same orders again, and the
        ERP knows them by their numbers."""
        actor = actor_of(options["company"])
        target = options["file"]
        part = target.with_name(f"{target.name}.part")
        try:
            system = get_system(actor=actor, code=options["system"])
            outbox = list(orders_to_export(actor=actor, system=system, again=options["again"]))
            part.write_bytes(workbook(outbox))
            os.replace(part, target)
        except (DomainError, OSError) as exc:
            raise CommandError(str(exc)) from exc
        mark_exported(actor=actor, outbox_ids=[row.pk for row in outbox], at=clock.now())
        self.stdout.write(in_both(f"已导出 {len(outbox)} 张订单", f"{len(outbox)} orders written"))
