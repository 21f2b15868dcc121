"""The platform's limits on how often it may be asked: we wait until they have passed, and lose nothing."""

import pytest

from backend.core import clock
from backend.wechat import wecom
from backend.wechat.directory import runs, services
from backend.wechat.directory.models import SyncRun
from backend.wechat.errors import WINDOW_S, RateLimited
from backend.wechat.models import App

SEND, LIST = "/cgi-bin/message/send", "/cgi-bin/user/list"


def test_a_comparison_over_the_limit_waits_and_is_whole_afterwards(ours, platform, work):
    platform.seed(frequency={"corp": [[60, 2]]})
    before = ours.everything()
    run = services.ask_for_run(actor=ours.actor, directory_id=ours.directory.pk, mode=SyncRun.Mode.APPLY)
    for _ in range(3):
        SyncRun.objects.update(due_at=clock.now())
        assert runs.perform(run.pk) is True
        run.refresh_from_db()
        assert (run.status, run.attempts) == ("pending", 0)
        assert WINDOW_S * 0.79 < (run.due_at - clock.now()).total_seconds() < WINDOW_S * 1.21
    assert ours.everything() == before

    platform.advance(3600)
    platform.seed(frequency={"corp": [[60, 10_000]]})
    SyncRun.objects.update(due_at=clock.now())
    work()
    run.refresh_from_db()
    assert (run.status, run.report["counts"]["hired"]) == ("done", 4)


@pytest.mark.parametrize("limit", [{"messages_per_account": 1}, {"corp": [[60, 4]]}, {"address": [[60, 4]]}])
def test_a_message_over_a_limit_is_told_apart_and_can_be_sent_later(ours, platform, limit):
    client = wecom.client_for(App.objects.get(kind=App.Kind.WECOM_APP))
    assert client.send_text(["LiLei"], "您好", dedupe_key="0").msgid  # its token is not in question here
    platform.seed(frequency=limit)
    for key in "123":
        client.send_text(["LiLei"], "您好", dedupe_key=key)
    with pytest.raises(RateLimited) as refused:
        client.send_text(["LiLei"], "您好", dedupe_key="4")
    assert (refused.value.errcode, refused.value.retry_after_s) == (45009, WINDOW_S)
    assert len(platform.messages("LiLei")) == 4
    platform.advance(86_400)
    client.send_text(["LiLei"], "您好", dedupe_key="4")
    assert len(platform.messages("LiLei")) == 5
