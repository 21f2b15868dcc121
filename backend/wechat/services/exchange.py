"""Asking the platform whom a code stands for. Outside any transaction: it calls the network, once, and never again."""

import logging
from collections.abc import Callable
from datetime import datetime

from backend.core.actor import Actor
from backend.core.errors import DomainError, Forbidden
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory.models import Door, Employee, Identity
from backend.directory.selectors import employee_with_phone
from backend.directory.services import bindings
from backend.directory.services.bindings import Subject
from backend.wechat import circuit, errors, mini_program, patience, transport, wecom
from backend.wechat.models import App, LoginCode
from backend.wechat.services import claims

logger = logging.getLogger("waiqin.wechat")


class NotAMember(Forbidden):
    code = "not_a_member"
    message = bilingual("您不是该企业的成员。", "You are not a member of this corporation.")


class PhoneUnknown(Forbidden):
    code = "phone_unknown"
    message = bilingual(
        "没有（或不止一位）在职员工使用该手机号。", "No employee, or more than one, has this phone number."
    )


FAILURES: dict[str, Callable[[], DomainError]] = {
    claims.CodeRefused.code: claims.CodeRefused,
    NotAMember.code: NotAMember,
    PhoneUnknown.code: PhoneUnknown,
    bindings.AlreadyBound.code: bindings.AlreadyBound,
    bindings.IdentityTaken.code: bindings.IdentityTaken,
    claims.LoginUnanswered.code: lambda: claims.LoginUnanswered(retry_after_s=2),
}


@commits_in_steps("the platform is asked between claiming the code and keeping what it said")
def subject_of_code(*, app: App, door: str, code: str, state: str, device_id: str, at: datetime) -> LoginCode:
    """The claim with its proved subject. Raises CodeRefused, StateRefused, NotAMember or LoginUnanswered; or
    PlatformUnavailable, and then the code is as good as before."""
    with patience.of_a_person(), circuit.admitted(transport.base_of(app)):
        return _answered(
            lambda: _ask(app, door, code, at),
            claims.claim(app=app, door=door, code=code, state=state, device_id=device_id, at=at),
        )


@commits_in_steps("the platform is asked between claiming the code and keeping what it said")
def subject_of_phone_code(*, app: App, subject: Subject, code: str, device_id: str, at: datetime) -> LoginCode:
    """Bind the subject to the one active employee with the phone number the code stands for.

    Raises PhoneUnknown, AlreadyBound, IdentityTaken, CodeRefused, LoginUnanswered or PlatformUnavailable.
    """

    def ask() -> str:
        number = mini_program.client_for(app).phone_of_code(code).number
        bind_by_phone(subject=subject, number=number, at=at)
        return subject.id

    door = f"phone:{subject.key}"
    with patience.of_a_person(), circuit.admitted(transport.base_of(app)):
        return _answered(ask, claims.claim(app=app, door=door, code=code, state="", device_id=device_id, at=at))


@commits_in_steps("it is one step of its own")
def bind_by_phone(*, subject: Subject, number: str, at: datetime) -> Employee:
    """Raises PhoneUnknown unless exactly one active employee has this number, and what `bindings.bind` raises."""
    employee = employee_with_phone(company_id=subject.company_id, number=number)
    if employee is None:
        raise PhoneUnknown()
    system = Actor.system(subject.company_id)
    bindings.bind(actor=system, employee_id=employee.pk, subject=subject, how=Identity.How.PHONE, at=at)
    return employee


def _answered(ask: Callable[[], str], claimed: claims.Claimed) -> LoginCode:
    if not claimed.is_first:
        row = claims.await_answer(row=claimed.row)
        if row.failure:
            raise FAILURES[row.failure]()
        return row
    try:
        subject = ask()
    except (errors.PlatformError, DomainError) as exc:
        failure = _translated(exc)
        claims.settle(row=claimed.row, failure=failure.code)
        raise failure from exc
    except BaseException:
        claims.settle(row=claimed.row, failure=claims.LoginUnanswered.code)
        raise
    claims.settle(row=claimed.row, subject=subject)
    return claimed.row


def _ask(app: App, door: str, code: str, at: datetime) -> str:
    if door == Door.WECHAT:
        return mini_program.client_for(app).identity_of_code(code).openid
    client = wecom.client_for(app)
    if door == Door.WECOM_MINI_PROGRAM:
        return client.member_of_mini_program_code(code).user_id
    member = client.member_of_code(code)
    subject = Subject(app.company_id, Identity.Provider.WECOM, app.platform_id, member.user_id)
    if member.user_ticket and bindings.employee_of(subject=subject) is None:
        _bind_by_detail(client, member.user_ticket, subject, at)
    return member.user_id


def _bind_by_detail(client: wecom.WecomClient, user_ticket: str, subject: Subject, at: datetime) -> None:
    """The member agreed to show his number. If nothing comes of it he binds by hand."""
    try:
        mobile = client.detail_of_ticket(user_ticket).mobile
        if mobile:
            bind_by_phone(subject=subject, number=mobile, at=at)
    except (errors.PlatformError, PhoneUnknown, bindings.AlreadyBound) as exc:
        logger.info("not bound by phone: %s", getattr(exc, "code", type(exc).__name__))


def _translated(exc: errors.PlatformError | DomainError) -> DomainError:
    match exc:
        case DomainError():
            return exc
        case errors.CodeSpent():
            return claims.CodeRefused()
        case errors.NotAMember():
            return NotAMember()
        case errors.Configuration():
            logger.error("nobody can sign in by this door: %s", exc)
    return claims.LoginUnanswered(retry_after_s=2)
