"""Who somebody is at the platform, as its answers say it."""

import re
from dataclasses import dataclass, field
from typing import Any

from backend.wechat.errors import NotAMember, Transient

CHINA = "86"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a corporation. `user_ticket` opens his details for half an hour, where he was asked for them."""

    corp_id: str
    user_id: str
    user_ticket: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MemberDetail:
    """What the member agreed to show and the administrator allows; empty where one of them does not."""

    user_id: str
    mobile: str = field(default="", repr=False)
    """In E.164."""
    email: str = field(default="", repr=False)
    avatar: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person towards one mini-program. `union_id` is empty where it belongs to no open-platform account."""

    openid: str
    union_id: str = ""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number the platform has verified, in E.164."""

    number: str = field(repr=False)
    country_code: str = CHINA


def member_of(answer: dict[str, Any], corp_id: str) -> Member:
    """The member an answer to a code names. Raises NotAMember for a stranger and for a linked corporation's member."""
    user_id = _text(answer, "userid")
    if not user_id and (answer.get("openid") or answer.get("external_userid")):
        raise NotAMember("the person is no member of the corporation")
    if "/" in user_id or _text(answer, "corpid") not in ("", corp_id):
        raise NotAMember("the person is a member of another corporation")
    if not user_id:
        raise Transient("the answer names nobody")
    return Member(corp_id, user_id, _text(answer, "user_ticket"))


def detail_of(answer: dict[str, Any]) -> MemberDetail:
    user_id = _text(answer, "userid")
    if not user_id:
        raise Transient("the answer names nobody")
    mobile = _text(answer, "mobile")
    email = _text(answer, "email") or _text(answer, "biz_mail")
    return MemberDetail(user_id, e164(mobile) if mobile else "", email, _text(answer, "avatar"))


def identity_of(answer: dict[str, Any]) -> Identity:
    openid = _text(answer, "openid")
    if not openid:
        raise Transient("the answer names nobody")
    return Identity(openid, _text(answer, "unionid"))


def phone_of(answer: dict[str, Any], app_id: str) -> PhoneNumber:
    info = answer.get("phone_info")
    if not isinstance(info, dict):
        raise Transient("the answer holds no phone number")
    mark = info.get("watermark")
    if isinstance(mark, dict) and mark.get("appid", app_id) != app_id:
        raise Transient("the answer is about another mini-program")
    country = re.sub(r"\D", "", str(info.get("countryCode") or "")) or CHINA  # a number or a text, as the case may be
    national = re.sub(r"\D", "", str(info.get("purePhoneNumber") or ""))
    if not national:
        raise Transient("the answer holds no phone number")
    return PhoneNumber(f"+{country}{national}", country)


def e164(text: str, country_code: str = CHINA) -> str:
    """`138 0000 0000` → `+8613800000000`; `+852-9123 4567` → `+85291234567`."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+"):
        return f"+{digits}"
    return f"+{digits}" if len(digits) == 13 and digits.startswith(CHINA) else f"+{country_code}{digits}"


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""
