"""No door tells which accounts exist: not by its words, and not by the time it takes."""

import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import override_settings

from backend.core import clock
from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.directory.services import people
from tests.simulators import wecom_simulator
from tests.support.cast import PASSWORD
from tests.support.client import Caller
from tests.support.doors import Phone, code_of, enter_apps, open_platform

ROUNDS = 5
TRIES = 3
"""A machine under load may spoil one measure; what really takes longer takes longer every time."""
TOLERANCE = 0.35
"""Of the slowest median. What was forgotten for an unknown account, a hash or a question, would be more than half."""


class SlowHasher(PBKDF2PasswordHasher):
    """Slow enough to be seen, and quicker than Argon2, whose cost is not what is measured here."""

    algorithm = "slow"
    iterations = 100_000


def medians(ways: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Seconds to answer, asked in turn so that whatever slows the machine slows all of them; the most even of TRIES."""
    measures = []
    for _ in range(TRIES):
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, ask in ways.items():
                began = time.perf_counter()
                ask()
                taken[name].append(time.perf_counter() - began)
        measures.append({name: median(each) for name, each in taken.items()})
        if spread(measures[-1].values()) < TOLERANCE:
            break
    return min(measures, key=lambda each: spread(each.values()))


def spread(figures: Iterable[float]) -> float:
    """How far apart, in parts of the greatest."""
    figures = list(figures)
    return (max(figures) - min(figures)) / max(figures)


def test_a_password_is_refused_as_slowly_whoever_it_is_for(cast, capsys):
    dismissed, byte = cast.wang, iter(range(250))
    people.dismiss(actor=Actor.system(cast.company.pk), employee_id=dismissed.pk, at=clock.now())

    def ask(**who: str) -> Callable[[], Any]:
        body = {"company": "waiqin", "number": "1002", "password": "wrong-wrong", "device": {"id": "phone"}} | who

        def once() -> None:
            reply = Caller(None).post("/auth/password", body, **{"X-Forwarded-For": f"198.51.100.{next(byte)}"})
            assert (reply.status_code, reply.json()["code"]) == (401, "bad_credentials")

        return once

    def malformed() -> None:
        assert Caller(None).post("/auth/password", {"company": "waiqin"}).status_code == 422

    ways = {"known": ask(), "unknown": ask(number="9999"), "left": ask(number="1003"), "company": ask(company="none")}
    with override_settings(PASSWORD_HASHERS=[f"{__name__}.SlowHasher"], TRUSTED_PROXIES=1):
        for person in (cast.li, dismissed):
            person.set_password(PASSWORD)
            Employee.objects.filter(pk=person.pk).update(password=person.password)
        found = medians(ways)
        floor = medians({"malformed": malformed})["malformed"]
    with capsys.disabled():
        print(f"\n/auth/password: {told(found)}; without a hash {floor * 1000:.1f} ms")
    assert spread(found.values()) < TOLERANCE, found
    assert floor < min(found.values()) * (1 - TOLERANCE), "the measure would not see a missing hash"


@pytest.fixture
def phone(cast, settings):
    with wecom_simulator() as platform:
        open_platform(platform, settings)
        enter_apps(cast)
        yield Phone(platform)


def test_a_phone_number_is_refused_alike_whoever_has_it(cast, phone, capsys):
    """Nobody, somebody who left, two people, somebody of another company: each with an account of WeChat of his own."""
    held = {"nobody": "13800000010", "left": "13800000011", "two": "13800000012", "elsewhere": "13800000013"}
    Employee.objects.filter(pk=cast.wang.pk).update(phone=held["left"], is_active=False)
    Employee.objects.filter(pk__in=[cast.zhao.pk, cast.qian.pk]).update(phone=held["two"])
    Employee.objects.filter(pk=cast.sun.pk).update(phone=held["elsewhere"])
    phone.platform.seed(people=[{"name": name, "phone": number} for name, number in held.items()])
    tickets = {name: phone.wechat(phone.mini_code(name)).json()["ticket"] for name in held}
    codes = {name: [phone.phone_code(name) for _ in range(ROUNDS * TRIES)] for name in held}
    said = set()

    def ask(name: str) -> Callable[[], Any]:
        def once() -> None:
            reply = phone.wechat_phone(tickets[name], codes[name].pop())
            said.add((*code_of(reply), reply.json()["detail"], tuple(sorted(reply.headers))))

        return once

    found = medians({name: ask(name) for name in held})
    with capsys.disabled():
        print(f"\n/auth/wechat/phone: {told(found)}")
    assert {(status, code) for status, code, *_ in said} == {(403, "phone_unknown")}
    assert len(said) == 1
    assert spread(found.values()) < TOLERANCE, found
    assert not Employee.objects.filter(identities__isnull=False).exists()


def test_the_measure_sees_what_takes_longer():
    """`spread` and TOLERANCE can fail: one way that sleeps a little longer is found."""
    found = medians({"quick": lambda: time.sleep(0.002), "slow": lambda: time.sleep(0.008)})
    assert spread(found.values()) > TOLERANCE


def told(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds * 1000:.1f} ms" for name, seconds in found.items())
