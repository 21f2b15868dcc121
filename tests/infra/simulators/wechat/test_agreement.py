"""The client and the stand-in were written apart from each other, from the same documents. Where both hold the same
fact it is compared here: when a page of the platform changes, change it in both, and this tells which was forgotten."""

import pytest

from backend.wechat import cards, codes, errors, media, notices, wecom
from backend.wechat.directory import reading
from infra.simulators.wechat import cards as their_cards
from infra.simulators.wechat import contracts, notice_rules
from infra.simulators.wechat.errors import TEXTS

BODIES = {(kind, field.name): field for kind, fields in contracts.BODIES.items() for field in fields}
NEVER_BY_US = {
    *(40002, 40032, 40033, 40039, 40066, 40093, 40097, 40169, 41001, 41005, 41008, 41009, 41010, 41011, 41016, 41033),
    *(42015, 42052, 45034, 47001, 60003, 60004, 60005, 60006, 60008, 60102, 60104, 60123, 61010, 82001),
}
"""Answers to requests that the client never makes, or that mean no more than "no": Permanent is right for them."""


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wecom.MAX_TITLE_BYTES, BODIES["textcard", "title"].max_bytes),
        (wecom.MAX_DESCRIPTION_BYTES, BODIES["textcard", "description"].max_bytes),
        (wecom.MAX_URL_BYTES, BODIES["textcard", "url"].max_bytes),
        (wecom.MAX_TEXT_BYTES, BODIES["text", "content"].max_bytes),
        (wecom.MAX_RECEIVERS, contracts.MAX_USERS),
        (wecom.DUPLICATE_CHECK_S, contracts.DUPLICATE_SECONDS_MAX),
        (wecom.USER_ID.pattern, contracts.USER_ID.pattern),
        (cards.TASK_ID.pattern, their_cards.TASK_ID.pattern),
        (cards.NEEDED_BY_ROW, their_cards.ROW_NEEDS),
        (media.MAX_BYTES, {kind: rules.most for kind, rules in contracts.MEDIA.items()}),
        (media.BEGINNINGS, {kind: rules.beginnings for kind, rules in contracts.MEDIA.items() if rules.beginnings}),
        (media.MIN_BYTES, contracts.MIN_MEDIA_BYTES + 1),
        (notices.RULES.keys(), notice_rules.RULES.keys()),
    ],
    ids=str,
)
def test_the_same_fact_is_the_same(ours: object, theirs: object):
    assert ours == theirs


def test_what_the_client_asks_for_is_allowed():
    assert reading.PAGE <= contracts.IDS_PER_PAGE
    assert codes.MAX_CODE_BYTES == 512


def test_every_errcode_of_the_stand_in_has_its_class():
    known = {errcode for errcodes in errors.FAMILIES.values() for errcode in errcodes}
    assert TEXTS.keys() - known == NEVER_BY_US


def test_no_errcode_stands_for_two_classes():
    counted = [errcode for errcodes in errors.FAMILIES.values() for errcode in errcodes]
    assert len(counted) == len(set(counted))
