"""Signing in, staying in and signing out. RFC 9700: refresh tokens are single-use and bound to a device; a reused one
ends its whole session, except for a short grace in which the reply may have been lost on the way to the same device.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from backend.core.actor import Actor
from backend.core.context import origin
from backend.core.errors import NotFound, Unauthenticated
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory import tokens
from backend.directory.models import Employee, RefreshToken, Revocation, Session
from backend.directory.services import throttling
from backend.events import services as events

SESSION_LIFETIME = timedelta(days=180)
"""Absolute: however often it is refreshed, a session ends then."""
REUSE_GRACE = timedelta(seconds=30)
ATTEMPTS_PER_ACCOUNT = 5
ATTEMPTS_PER_ADDRESS = 100


class BadCredentials(Unauthenticated):
    """One answer for a wrong company, number, password or a leaver: nobody learns which accounts exist."""

    code = "bad_credentials"
    message = bilingual("企业代码、工号或密码不正确。", "The company, number or password is not right.")


class RefreshRefused(Unauthenticated):
    code = "refresh_refused"
    message = bilingual("登录已失效，请重新登录。", "This sign-in has ended. Sign in again.")


@dataclass(frozen=True, slots=True)
class Device:
    id: str
    name: str = ""
    app: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    access_token: str
    refresh_token: str
    session: Session
    must_change_password: bool

    @property
    def expires_in_s(self) -> int:
        return int(tokens.ACCESS_LIFETIME.total_seconds())


@commits_in_steps("an attempt stays counted although the sign-in fails")
def log_in(*, company: str, number: str, password: str, device: Device, at: datetime) -> SignedIn:
    """Raises BadCredentials, or TooManyAttempts with the seconds to wait."""
    login = f"{company}/{number}".strip().lower()
    account, address = f"account:{login}", f"address:{origin().address}"
    wait = throttling.count_attempt(key=account, free=ATTEMPTS_PER_ACCOUNT, at=at)
    wait = wait or throttling.count_attempt(key=address, free=ATTEMPTS_PER_ADDRESS, at=at)
    if wait:
        raise throttling.TooManyAttempts(retry_after_s=wait)
    employee = Employee.objects.filter(login=login, is_active=True).first()
    if employee is None:
        make_password(password)  # as slow as the real check, so that timing does not tell either
        raise BadCredentials()
    if not check_password(password, employee.password):
        raise BadCredentials()
    throttling.forgive(key=account)
    return open_session(employee_id=employee.pk, device=device, at=at)


@transaction.atomic
def open_session(*, employee_id: UUID, device: Device, at: datetime) -> SignedIn:
    """For an employee whose identity has been proved by one of the doors."""
    employee = Employee.objects.select_for_update().get(pk=employee_id)
    if not employee.is_active:
        raise BadCredentials()
    session = Session.objects.create(
        company_id=employee.company_id,
        employee=employee,
        device_id=device.id,
        device_name=device.name,
        app=device.app,
        address=origin().address,
        created_at=at,
        last_seen_at=at,
        expires_at=at + SESSION_LIFETIME,
    )
    events.record("session.opened", session, actor=_self(employee), at=at, device=device.name)
    return _issue(session, employee, at=at)


@commits_in_steps("a reused token ends the session although the refresh fails")
def refresh(*, refresh_token: str, device_id: str, at: datetime) -> SignedIn:
    """New tokens for old. Sent twice from one device within REUSE_GRACE both get tokens: the first reply may be lost.

    Raises RefreshRefused; a token used again later, or from another device, ends the session.
    """
    renewed = _rotate(refresh_token, device_id, at)
    if renewed is None:
        raise RefreshRefused()
    return renewed


@transaction.atomic
def _rotate(refresh_token: str, device_id: str, at: datetime) -> SignedIn | None:
    token = (
        RefreshToken.objects.select_for_update(of=("self",))
        .select_related("session", "session__employee")
        .filter(hash=tokens.refresh_hash(refresh_token))
        .first()
    )
    if token is None:
        return None
    session, employee = token.session, token.session.employee
    ended = session.revoked_at is not None or session.expires_at <= at or not employee.is_active
    if ended or token.created_at + tokens.REFRESH_LIFETIME <= at:
        return None
    if session.device_id != device_id:
        _end([session], employee, reason="other_device", at=at, actor=_self(employee))
        return None
    if token.used_at is not None and token.used_at + REUSE_GRACE < at:
        _end([session], employee, reason="token_reused", at=at, actor=_self(employee))
        return None
    if token.used_at is None:
        RefreshToken.objects.filter(pk=token.pk).update(used_at=at)
    Session.objects.filter(pk=session.pk).update(last_seen_at=at, address=origin().address)
    return _issue(session, employee, at=at)


@transaction.atomic
def log_out(*, actor: Actor, at: datetime) -> None:
    """Ends the session that asks. Twice is once."""
    if actor.session_id is not None:
        _end_by_id(actor, actor.session_id, reason="logged_out", at=at)


@transaction.atomic
def end_session(*, actor: Actor, session_id: UUID, at: datetime) -> None:
    """A person ends one of his own sessions, on this device or another. Twice is once."""
    _end_by_id(actor, session_id, reason="revoked", at=at)


@transaction.atomic
def end_all_sessions(*, actor: Actor, employee_id: UUID, reason: str, at: datetime) -> None:
    """At once and for every device: dismissal, new password, changed rights."""
    employee = Employee.objects.get(pk=employee_id, company_id=actor.company_id)
    _end(
        list(Session.objects.filter(employee=employee, revoked_at=None)),
        employee,
        reason=reason,
        at=at,
        actor=actor,
    )
    forget_rights(actor=actor, employee_id=employee_id, at=at)


@transaction.atomic
def end_other_sessions(*, actor: Actor, reason: str, at: datetime) -> None:
    """Every session of the actor but the one that asks."""
    employee = Employee.objects.get(pk=actor.person_id, company_id=actor.company_id)
    others = Session.objects.filter(employee=employee, revoked_at=None)
    if actor.session_id is not None:
        others = others.exclude(pk=actor.session_id)
    _end(list(others), employee, reason=reason, at=at, actor=actor)


@transaction.atomic
def forget_rights(*, actor: Actor, employee_id: UUID, at: datetime) -> None:
    """Make every process read this employee's rights anew; his sessions go on."""
    Revocation.objects.create(company_id=actor.company_id, employee_id=employee_id, session=None, at=at)


def _end_by_id(actor: Actor, session_id: UUID, *, reason: str, at: datetime) -> None:
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("employee")
        .filter(pk=session_id, company_id=actor.company_id, employee_id=actor.person_id)
        .first()
    )
    if session is None:
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
