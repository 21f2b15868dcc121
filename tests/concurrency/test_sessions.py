import pytest

from backend.directory.models import Session, Throttle
from tests.support.cast import PASSWORD, make_cast
from tests.support.client import Api, Caller
from tests.support.threads import together

pytestmark = pytest.mark.django_db(transaction=True)
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
    assert Throttle.objects.get(key="account:waiqin/1002").failures == 5
