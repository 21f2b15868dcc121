import pytest

from backend.wechat import members
from backend.wechat.errors import NotAMember, Transient

LINKED = "wx0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("13800000000", "+8613800000000"),
        ("138 0000 0000", "+8613800000000"),
        ("+86-13800000000", "+8613800000000"),
        ("8613800000000", "+8613800000000"),
        ("+852-9123 4567", "+85291234567"),
    ],
)
def test_a_number_is_written_in_one_way(text: str, number: str):
    assert members.e164(text) == number


@pytest.mark.parametrize("country", [86, "86", "+86", None])
def test_the_country_comes_as_number_or_text(country: object):
    info = {"purePhoneNumber": "13800000000", "countryCode": country, "watermark": {"appid": LINKED}}
    assert members.phone_of({"phone_info": info}, LINKED) == members.PhoneNumber("+8613800000000", "86")


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"phone_info": None},
        {"phone_info": {"purePhoneNumber": ""}},
        {"phone_info": {"purePhoneNumber": "13800000000", "watermark": {"appid": "another"}}},
    ],
)
def test_an_answer_without_our_number_is_none(answer: dict):
    with pytest.raises(Transient):
        members.phone_of(answer, LINKED)


@pytest.mark.parametrize(
    "answer",
    [
        {"openid": "o1", "external_userid": "wm1"},
        {"openid": "o1"},
        {"userid": "ww-linked/LiLei"},
        {"userid": "LiLei", "corpid": "ww-other"},
    ],
)
def test_a_stranger_is_no_member(answer: dict):
    with pytest.raises(NotAMember):
        members.member_of(answer, "ww1")


def test_an_answer_about_nobody_is_none():
    for read in (lambda answer: members.member_of(answer, "ww1"), members.detail_of, members.identity_of):
        with pytest.raises(Transient):
            read({"errcode": 0})


def test_what_opens_something_is_not_shown():
    shown = repr(members.Member("ww1", "LiLei", "TICKET")) + repr(members.MemberDetail("LiLei", "138", "a@b", "http"))
    assert not [text for text in ("TICKET", "138", "a@b", "http") if text in shown]
