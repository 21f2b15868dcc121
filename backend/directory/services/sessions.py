"""Signing in, staying in and signing out. RFC 9700: refresh tokens are single-use and bound to a device; a reused one
ends its whole session, except for a short grace in which the reply may have been lost on the way to the same device.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import DomainError, Forbidden, NotFound, Unauthenticated
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory import tokens
from backend.directory.models import (
    Door,
    Employee,
    LoginRecord,
    LoginRestriction,
    RefreshToken,
    Revocation,
    Session,
)
from backend.directory.services import logins, restrictions
from backend.directory.services.logins import Device as Device
from backend.events import services as events

SESSION_LIFETIME = timedelta(days=180)
"""Absolute: however often it is refreshed, a session ends then."""
REUSE_GRACE = timedelta(seconds=30)


class BadCredentials(Unauthenticated):
    """One answer for a wrong company, number, password or a leaver: nobody learns which accounts exist."""

    code = "bad_credentials"
    message = bilingual("企业代码、工号或密码不正确。", "The company, number or password is not right.")


class AccountClosed(Forbidden):
    """For whoever has proved who he is by a door that is not his password."""

    code = "account_closed"
    message = bilingual("您的账号已停用。", "Your account is closed.")


class RefreshRefused(Unauthenticated):
    code = "refresh_refused"
    message = bilingual("登录已失效，请重新登录。", "This sign-in has ended. Sign in again.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    access_token: str
    refresh_token: str
    session: Session
    must_change_password: bool

    @property
    def expires_in_s(self) -> int:
        return int(tokens.ACCESS_LIFETIME.total_seconds())


@transaction.atomic
def open_session(*, employee_id: UUID, device: Device, door: str = Door.PASSWORD, at: datetime) -> SignedIn:
    """For an employee whom `entry.enter` lets in; it asks of restrictions and devices, this does not."""
    employee = Employee.objects.select_for_update().get(pk=employee_id)
    if not employee.is_active:
        raise AccountClosed()
    session = Session.objects.create(
        company_id=employee.company_id,
        employee=employee,
        device_id=device.id,
        device_name=device.name,
        app=device.app,
        door=door,
        address=origin().address,
        created_at=at,
        last_seen_at=at,
        expires_at=at + SESSION_LIFETIME,
    )
    events.record("session.opened", session, actor=_self(employee), at=at, device=device.name, door=door)
    return _issue(session, employee, at=at)


@transaction.atomic
def continue_session(*, session_id: UUID, at: datetime) -> SignedIn | None:
    """New tokens for a session whose first reply may have been lost; None if it has ended meanwhile."""
    session = Session.objects.select_for_update(of=("self",)).select_related("employee").filter(pk=session_id).first()
    return None if session is None or _has_ended(session, at) else _issue(session, session.employee, at=at)


@commits_in_steps("a reused token ends the session although the refresh fails")
def refresh(*, refresh_token: str, device_id: str, at: datetime) -> SignedIn:
    """New tokens for old. Sent twice from one device within REUSE_GRACE both get tokens: the first reply may be lost.

    Raises RefreshRefused; a token used again later, or from another device, ends the session.
    """
    outcome = _rotate(refresh_token, device_id, at)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@transaction.atomic
def _rotate(refresh_token: str, device_id: str, at: datetime) -> SignedIn | DomainError:
    restricted = LoginRestriction.objects.filter(role__assignments__employee=OuterRef("session__employee"))
    token = (
        RefreshToken.objects.select_for_update(of=("self",))
        .select_related("session", "session__employee")
        .annotate(restricted=Exists(restricted))
        .filter(hash=tokens.refresh_hash(refresh_token))
        .first()
    )
    if token is None:
        return RefreshRefused()
    session, employee = token.session, token.session.employee
    if _has_ended(session, at) or token.created_at + tokens.REFRESH_LIFETIME <= at:
        return RefreshRefused()
    if session.device_id != device_id:
        return _end_stolen(session, device_id, reason="other_device", at=at)
    if token.used_at is not None and token.used_at + REUSE_GRACE < at:
        return _end_stolen(session, device_id, reason="token_reused", at=at)
    if token.restricted:
        refusal = restrictions.refusal_of_renewal(employee=employee, device_id=device_id, at=at)
        if refusal is not None:  # the token stays unused: the session may go on in the morning
            _note_refusal(session, device_id, reason=refusal.code, at=at)
            return refusal
    if token.used_at is None:
        RefreshToken.objects.filter(pk=token.pk).update(used_at=at)
    Session.objects.filter(pk=session.pk).update(last_seen_at=at, address=origin().address)
    return _issue(session, employee, at=at)


def _has_ended(session: Session, at: datetime) -> bool:
    return session.revoked_at is not None or session.expires_at <= at or not session.employee.is_active


def _end_stolen(session: Session, device_id: str, *, reason: str, at: datetime) -> RefreshRefused:
    _end([session], session.employee, reason=reason, at=at, actor=_self(session.employee))
    _note_refusal(session, device_id, reason=reason, at=at)
    return RefreshRefused()


def _note_refusal(session: Session, device_id: str, *, reason: str, at: datetime) -> None:
    logins.note(
        company_id=session.company_id,
        employee_id=session.employee_id,
        session=session,
        door=Door.REFRESH,
        outcome=LoginRecord.Outcome.REFUSED,
        reason=reason,
        device=Device(id=device_id, app=session.app),
        at=at,
    )


@transaction.atomic
def log_out(*, actor: Actor, at: datetime) -> None:
    """Ends the session that asks. Twice is once."""
    if actor.session_id is not None:
        _end_by_id(actor, actor.session_id, reason="logged_out", at=at)


@transaction.atomic
def log_out_everywhere(*, actor: Actor, keep_this: bool, at: datetime) -> None:
    """Ends every session of the actor at once; the one that asks too, unless it is to be kept."""
    if keep_this:
        end_other_sessions(actor=actor, reason="logged_out_everywhere", at=at)
    else:
        end_all_sessions(actor=actor, employee_id=actor.person_id, reason="logged_out_everywhere", at=at)


@transaction.atomic
def end_session(*, actor: Actor, session_id: UUID, at: datetime) -> None:
    """A person ends one of his own sessions, on this device or another; an administrator anybody's. Twice is once."""
    _end_by_id(actor, session_id, reason="revoked", at=at)


@transaction.atomic
def end_all_sessions(*, actor: Actor, employee_id: UUID, reason: str, at: datetime) -> None:
    """At once and for every device: dismissal, new password, changed rights."""
    employee = Employee.objects.get(pk=employee_id, company_id=actor.company_id)
    _end(list(_living(actor, employee_id)), employee, reason=reason, at=at, actor=actor)
    forget_rights(actor=actor, employee_id=employee_id, at=at)


@transaction.atomic
def end_other_sessions(*, actor: Actor, reason: str, at: datetime) -> None:
    """Every session of the actor but the one that asks."""
    employee = Employee.objects.get(pk=actor.person_id, company_id=actor.company_id)
    others = _living(actor, employee.pk)
    if actor.session_id is not None:
        others = others.exclude(pk=actor.session_id)
    _end(list(others), employee, reason=reason, at=at, actor=actor)


@transaction.atomic
def end_sessions_of_device(*, actor: Actor, employee_id: UUID, device_id: str, reason: str, at: datetime) -> None:
    living = _living(actor, employee_id).filter(device_id=device_id)
    _end(list(living), Employee.objects.get(pk=employee_id), reason=reason, at=at, actor=actor)


@transaction.atomic
def end_sessions_of_door(*, actor: Actor, employee_id: UUID, doors: Iterable[str], reason: str, at: datetime) -> None:
    """All but the one that asks."""
    living = _living(actor, employee_id).filter(door__in=list(doors))
    if actor.session_id is not None:
        living = living.exclude(pk=actor.session_id)
    _end(list(living), Employee.objects.get(pk=employee_id), reason=reason, at=at, actor=actor)


@transaction.atomic
def forget_rights(*, actor: Actor, employee_id: UUID, at: datetime) -> None:
    """Make every process read this employee's rights anew; his sessions go on."""
    Revocation.objects.create(company_id=actor.company_id, employee_id=employee_id, session=None, at=at)


def _living(actor: Actor, employee_id: UUID) -> QuerySet[Session]:
    return Session.objects.filter(company_id=actor.company_id, employee_id=employee_id, revoked_at=None)


def _end_by_id(actor: Actor, session_id: UUID, *, reason: str, at: datetime) -> None:
    sessions = Session.objects.select_for_update(of=("self",)).select_related("employee")
    session = sessions.filter(pk=session_id, company_id=actor.company_id).first()
    if session is None or not (session.employee_id == actor.employee_id or actor.may("directory.manage")):
        raise NotFound()
    if session.revoked_at is None:
        _end([session], session.employee, reason=reason, at=at, actor=actor)


def _end(sessions: list[Session], employee: Employee, *, reason: str, at: datetime, actor: Actor) -> None:
    for session in sessions:
        session.revoked_at, session.revoked_reason = at, reason
        session.save(update_fields=["revoked_at", "revoked_reason"])
        Revocation.objects.create(company_id=employee.company_id, employee=employee, session=session, at=at)
        events.record("session.ended", session, actor=actor, at=at, reason=reason)


def _issue(session: Session, employee: Employee, *, at: datetime) -> SignedIn:
    refresh_token = tokens.new_refresh_token()
    RefreshToken.objects.create(
        company_id=session.company_id, session=session, hash=tokens.refresh_hash(refresh_token), created_at=at
    )
    access = tokens.sign_access(employee_id=employee.pk, company_id=employee.company_id, session_id=session.pk, at=at)
    return SignedIn(access, refresh_token, session, employee.must_change_password)


def _self(employee: Employee) -> Actor:
    return Actor(company_id=employee.company_id, employee_id=employee.pk, department_id=employee.department_id)
