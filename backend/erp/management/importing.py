"""What the commands that take in a file have in common."""

from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.core.text import in_both
from backend.directory.models import Company
from backend.erp.models import ImportRow
from backend.erp.selectors import get_system
from backend.erp.services.importing import Imported


def add_target(parser: ArgumentParser) -> None:
    parser.add_argument("--company", required=True, help=in_both("企业代码", "code of the company"))
    parser.add_argument("--system", required=True, help=in_both("ERP 系统代码", "code of the ERP system"))
    parser.add_argument("--file", required=True, type=Path, help=in_both("文件", "file"))


def actor_of(code: str) -> Actor:
    company = Company.objects.filter(code=code).first()
    if company is None:
        raise CommandError(in_both(f"没有企业 {code}", f"no company {code}"))
    return Actor.system(company.pk)


class ImportCommand(BaseCommand):
    """Exit code 1 where a row was refused; everything else has been taken in all the same."""

    take_in: ClassVar[Callable[..., Imported]]

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_target(parser)
        parser.add_argument("--dry-run", action="store_true", help=in_both("只预览，不写入", "preview, write nothing"))

    def handle(self, *args: Any, **options: Any) -> None:
        actor = actor_of(options["company"])
        try:
            imported = type(self).take_in(
                actor=actor,
                system=get_system(actor=actor, code=options["system"]),
                name=options["file"].name,
                content=options["file"].read_bytes(),
                at=clock.now(),
                dry_run=options["dry_run"],
                watch=lambda items: tqdm(items, disable=None, file=self.stderr),
            )
        except (DomainError, OSError) as exc:
            raise CommandError(str(exc)) from exc
        self._report(imported, dry_run=options["dry_run"])

    def _report(self, imported: Imported, *, dry_run: bool) -> None:
        for row in imported.rows:
            self.stdout.write(in_both(f"第 {row.number} 行", f"row {row.number}") + f": {row.reason}")
        parked, failed = (imported.count(status) for status in (ImportRow.Status.PARKED, ImportRow.Status.FAILED))
        if dry_run:
            self.stdout.write(in_both("预览，未写入", "preview, nothing was written"))
        self.stdout.write(
            in_both(
                f"更新 {imported.applied}，无变化 {imported.unchanged}，待匹配 {parked} 行，有误 {failed} 行",
                f"applied {imported.applied}, unchanged {imported.unchanged}, parked rows {parked}, "
                f"refused rows {failed}",
            )
        )
        if failed:
            raise CommandError(in_both(f"{failed} 行未导入", f"{failed} rows were refused"))
