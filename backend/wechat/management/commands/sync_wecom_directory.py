from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from backend.core.actor import Actor
from backend.core.errors import DomainError
from backend.core.text import in_both
from backend.directory.models import Company
from backend.wechat.directory import runs, services
from backend.wechat.directory.reporting import Report, said
from backend.wechat.errors import PlatformError
from backend.wechat.models import App


class Command(BaseCommand):
    help = in_both("从企业微信导入并核对通讯录", "Take over the directory of a WeCom corporation, or compare with it")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--company", required=True, help=in_both("企业代码", "code of the company"))
        parser.add_argument("--corp", help=in_both("企业微信企业 ID（仅一个时可省略）", "corporation id, if several"))
        parser.add_argument("--dry-run", action="store_true", help=in_both("只预览，不写入", "preview, write nothing"))
        parser.add_argument(
            "--may-leave",
            type=int,
            default=0,
            metavar="N",
            help=in_both("已确认的离职人数", "so many leavers are confirmed"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(code=options["company"]).first()
        if company is None:
            raise CommandError(in_both(f"没有企业 {options['company']}", f"no company {options['company']}"))
        actor = Actor.system(company.pk)
        directory = services.put_directory(actor=actor, corp_id=options["corp"] or _only_corp(company))
        try:
            report = runs.compare(
                directory,
                actor=actor,
                is_dry=options["dry_run"],
                may_leave=options["may_leave"],
                watch=lambda items: tqdm(items, disable=None, file=self.stderr),
            )
        except services.SuspiciousShrink as exc:
            self._tell(exc.report)
            leaving = exc.report["counts"]["leaving"]
            raise CommandError(
                in_both(
                    f"{leaving} 人将离职：什么都没有改变。确认后加 --may-leave {leaving}",
                    f"{leaving} people would leave: nothing was changed. To confirm: --may-leave {leaving}",
                )
            ) from exc
        except (DomainError, PlatformError) as exc:
            raise CommandError(str(exc)) from exc
        self._tell(report)
        if options["dry_run"]:
            self.stdout.write(in_both("预览，未写入", "preview, nothing was written"))

    def _tell(self, report: Report) -> None:
        for line in said(report):
            self.stdout.write(line)


def _only_corp(company: Company) -> str:
    wecom = App.objects.filter(company=company, kind__in=(App.Kind.WECOM_APP, App.Kind.WECOM_CONTACTS))
    corps = sorted(set(wecom.values_list("platform_id", flat=True)))
    if len(corps) != 1:
        found = ", ".join(corps) or "0"
        raise CommandError(
            in_both(f"请用 --corp 指定企业（已录入：{found}）", f"name one by --corp (entered: {found})")
        )
    return corps[0]
