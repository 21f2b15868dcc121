"""The contract, apart from any channel."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import ValidationError

from backend.erp.messages import Message, OrderEvent
from backend.orders.stages import Kind

MOMENT = "2026-11-22T10:00:00+08:00"


def event(**fields) -> OrderEvent:
    return OrderEvent.model_validate(
        {"id": "E1", "order_number": "SO-1", "kind": "shipped", "occurred_at": MOMENT} | fields
    )


def test_an_erp_may_tell_every_kind_but_what_waiqin_does_itself():
    told = set(get_args(OrderEvent.model_fields["kind"].annotation))
    assert told == set(Kind.values) - {Kind.SUBMITTED, Kind.SENT}


def test_one_figure_in_any_notation_is_one_content():
    """A file says 3, a webhook 3.00: neither corrects the other."""

    def content(quantity: str, amount: str) -> bytes:
        data = {"lines": [{"product_code": "A", "quantity": quantity}], "amount": amount}
        return event(data=data).fact("k3").content

    assert content("3", "100") == content("3.0000", "100.00")
    assert content("3", "100") != content("4", "100")


def test_a_moment_is_the_same_in_any_time_zone():
    assert event().fact("k3").content == event(occurred_at="2026-11-22T02:00:00Z").fact("k3").content


def test_a_fact_is_as_of_its_moment_unless_said_otherwise():
    assert event().fact("k3").as_of == datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert event(as_of="2026-11-22T12:00:00+08:00").fact("k3").as_of == datetime(2026, 11, 22, 4, tzinfo=UTC)


def test_an_alert_is_known_by_what_it_is_about():
    def identity(**data) -> str:
        return event(kind="alert", id=str(data), data={"code": "shortage", **data}).fact("k3").external_id

    assert identity(product_code="A", text="一") == identity(product_code="A", text="二", resolved=True)
    assert identity(product_code="A") != identity(product_code="B")
    assert identity(planned_on="2026-12-01") != identity(planned_on="2026-12-02")


@pytest.mark.parametrize("message", [{"event": []}, {"events": {}}, {"events": [None]}, {"events": [{}] * 501}])
def test_a_message_is_what_it_is(message):
    with pytest.raises(ValidationError):
        Message.model_validate(message)
