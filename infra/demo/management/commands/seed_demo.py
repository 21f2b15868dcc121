from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from backend.core import clock
from backend.core.text import in_both
from infra.demo import cast, notes, platform
from infra.demo.seeding import datasets, seed


class Command(BaseCommand):
    help = in_both("写入演示数据（可重复执行）", "Write the demo data; may be repeated")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--print-logins", action="store_true", help="company, number, password, name, role")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(in_both("演示密码是公开的，生产环境不可用", "No demo in production"))
        data = datasets()
        with tqdm(total=sum(rows.rows for _, _, rows in data), unit="row", disable=None) as bar:
            seeded = seed(data, at=clock.now(), on_row=bar.update)
        webhook = f"/api/v1/webhooks/erp/{seeded.erp.pk}"
        secret = seeded.erp.live_secrets[0]
        notes.write(notes.Notes(webhook=webhook, secret=secret, wecom=settings.WECOM_API_BASE), settings.RUN_DIR)
        platform.write(seeded.platform, settings.RUN_DIR)
        if not options["print_logins"]:
            self.stdout.write(f"{in_both('新增', 'new')} {seeded.new}")
            return
        for member in cast.EVERYBODY:
            self.stdout.write("\t".join([member.company, member.number, cast.PASSWORD, member.name, member.role]))
        self.stdout.write(f"ERP  POST {settings.PUBLIC_URL}{webhook}  {in_both('签名密钥', 'signing secret')} {secret}")
