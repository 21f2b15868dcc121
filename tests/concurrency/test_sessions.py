import threading

import pytest
from django.conf import settings
from django.test import override_settings

from backend.core import clock
from backend.directory.authentication import authenticator
from backend.directory.models import Device, LoginRecord, Session
from backend.directory.services import sessions
from tests.support.cast import PASSWORD, make_cast
from tests.support.client import Api, Caller
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = sessions.Device(id="phone-1")
LOGIN = {"company": "waiqin", "number": "1002", "password": PASSWORD, "device": {"id": "phone-1"}}


def test_one_refresh_token_sent_eight_times_at_once_keeps_the_phone_signed_in():
    make_cast()
    first = Api()(None).post("/auth/password", LOGIN).json()
    body = {"refresh_token": first["refresh_token"], "device_id": "phone-1"}
    replies = together(8, lambda i: Caller(None).post("/auth/refresh", body))
    assert [reply.status_code for reply in replies] == [200] * 8
    assert len({reply.json()["refresh_token"] for reply in replies}) == 8
    assert Session.objects.get().revoked_at is None


def test_parallel_guesses_are_counted_before_they_are_tried():
    make_cast()
    wrong = LOGIN | {"password": "guess-guess"}
    statuses = sorted(reply.status_code for reply in together(16, lambda i: Caller(None).post("/auth/password", wrong)))
    assert statuses == [401] * 5 + [429] * 11
    assert LoginRecord.objects.filter(reason="wrong_password").count() == 5


@pytest.mark.parametrize("algorithm", ["HS256", "EdDSA"])
def test_keys_rotate_under_running_requests(algorithm):
    """Phones ask and refresh without a pause while the keys pass through every stage of a rotation.

    The old key goes only when every phone has refreshed once since the new one signs: in life, after fifteen minutes.
    """
    cast = make_cast()
    old, new = "ab" * 32, "cd" * 32
    stages = [[old], [old, new], [new, old], [new, old], [new]]
    with override_settings(JWT_ALGORITHM=algorithm, JWT_KEYS=stages[0]):
        signed_in = [sessions.open_session(employee_id=cast.li.pk, device=PHONE, at=clock.now()) for _ in range(4)]
        rounds = [threading.Barrier(5, timeout=30) for _ in stages]

        def ask(i: int) -> list[int]:
            access, refresh = signed_in[i].access_token, signed_in[i].refresh_token
            seen = []
            for stage in rounds:
                stage.wait()
                for _ in range(5):
                    authenticator.clear()
                    seen.append(Caller(access).get("/me").status_code)
                body = {"refresh_token": refresh, "device_id": PHONE.id}
                reply = Caller(None).post("/auth/refresh", body)
                seen.append(reply.status_code)
                access, refresh = reply.json()["access_token"], reply.json()["refresh_token"]
            return seen

        def rotate() -> list[int]:
            for barrier, keys in zip(rounds, stages, strict=True):
                settings.JWT_KEYS = keys
                barrier.wait()
            return []

        answers = together(5, lambda i: ask(i) if i < 4 else rotate())
    assert answers[:4] == [[200] * 6 * len(stages)] * 4


def test_one_device_that_signs_in_eight_times_at_once_is_one_device():
    make_cast()
    replies = together(8, lambda i: Caller(None).post("/auth/password", LOGIN))
    assert {reply.status_code for reply in replies} <= {200, 429}  # attempts are counted before they are tried
    assert Device.objects.count() == 1
    assert Session.objects.count() == [reply.status_code for reply in replies].count(200)
