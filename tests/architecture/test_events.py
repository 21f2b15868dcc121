"""Whatever is recorded can be read: every event, and every field of it, has a name in both languages."""

import ast
from collections.abc import Iterator

import pytest
from django.utils import translation

from backend.events.wording import NOUNS, VERBS, WORDS, kind_name
from backend.orders.stages import Kind
from tests.architecture.sources import trees

MADE_UP = {
    *(f"order.{kind}" for kind in Kind.values),
    "order.alert_resolved",
    *(f"{noun}.{verb}" for noun in ("approval", "expense") for verb in ("approved", "rejected", "withdrawn")),
    *(f"customer.{verb}" for verb in ("recycled", "restored")),
    *(
        f"{noun}.{verb}"
        for noun in ("approval", "customer", "delegation", "expense", "order", "visit", "visit_plan")
        for verb in ("handed_over", "handed_back")
    ),
    *(f"handover.{verb}" for verb in ("made", "undone")),
    *(f"role.{verb}" for verb in ("created", "changed")),
    *(f"file.{verb}" for verb in ("ready", "refused")),
    "wecom.card_clicked",
}
"""Names that are put together where they are recorded."""


def recorded(files) -> Iterator[tuple[str, set[str]]]:
    """Each name that stands in a call of `events.record`, with the names of what is told."""
    for _, tree in files:
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="events"), attr="record" | "record_many"),
                    args=[ast.Constant(value=str(name)), *_],
                    keywords=keywords,
                ):
                    yield name, {keyword.arg for keyword in keywords if keyword.arg}


FOUND = list(recorded(trees("backend", "notifications")))


def unnamed(names) -> set[str]:
    return {name for name in names if name.partition(".")[0] not in NOUNS or name.partition(".")[2] not in VERBS}


def test_every_event_has_a_name():
    names = {name for name, _ in FOUND} | MADE_UP
    assert len(names) > 100
    assert unnamed(names) == set()
    assert unnamed({"toy.broken", "visit.dreamt", "visit.created"}) == {"toy.broken", "visit.dreamt"}


def test_everything_told_has_a_word():
    told = {key for _, keys in FOUND for key in keys} - {"actor", "at", "before", "after"}
    assert {key for key in told if key.removesuffix("_id") not in WORDS and key not in WORDS} == set()


@pytest.mark.parametrize(("language", "said"), [("zh-hans", "拜访：签到"), ("en", "visit: checked in")])
def test_it_is_said_in_the_readers_language(language, said):
    with translation.override(language):
        assert kind_name("visit.checked_in") == said
