from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from backend.approvals.models import Task
from backend.approvals.services import approve
from backend.core import clock
from backend.customers.models import Customer
from backend.directory.models import Company, Employee, Identity
from backend.directory.selectors import actor_for
from backend.directory.services.entry import log_in
from backend.directory.services.logins import Device
from backend.erp.models import ErpSystem
from backend.events.models import Event
from backend.expenses.models import ExpenseRequest
from backend.visits.models import VisitTemplate
from backend.visits.selectors import plans_on
from backend.visits.selectors.templates import version_for
from backend.wechat.models import App
from infra.demo import cast as demo_cast
from infra.demo import notes, simulator
from infra.demo.own import read_own
from infra.demo.seeding import seed
from tests.simulators import wecom_simulator

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
COMPANIES = [("demo", "北风贸易", read_own("demo")), ("acme", "甲公司", read_own("acme"))]


@pytest.fixture
def play(db):
    """`play(cast.LI)` after a first seed."""
    seed(COMPANIES, at=NOW)
    return lambda member: Employee.objects.get(company__code=member.company, number=member.number)


def plans(employee, at):
    day = clock.today_in("Asia/Shanghai", at)
    return [(plan.customer.code, plan.status) for plan in plans_on(actor=actor_for(employee), day=day)]


def test_twice_is_once_and_nobody_is_thrown_out(play):
    device = Device(id="phone")
    session = log_in(company="demo", number="1002", password=demo_cast.PASSWORD, device=device, at=NOW).session
    before = Event.objects.count()
    again = seed(COMPANIES, at=NOW)
    assert (again.new, Event.objects.count()) == (0, before)
    session.refresh_from_db()
    assert session.revoked_at is None


def test_everybody_can_log_in(play):
    for member in demo_cast.EVERYBODY:
        device = Device(id="phone")
        signed_in = log_in(
            company=member.company, number=member.number, password=demo_cast.PASSWORD, device=device, at=NOW
        )
        assert signed_in.session.employee == play(member)
        assert member.name.startswith(play(member).name)


def test_a_changed_password_is_put_back(play):
    li = play(demo_cast.LI)
    li.set_password("something-else-entirely")
    li.save()
    seed(COMPANIES, at=NOW)
    assert play(demo_cast.LI).check_password(demo_cast.PASSWORD)


def test_li_reports_to_han_and_has_two_visits_planned_each_day(play):
    li = play(demo_cast.LI)
    assert li.manager == play(demo_cast.HAN)
    planned = [("BJ001", "planned"), ("BJ002", "planned")]
    assert plans(li, NOW) == planned
    tomorrow, next_week = NOW + timedelta(days=1), NOW + timedelta(days=7)
    assert (plans(li, tomorrow), plans(li, next_week)) == (planned, [])
    seed(COMPANIES, at=tomorrow)
    assert (plans(li, tomorrow), plans(li, next_week)) == (planned, planned)


def test_each_level_has_its_template_and_what_became_of_it_stays(play):
    demo = Company.objects.get(code="demo")
    templates = VisitTemplate.objects.filter(company=demo)
    assert sorted(templates.values_list("customer_level", flat=True)) == ["A", "B"]
    shop = Customer.objects.get(company=demo, code="BJ001")
    followed = version_for(actor=actor_for(play(demo_cast.LI)), customer_id=shop.pk, at=NOW)
    assert [action["key"] for action in followed.actions if action["required"]] == ["shelf"]
    templates.update(state="retired")
    seed(COMPANIES, at=NOW)
    assert set(templates.values_list("state", flat=True)) == {"retired"}


def test_one_approval_is_always_open(play):
    han = play(demo_cast.HAN)
    task = Task.objects.get()
    assert task.employee == han
    approve(actor=actor_for(han), approval_id=task.approval_id, at=NOW)
    seed(COMPANIES, at=NOW)
    assert Task.objects.filter(status=Task.Status.OPEN).count() == 1
    assert ExpenseRequest.objects.count() == 2


def test_the_companies_share_a_code_and_no_row(play):
    demo, acme = Company.objects.get(code="demo"), Company.objects.get(code="acme")
    assert Customer.objects.filter(code="BJ001").count() == 2
    sun = actor_for(play(demo_cast.SUN))
    assert {customer.company for customer in Customer.objects.visible_to(sun)} == {acme}
    assert ErpSystem.objects.get().company == demo


def test_pushes_reach_the_members_of_the_stand_in(db, settings):
    with wecom_simulator() as platform:
        settings.WECOM_API_BASE = platform.url
        seed(COMPANIES, at=NOW)
        app = App.objects.get(kind=App.Kind.WECOM_APP)
        token = platform.call(f"/cgi-bin/gettoken?corpid={app.platform_id}&corpsecret={app.secret}")["access_token"]
        everybody = "|".join(Identity.objects.values_list("subject", flat=True))
        text = {"touser": everybody, "msgtype": "text", "agentid": app.agent_id, "text": {"content": "早"}}
        answer = platform.call(f"/cgi-bin/message/send?access_token={token}", text)
        assert (answer["errcode"], answer.get("invaliduser")) == (0, None)
        assert len(platform.messages()) == 5


def test_the_platform_itself_is_never_asked_to_seed():
    assert simulator.seed("https://127.0.0.1:9", {}) is False


def test_the_command_prints_one_login_a_line_and_leaves_notes_for_the_main_job(db, settings, tmp_path, monkeypatch):
    monkeypatch.setattr("infra.demo.management.commands.seed_demo.datasets", lambda: COMPANIES)
    settings.RUN_DIR = tmp_path
    out = StringIO()
    call_command("seed_demo", print_logins=True, stdout=out)
    logins = [line.split("\t") for line in out.getvalue().splitlines() if "\t" in line]
    assert [fields[:3] for fields in logins] == [
        [member.company, member.number, demo_cast.PASSWORD] for member in demo_cast.EVERYBODY
    ]
    left = notes.read(tmp_path)
    assert left.secret in out.getvalue()
    assert left.webhook.endswith(str(ErpSystem.objects.get().pk))
    assert (tmp_path / notes.NAME).stat().st_mode & 0o077 == 0


def test_there_is_no_demo_in_production(db, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("seed_demo")
    assert not Company.objects.exists()
