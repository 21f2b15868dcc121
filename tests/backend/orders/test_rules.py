"""What events mean, without a database. The property comes first: order and repetition of arrival change nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.orders import rules
from backend.orders.rules import Fact
from backend.orders.stages import Approval, Block, Kind, Label, Payment, Production, Shipping, Status

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ORDERED = {"TEA": Decimal(10), "CUP": Decimal(2)}
TOTAL = Decimal("100.00")


def fact(
    kind: str, minute: int = 0, id: str = "", *, source: str = "k3", as_of: int | None = None, **data: Any
) -> Fact:
    occurred_at = NOON + timedelta(minutes=minute)
    told_at = occurred_at if as_of is None else NOON + timedelta(minutes=as_of)
    return Fact(source, id or f"{kind}-{minute}", kind, occurred_at, told_at, data)


def fold(*facts: Fact) -> rules.Progress:
    return rules.fold(facts, ordered=ORDERED, total=TOTAL)


def label(*facts: Fact, status: str = Status.SENT) -> str:
    progress = fold(*facts)
    return rules.label_of(rules.status_after(status, progress), progress)


def items(**quantities: int) -> list[dict[str, str]]:
    return [{"product_code": code, "quantity": str(quantity)} for code, quantity in quantities.items()]


# --- The property ---

AMOUNTS = st.sampled_from(["10", "40.50", "100", "-10"])
LINES = st.lists(
    st.fixed_dictionaries(
        {"product_code": st.sampled_from(["TEA", "CUP", "HAT"]), "quantity": st.sampled_from("1259")}
    ),
    min_size=1,
    max_size=2,
)
IDS = st.sampled_from(["e1", "e2", "e3", "e4", "e5"])
DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    Kind.HELD: st.fixed_dictionaries({}, optional={"hold": st.sampled_from(Block.values)}),
    Kind.RELEASED: st.fixed_dictionaries({}, optional={"hold": st.sampled_from(Block.values)}),
    Kind.CONFIRMED: st.fixed_dictionaries({}, optional={"promised_on": st.sampled_from(["2026-12-01", "2026-12-09"])}),
    Kind.PRODUCTION: st.fixed_dictionaries(
        {"state": st.sampled_from(["planned", "running", "done"])}, optional={"reference": st.sampled_from("AB")}
    ),
    Kind.SHIPPED: st.fixed_dictionaries(
        {}, optional={"shipment": st.sampled_from(["D1", "D2"]), "lines": LINES, "partial": st.booleans()}
    ),
    Kind.DELIVERED: st.fixed_dictionaries({}, optional={"shipment": st.sampled_from(["D1", "D2"])}),
    Kind.INVOICED: st.fixed_dictionaries({}, optional={"amount": AMOUNTS}),
    Kind.PAID: st.fixed_dictionaries({}, optional={"amount": AMOUNTS}),
    Kind.RETURNED: st.fixed_dictionaries({}, optional={"lines": LINES}),
    Kind.ALERT: st.fixed_dictionaries(
        {"code": st.sampled_from(["shortage", "late"])}, optional={"resolved": st.booleans()}
    ),
    Kind.VOIDED: st.fixed_dictionaries({"voids": IDS}),
    Kind.REJECTED: st.fixed_dictionaries({}, optional={"reason": st.sampled_from(["credit", "closed"])}),
}


@st.composite
def any_fact(draw: st.DrawFn) -> Fact:
    kind = draw(st.sampled_from(Kind.values))
    return Fact(
        source=draw(st.sampled_from(["k3", "wms", "waiqin"])),
        external_id=draw(IDS),
        kind=kind,
        occurred_at=NOON + timedelta(minutes=draw(st.integers(0, 4))),
        as_of=NOON + timedelta(minutes=draw(st.integers(0, 2))),
        data=draw(DATA.get(kind, st.just({}))),
    )


@given(facts=st.lists(any_fact(), max_size=12), data=st.data())
def test_arrival_in_any_order_and_with_repetitions_comes_to_the_same(facts, data):
    arrived = data.draw(
        st.permutations(facts + data.draw(st.lists(st.sampled_from(facts), max_size=6) if facts else st.just([])))
    )

    expected, got = fold(*facts), fold(*arrived)

    assert got == expected
    for status in (Status.QUEUED, Status.SENT, Status.ACCEPTED):
        assert rules.status_after(status, got) == rules.status_after(status, expected)
        assert rules.label_of(status, got) == rules.label_of(status, expected)
        assert rules.blocks_of(status, got, trouble="") == rules.blocks_of(status, expected, trouble="")


@given(facts=st.lists(any_fact(), max_size=12), cut=st.integers(0, 12))
def test_keeping_only_the_latest_statement_loses_nothing(facts, cut):
    """What the database keeps between two messages is enough: folding again equals folding everything."""
    kept = rules.latest_statements(facts[:cut])

    assert fold(*kept, *facts[cut:]) == fold(*facts)


# --- The life of an order ---


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], Label.SENT),
        ([fact(Kind.RECEIVED)], Label.SENT),
        ([fact(Kind.IN_REVIEW)], Label.IN_REVIEW),
        ([fact(Kind.CONFIRMED)], Label.CONFIRMED),
        ([fact(Kind.CONFIRMED), fact(Kind.PRODUCTION, 1, state="planned")], Label.CONFIRMED),
        ([fact(Kind.CONFIRMED), fact(Kind.PRODUCTION, 1, state="running")], Label.IN_PRODUCTION),
        ([fact(Kind.PRODUCTION, 1, state="done")], Label.PRODUCED),
        ([fact(Kind.PRODUCTION, 1, state="done"), fact(Kind.PICKED, 2)], Label.PICKING),
        ([fact(Kind.SHIPPED, 3, lines=items(TEA=4))], Label.PART_SHIPPED),
        ([fact(Kind.SHIPPED, 3, partial=True)], Label.PART_SHIPPED),
        ([fact(Kind.SHIPPED, 3)], Label.SHIPPED),
        ([fact(Kind.SHIPPED, 3, lines=items(TEA=4)), fact(Kind.SHIPPED, 4, lines=items(TEA=6, CUP=2))], Label.SHIPPED),
        ([fact(Kind.SHIPPED, 3), fact(Kind.DELIVERED, 4)], Label.DELIVERED),
        ([fact(Kind.DELIVERED, 4)], Label.DELIVERED),
        ([fact(Kind.DELIVERED, 4), fact(Kind.INVOICED, 5)], Label.INVOICED),
        ([fact(Kind.SHIPPED, 3), fact(Kind.INVOICED, 5, amount="60")], Label.SHIPPED),
        ([fact(Kind.SHIPPED, 3), fact(Kind.PAID, 5, amount="60")], Label.INVOICED),
        ([fact(Kind.SHIPPED, 3), fact(Kind.PAID, 5, amount="60"), fact(Kind.PAID, 6, amount="40")], Label.PAID),
        ([fact(Kind.CONFIRMED), fact(Kind.PAID, 5)], Label.CONFIRMED),
        ([fact(Kind.SHIPPED, 3), fact(Kind.RETURNED, 5)], Label.RETURNED),
        ([fact(Kind.SHIPPED, 3), fact(Kind.RETURNED, 5, lines=items(TEA=1))], Label.SHIPPED),
        ([fact(Kind.CONFIRMED), fact(Kind.CLOSED, 9)], Label.CLOSED),
        ([fact(Kind.SHIPPED), fact(Kind.PAID, 1), fact(Kind.CLOSED, 9)], Label.PAID),
        ([fact(Kind.REJECTED)], Label.REJECTED),
        ([fact(Kind.CONFIRMED), fact(Kind.CANCELLED, 1)], Label.CANCELLED),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(item.kind for item in value),
)
def test_the_one_word_on_the_phone(facts, expected):
    assert label(*facts) == expected


def test_axes_are_independent():
    progress = fold(
        fact(Kind.CONFIRMED, 0, promised_on="2026-12-01"),
        fact(Kind.PRODUCTION, 1, state="done", reference="W1"),
        fact(Kind.PRODUCTION, 2, state="running", reference="W2"),
        fact(Kind.SHIPPED, 3, shipment="D1", lines=items(TEA=4), carrier="顺丰", tracking_number="SF1"),
        fact(Kind.PAID, 4, amount="30.50"),
    )

    assert (progress.approval, progress.production) == (Approval.CONFIRMED, Production.RUNNING)
    assert (progress.shipping, progress.payment) == (Shipping.PART_SHIPPED, Payment.PART_PAID)
    assert (progress.shipped, progress.paid) == ({"TEA": Decimal(4)}, Decimal("30.50"))
    assert progress.promised_on == "2026-12-01"
    assert progress.as_of == NOON + timedelta(minutes=4)
    (shipment,) = progress.shipments
    assert (shipment.number, shipment.carrier, shipment.tracking_number) == ("D1", "顺丰", "SF1")


def test_each_shipment_arrives_by_its_number():
    sent = [
        fact(Kind.SHIPPED, 1, shipment="D1", lines=items(TEA=10)),
        fact(Kind.SHIPPED, 2, shipment="D2", lines=items(CUP=2)),
    ]

    assert fold(*sent, fact(Kind.DELIVERED, 3, shipment="D1")).shipping == Shipping.SHIPPED
    assert fold(*sent, fact(Kind.DELIVERED, 3)).shipping == Shipping.DELIVERED


def test_an_arrival_without_number_says_nothing_of_what_left_later():
    progress = fold(
        fact(Kind.SHIPPED, 1, shipment="D1", lines=items(TEA=10)),
        fact(Kind.DELIVERED, 2),
        fact(Kind.SHIPPED, 3, shipment="D2", lines=items(CUP=2)),
    )

    assert [shipment.delivered_at is not None for shipment in progress.shipments] == [True, False]
    assert progress.shipping == Shipping.SHIPPED


# --- Going back ---


def test_a_review_that_is_undone_takes_the_order_back():
    confirmed = [fact(Kind.IN_REVIEW), fact(Kind.CONFIRMED, 1)]

    assert label(*confirmed) == Label.CONFIRMED
    assert label(*confirmed, fact(Kind.IN_REVIEW, 2)) == Label.IN_REVIEW
    assert label(*confirmed, fact(Kind.REJECTED, 2)) == Label.REJECTED
    assert label(*confirmed, fact(Kind.REJECTED, 2), fact(Kind.CONFIRMED, 3)) == Label.CONFIRMED


def test_what_is_taken_back_is_shown_without_effect():
    progress = fold(fact(Kind.SHIPPED, 1, "S1"), fact(Kind.VOIDED, 2, voids="S1"))

    assert progress.shipping == Shipping.NONE
    assert [entry.voided for entry in progress.timeline] == [True, False]


def test_taking_back_a_taking_back_restores_it():
    facts = [fact(Kind.PAID, 1, "P1"), fact(Kind.VOIDED, 2, "V1", voids="P1"), fact(Kind.VOIDED, 3, voids="V1")]

    assert fold(*facts[:2]).payment == Payment.NONE
    assert fold(*facts).payment == Payment.PAID


def test_one_source_cannot_take_back_what_another_said():
    assert (
        fold(fact(Kind.SHIPPED, 1, "S1"), fact(Kind.VOIDED, 2, source="wms", voids="S1")).shipping == Shipping.SHIPPED
    )


def test_a_refund_reduces_what_is_paid():
    assert fold(fact(Kind.PAID, 1, amount="100"), fact(Kind.PAID, 2, amount="-100")).payment == Payment.NONE


# --- Statements of one event ---


def test_the_later_statement_of_an_event_holds():
    first = fact(Kind.INVOICED, 1, "I1", as_of=1, amount="40")
    later = fact(Kind.INVOICED, 1, "I1", as_of=2, amount="100")

    assert fold(later, first).payment == fold(first, later).payment == Payment.INVOICED


def test_within_one_moment_the_natural_order_decides():
    """Files often carry dates only."""
    assert label(fact(Kind.SHIPPED), fact(Kind.CONFIRMED), fact(Kind.IN_REVIEW)) == Label.SHIPPED
    assert [entry.fact.kind for entry in fold(fact(Kind.CONFIRMED), fact(Kind.IN_REVIEW)).timeline] == [
        Kind.IN_REVIEW,
        Kind.CONFIRMED,
    ]


def test_what_waiqin_did_is_shown_and_moves_nothing():
    progress = fold(fact(Kind.CANCELLED, source="waiqin"))

    assert len(progress.timeline) == 1
    assert (progress.approval, progress.heard, progress.as_of) == (Approval.NONE, False, None)


# --- Blocks ---


def blocks(*facts: Fact, status: str = Status.SENT, trouble: str = "") -> list[str]:
    return rules.blocks_of(status, fold(*facts), trouble=trouble)


def test_a_hold_lasts_until_it_is_released():
    held = [fact(Kind.HELD, 1, hold="credit"), fact(Kind.HELD, 2, hold="stock")]

    assert blocks(*held) == [Block.CREDIT, Block.STOCK]
    assert blocks(*held, fact(Kind.RELEASED, 3, hold="credit")) == [Block.STOCK]
    assert blocks(*held, fact(Kind.RELEASED, 3)) == []


def test_a_shortage_blocks_until_it_is_resolved_or_the_goods_are_gone():
    short = fact(Kind.ALERT, 1, "A", code="shortage")

    assert blocks(short) == [Block.STOCK]
    assert blocks(short, fact(Kind.ALERT, 1, "A", as_of=2, code="shortage", resolved=True)) == []
    assert blocks(short, fact(Kind.SHIPPED, 3)) == []
    assert blocks(fact(Kind.ALERT, 1, code="late")) == []


def test_review_and_trouble_block_too():
    assert blocks(fact(Kind.IN_REVIEW)) == [Block.APPROVAL]
    assert blocks(status=Status.IN_APPROVAL) == [Block.APPROVAL]
    assert blocks(status=Status.QUEUED, trouble="refused") == [Block.ERP_ERROR]
    assert blocks(fact(Kind.HELD), status=Status.REJECTED, trouble="refused") == []


# --- Status ---


def test_until_the_erp_speaks_the_status_is_ours():
    assert rules.status_after(Status.QUEUED, fold()) == Status.QUEUED


def test_whatever_the_erp_says_proves_that_it_has_the_order():
    assert rules.status_after(Status.QUEUED, fold(fact(Kind.ALERT, code="late"))) == Status.SENT
    assert rules.status_after(Status.QUEUED, fold(fact(Kind.SHIPPED))) == Status.ACCEPTED


def test_why_it_was_refused():
    assert fold(fact(Kind.REJECTED, reason="信用额度不足")).reason == "信用额度不足"


def test_amounts_are_rounded_half_up():
    assert rules.line_amount(quantity=Decimal("0.5"), unit_price=Decimal("0.01")) == Decimal("0.01")
