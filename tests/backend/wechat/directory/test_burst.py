"""Two hundred directory events in one second from the platform's own sender, into a server that is running."""

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from backend.events.models import Event
from backend.wechat.callbacks.models import Callback
from backend.wechat.models import App
from infra.simulators.wechat.callbacks.forgery import KINDS
from tests.backend.wechat.directory.conftest import CORP_ID
from tests.support.callbacks import AES_KEY, TOKEN
from tests.support.processes import eventually
from tests.support.programs import web_server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
MANY = 200


def test_two_hundred_in_a_burst_to_a_server_that_stood_still_are_each_applied_once(
    ours, theirs, platform, work, tmp_path: Path
):
    """It is stopped when they come, so that every first try meets its time-out, and is answered by nobody; the retries
    come to a server that finds both in its queue."""
    names = [f"u{n}" for n in range(MANY)]
    theirs.seed["users"] += [{"user_id": name, "name": f"成员{name}", "departments": [3]} for name in names]
    theirs.tell()
    assert ours.sync()["hired"] == MANY + 4
    with web_server(tmp_path, WECOM_API_BASE=platform.url) as (web, url):
        app = App.objects.get(kind=App.Kind.WECOM_CONTACTS)
        entered = {"callback_url": f"{url}/api/v1/callbacks/wecom/{app.public_id}"}
        theirs.seed["contacts"] |= entered | {"callback_token": TOKEN, "aes_key": AES_KEY}
        theirs.tell()
        assert platform.verify_url(corp_id=CORP_ID)["ok"]

        os.killpg(web.pid, signal.SIGSTOP)
        moves = [{"change": "update_user", "data": {"user_id": name, "departments": [4]}} for name in names]
        assert len(platform.contact_event(corp_id=CORP_ID, changes=moves, together=True, wait=False)) == MANY
        eventually(lambda: all(told["attempts"] for told in platform.callbacks()), what="the first time-outs")
        os.killpg(web.pid, signal.SIGCONT)
        eventually(lambda: all(told["outcome"] == "ok" for told in platform.callbacks()), what="the retries")

    tries = Counter(len(told["attempts"]) for told in platform.callbacks())
    print(f"tries: {tries}")
    assert sum(tries.values()) == MANY
    assert set(tries) <= {2, 3}, tries
    assert {told["attempts"][0]["outcome"] for told in platform.callbacks()} == {"timeout"}
    assert Callback.objects.count() == MANY

    known = Event.objects.count()
    work()
    assert {ours.person(name).department.name for name in names} == {"北区"}
    assert set(Callback.objects.values_list("status", flat=True)) == {"done"}
    assert Event.objects.count() == known + MANY, (
        "one change of one person each, although it was told up to three times"
    )
    assert ours.sync() == {}


NOT_OURS = {"malformed_xml", "empty_body", "not_utf8", "nul", "dtd", "missing_encrypt", "empty_encrypt"}
"""What is no message at all; and, sealed by somebody who knows our key, what is none inside."""
NO_MESSAGE_INSIDE = {"malformed_inside", "dtd_inside", "empty_inside"}


def test_what_is_forged_is_refused_by_a_server_and_leaves_nothing(ours, theirs, platform, work, live_server):
    app = App.objects.get(kind=App.Kind.WECOM_CONTACTS)
    entered = {"callback_url": f"{live_server.url}/api/v1/callbacks/wecom/{app.public_id}"}
    theirs.seed["contacts"] |= entered | {"callback_token": TOKEN, "aes_key": AES_KEY}
    theirs.tell()
    found = {}
    for kind in KINDS:
        trouble = {"forged": kind}
        [told] = platform.contact_event(
            "update_user", {"user_id": "LiLei"}, corp_id=CORP_ID, form="full", trouble=trouble
        )
        found[kind] = told["outcome"]
    malformed = dict.fromkeys(NOT_OURS | NO_MESSAGE_INSIDE, "HTTP 422") | {"oversize": "HTTP 413"}
    kept_and_done_with = {"unknown_event": "ok"}
    assert found == dict.fromkeys(KINDS, "HTTP 401") | malformed | kept_and_done_with
    assert Callback.objects.count() == 1
    work()
    assert Callback.objects.get().status == "done"
    again = {"copies": 3, "together": True}
    told = platform.contact_event("update_user", {"user_id": "LiLei"}, corp_id=CORP_ID, form="partial", trouble=again)
    assert [one["outcome"] for one in told] == ["ok"] * 3
    assert Callback.objects.count() == 2
