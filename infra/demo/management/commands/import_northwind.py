import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from backend.core import clock
from backend.core.text import in_both
from backend.directory.services.people import found_company
from infra.demo.importer import import_dataset
from infra.demo.northwind import read_northwind
from infra.demo.paths import NORTHWIND


class Command(BaseCommand):
    help = in_both("导入 Northwind 样例数据（可重复执行）", "Import the Northwind sample; may be repeated")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, default=NORTHWIND, help="the SQL dump of Northwind for PostgreSQL")
        parser.add_argument("--company", default="demo", help="code of the company, founded where it is new")
        parser.add_argument("--limit-orders", type=int, metavar="N", help="only the N oldest orders")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = read_northwind(options["file"].read_text("utf-8"), limit_orders=options["limit_orders"])
        except (OSError, ValueError) as error:
            raise CommandError(f"{options['file']}: {error}") from error
        company = found_company(code=options["company"], name="Northwind")
        began = time.monotonic()
        with tqdm(total=data.rows, unit="row", disable=None) as bar:
            counts = import_dataset(data, company=company, at=clock.now(), on_row=bar.update)
        for noun, count in counts.items():
            self.stdout.write(f"{noun:<12}{count.rows:>6}   {in_both('新增', 'new')} {count.new}")
        self.stdout.write(f"{time.monotonic() - began:.1f} s")
