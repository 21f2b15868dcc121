"""Comparisons owed to a worker: by night, and by an administrator's button; and the command."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from backend.core import clock
from backend.wechat import tasks
from backend.wechat.callbacks.models import Callback
from backend.wechat.directory import reading, services
from backend.wechat.directory.models import DirectoryConflict, SyncRun, WecomDirectory
from tests.support.callbacks import contact_changed

BEFORE_THREE = datetime(2026, 11, 25, 18, 59, tzinfo=UTC)
"""In Shanghai the 26th, one minute before the night begins."""


class TestTheNight:
    def test_is_owed_once_a_day_by_the_companys_clock(self, ours):
        ours.sync()
        assert services.owe_nights(at=BEFORE_THREE) == 0
        for _ in range(2):
            services.owe_nights(at=BEFORE_THREE + timedelta(minutes=1))
        services.owe_nights(at=BEFORE_THREE + timedelta(hours=15))
        assert [str(run.night) for run in SyncRun.objects.all()] == ["2026-11-26"]
        assert services.owe_nights(at=BEFORE_THREE + timedelta(hours=25)) == 1

    def test_is_not_owed_before_a_person_has_applied_the_first(self, ours):
        ours.preview()
        assert services.owe_nights(at=BEFORE_THREE + timedelta(hours=1)) == 0

    def test_does_what_a_lost_callback_would_have_done(self, ours, theirs, work):
        ours.sync()
        li = ours.person("LiLei")
        theirs.remove("LiLei")
        services.owe_nights(at=BEFORE_THREE + timedelta(hours=1))
        work()
        li.refresh_from_db()
        assert not li.is_active
        assert SyncRun.objects.get().report["lines"]["leaving"] == ["LiLei 李磊"]

    def test_comes_by_itself_and_forgets_what_is_old(self, ours, assistant, work):
        ours.sync()
        assistant.push(contact_changed("update_tag", TagId=1))
        assistant.push(contact_changed("update_tag", TagId=2))
        work()
        Callback.objects.filter(text__contains="<TagId>1<").update(received_at=clock.now() - timedelta(days=31))
        tasks.nights()
        assert Callback.objects.count() == 1


class TestTheButtons:
    @pytest.fixture
    def admin(self, ours):
        person = ours.hire("1", "管理员", role="administrator")
        client = Client()
        client.force_login(person)
        return client

    def press(self, admin, page: str, action: str, *rows):
        data = {"action": action, "_selected_action": [row.pk for row in rows]}
        reply = admin.post(f"/admin/wechat/{page}/", data, follow=True)
        assert reply.status_code == 200
        return reply

    def test_preview_apply_and_see_what_it_did(self, ours, admin, work):
        for action in ("preview", "apply"):
            self.press(admin, "wecomdirectory", action, ours.directory)
            work()
        shown, done = SyncRun.objects.order_by("pk")
        assert shown.report["counts"]["hired"] == done.report["counts"]["hired"] == 4
        assert ours.person("LiLei").is_active
        page = admin.get(f"/admin/wechat/syncrun/{done.pk}/change/").content.decode()
        assert "LiLei 李磊" in page

    def test_a_suspicious_number_of_leavers_waits_for_the_button(self, ours, theirs, admin, work):
        theirs.seed["users"] += [{"user_id": f"u{n}", "name": f"人{n}", "departments": [3]} for n in range(8)]
        theirs.tell()
        ours.sync()
        theirs.remove(*[f"u{n}" for n in range(8)])
        services.owe_nights(at=BEFORE_THREE + timedelta(hours=1))
        work()
        stopped = SyncRun.objects.get()
        assert stopped.status == "dead"
        assert "8 people would leave" in stopped.error
        assert ours.person("u1").is_active
        self.press(admin, "syncrun", "confirm", stopped)
        work()
        assert not ours.person("u1").is_active

    def test_conflicts_are_listed_and_decided(self, ours, admin, work):
        other = ours.hire("lilei", "李累")
        ours.sync()
        page = admin.get("/admin/wechat/directoryconflict/").content.decode()
        assert "lilei" in page
        self.press(admin, "directoryconflict", "same_person", DirectoryConflict.objects.get())
        ours.sync()
        assert ours.person("LiLei") == other

    def test_a_directory_is_entered_with_roles_that_do_no_harm(self, ours, admin):
        address = f"/admin/wechat/wecomdirectory/{ours.directory.pk}/change/"
        admin.post(address, {"member_role": "administrator", "leader_role": "manager"})
        ours.directory.refresh_from_db()
        assert ours.directory.member_role == "rep"
        admin.post(address, {"member_role": "finance", "leader_role": "manager"})
        ours.directory.refresh_from_db()
        assert ours.directory.member_role == "finance"
        reply = admin.post("/admin/wechat/wecomdirectory/add/", {"corp_id": "ww-second"})
        assert reply.status_code == 302
        assert WecomDirectory.objects.filter(company=ours.company, corp_id="ww-second").exists()


class TestTheCommand:
    def run(self, *args: str) -> str:
        out = StringIO()
        call_command("sync_wecom_directory", "--company", "waiqin", *args, stdout=out, stderr=StringIO())
        return out.getvalue()

    def test_previews_then_imports_then_finds_nothing(self, ours):
        before = ours.everything()
        assert "LiLei 李磊" in self.run("--dry-run")
        assert ours.everything() == before
        assert "new people: 4" in self.run()
        assert "no differences" in self.run()

    def test_stops_at_a_suspicious_number_and_says_how_to_go_on(self, ours, theirs):
        theirs.seed["users"] += [{"user_id": f"u{n}", "name": f"人{n}", "departments": [3]} for n in range(8)]
        theirs.tell()
        self.run()
        theirs.remove(*[f"u{n}" for n in range(8)])
        with pytest.raises(CommandError, match="--may-leave 8"):
            self.run()
        assert "people who leave: 8" in self.run("--may-leave", "8")

    def test_says_what_is_missing(self, ours, platform):
        with pytest.raises(CommandError, match="no company nobody"):
            call_command("sync_wecom_directory", "--company", "nobody")
        platform.faults({"path": "/cgi-bin/department/list", "count": None, "errcode": 45009})
        with pytest.raises(CommandError, match="45009"):
            self.run()


@pytest.mark.django_db(transaction=True)
def test_many_questions_are_asked_at_once_and_answered_in_order(ours, theirs, monkeypatch):
    theirs.seed["generate"] = {"departments": 40, "members": 200}
    theirs.tell()
    monkeypatch.setattr(reading, "PARALLEL", 8)
    assert ours.sync()["hired"] == 204
    assert ours.sync() == {}
