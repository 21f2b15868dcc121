from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from backend.core import clock
from backend.core.actor import Actor
from backend.core.text import in_both
from backend.directory.models import Company, LoginRestriction
from backend.directory.services import restrictions


class Command(BaseCommand):
    help = in_both(
        "取消一家企业的全部登录限制（管理员被锁在外面时）",
        "Lift every login restriction of a company, when its administrators are shut out",
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("company", help=in_both("企业代码", "company code"))

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(code=options["company"].lower()).first()
        if company is None:
            raise CommandError(in_both("没有这家企业", "No such company"))
        for restriction in LoginRestriction.objects.filter(company=company).select_related("role"):
            restrictions.lift_restriction(actor=Actor.system(company.pk), role_id=restriction.role_id, at=clock.now())
            self.stdout.write(restriction.role.code)
