import pytest

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, Invalid, NotFound
from backend.erp.models import ErpSystem
from backend.erp.services.systems import OneForOrders, pause_system, put_system, resume_system, rotate_secret
from backend.events.models import Event


def put(actor: Actor, code: str = "u8", **fields) -> ErpSystem:
    return put_system(actor=actor, code=code, name="用友", at=clock.now(), **fields)


def test_a_system_is_created_and_brought_up_to_date_by_its_code(shop):
    first = put(shop.system)
    again = put(shop.system, push_url="https://erp.example.com/hook")
    assert first.pk == again.pk
    assert first.live_secrets == again.live_secrets
    changed = Event.objects.get(name="erp_system.changed").data
    assert (changed["before"]["push_url"], changed["after"]["push_url"]) == ("", "https://erp.example.com/hook")
    put(shop.system, push_url="https://erp.example.com/hook")
    assert Event.objects.filter(name="erp_system.changed").count() == 1


def test_orders_go_to_one_system(shop):
    with pytest.raises(OneForOrders):
        put(shop.system, receives_orders=True)
    put_system(actor=shop.system, code="k3", name="金蝶", receives_orders=False, at=clock.now())
    assert put(shop.system, receives_orders=True).receives_orders


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "waiqin"},
        {"push_url": "http://erp.example.com/hook"},
        {"push_url": "ftp://erp.example.com/hook", "on_premise": True},
        {"push_url": "https://user:word@erp.example.com/hook"},
        {"push_url": "https:///hook"},
        {"push_url": "https://erp.example.com:port/hook"},
        {"push_url": "not an address"},
    ],
)
def test_what_may_not_be_is_refused(shop, wrong):
    with pytest.raises(Invalid):
        put(shop.system, **wrong)
    assert ErpSystem.objects.count() == 1


def test_secrets_differ_and_rotate(shop):
    first = put(shop.system)
    assert first.live_secrets != shop.erp.live_secrets
    new = rotate_secret(actor=shop.system, system_id=first.pk, at=clock.now())
    assert ErpSystem.objects.get(pk=first.pk).live_secrets == [new, first.live_secrets[0]]
    assert new not in str(list(Event.objects.values_list("data", flat=True)))


def test_pausing_twice_is_once(shop):
    for _ in range(2):
        pause_system(actor=shop.system, system_id=shop.erp.pk, reason="维护", at=clock.now())
    for _ in range(2):
        resume_system(actor=shop.system, system_id=shop.erp.pk, at=clock.now())
    names = Event.objects.filter(name__in=["erp_system.paused", "erp_system.resumed"]).order_by("id")
    assert list(names.values_list("name", flat=True)) == ["erp_system.paused", "erp_system.resumed"]


def test_reps_and_other_companies_keep_their_hands_off(shop, cast):
    with pytest.raises(Forbidden):
        put(cast.actor(cast.li))
    for service in (rotate_secret, resume_system):
        with pytest.raises(NotFound):
            service(actor=Actor.system(cast.acme.pk), system_id=shop.erp.pk, at=clock.now())
