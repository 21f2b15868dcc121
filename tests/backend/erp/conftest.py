import pytest

from backend.core import clock
from backend.erp.services.systems import put_system
from tests.support.erp import receiver
from tests.support.orders import Shop, make_shop


@pytest.fixture
def shop(cast) -> Shop:
    """Its ERP takes orders from files."""
    return make_shop(cast)


@pytest.fixture
def li(api, cast):
    return api(cast.li)


@pytest.fixture
def erp(shop):
    """An ERP on this machine that the shop's orders are pushed to."""
    with receiver() as there:
        shop.erp.refresh_from_db()
        there.secret = shop.erp.live_secrets[0]
        put_system(
            actor=shop.system,
            code="k3",
            name="金蝶",
            push_url=there.url,
            on_premise=True,
            receives_orders=True,
            at=clock.now(),
        )
        yield there


@pytest.fixture
def due():
    """What waits for its next try is due now."""

    def make_due(model) -> None:
        model.objects.filter(status="pending").update(due_at=clock.now(), enqueued_at=None)

    return make_due
