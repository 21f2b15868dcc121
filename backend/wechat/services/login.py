"""The doors of WeChat and WeCom: a code proves who somebody is to the platform, a binding who he is to us."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import DomainError, NotFound, Unavailable
from backend.core.transactions import commits_in_steps
from backend.directory import attempts
from backend.directory.attempts import Counter
from backend.directory.models import Company, Door, Identity, LoginRecord
from backend.directory.selectors import device_id_of
from backend.directory.services import bindings, entry, logins, sessions, throttling
from backend.directory.services.bindings import Subject
from backend.directory.services.sessions import SignedIn
from backend.wechat import doors, oauth
from backend.wechat.models import App, LoginCode
from backend.wechat.services import claims, exchange


@dataclass(frozen=True, slots=True)
class Proof:
    """What a device brings. `state` and `verifier` belong to the web page login, which takes no code without them."""

    door: str
    code: str
    app: str = ""
    state: str = ""
    verifier: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    url: str
    state: str

    @property
    def expires_in_s(self) -> int:
        return int(oauth.LIFETIME.total_seconds())


@commits_in_steps("it writes nothing")
def begin(*, company: str, app: str, redirect_uri: str, challenge: str, scope: str, at: datetime) -> Begun:
    """The first step of the web page login; writes nothing. Raises NotFound or RedirectRefused."""
    found = doors.app_for(company_id=_company_id(company), door=Door.WECOM, name=app)
    state = oauth.new_state(found, challenge=challenge, at=at)
    return Begun(oauth.authorize_url(found, redirect_uri=redirect_uri, state=state, scope=scope), state)


@commits_in_steps("the code is claimed before the platform is asked, and spent whatever comes of it")
def sign_in(*, company: str, proof: Proof, device: logins.Device, at: datetime) -> SignedIn:
    """A session for whom the code stands. The same code from the same device within a minute: the same session.

    Raises IdentityNotBound with a ticket, what `exchange.subject_of_code` and `entry.enter` raise, or NotFound.
    """
    app = doors.app_for(company_id=_company_id(company), door=proof.door, name=proof.app)
    address = attempts.of_address()
    throttling.count_attempts(counters=[address], at=at)
    try:
        row = _prove(app, proof, device.id, at)
        signed_in = _enter(row, _subject(app, proof.door, row), proof.door, device, at)
    except DomainError as exc:
        _note(app, proof.door, device, address, exc, at)
        raise
    throttling.give_back(counter=address)
    return signed_in


@commits_in_steps("the code is claimed before the platform is asked, and spent whatever comes of it")
def sign_in_by_phone(*, ticket: str, code: str, device: logins.Device, at: datetime) -> SignedIn:
    """Bind the WeChat account of the ticket to the employee with the phone number of the code, and let him in.

    Raises TicketRefused, what `exchange.subject_of_phone_code` and `entry.enter` raise, or NotFound.
    """
    subject = bindings.read_ticket(ticket=ticket, device_id=device.id, at=at)
    if subject.provider != Identity.Provider.WECHAT:
        raise bindings.TicketRefused()
    app = doors.app_for(company_id=subject.company_id, door=Door.WECHAT, name=subject.tenant)
    address = attempts.of_address()
    throttling.count_attempts(counters=[address], at=at)
    try:
        row = exchange.subject_of_phone_code(app=app, subject=subject, code=code, device_id=device.id, at=at)
        signed_in = _enter(row, subject, Door.WECHAT, device, at)
    except DomainError as exc:
        _note(app, Door.WECHAT, device, address, exc, at)
        raise
    throttling.give_back(counter=address)
    return signed_in


@commits_in_steps("the code is claimed before the platform is asked, and spent whatever comes of it")
def bind_by_code(*, actor: Actor, proof: Proof, at: datetime) -> Identity:
    """A person who is signed in opens a second door for himself. Twice is once.

    Raises what `exchange.subject_of_code` and `bindings.bind` raise, or NotFound.
    """
    app = doors.app_for(company_id=actor.company_id, door=proof.door, name=proof.app)
    row = _prove(app, proof, f"session:{actor.session_id}", at)
    subject = _subject(app, proof.door, row)
    how = Identity.How.CONFIRMED
    return bindings.bind(actor=actor, employee_id=actor.person_id, subject=subject, how=how, at=at)


@transaction.atomic
def bind_by_ticket(*, actor: Actor, ticket: str, at: datetime) -> Identity:
    """The same with the ticket that this device was given when the account was not bound. Raises TicketRefused too."""
    device_id = device_id_of(session_id=actor.session_id) if actor.session_id else ""
    subject = bindings.read_ticket(ticket=ticket, device_id=device_id, at=at)
    how = Identity.How.CONFIRMED
    return bindings.bind(actor=actor, employee_id=actor.person_id, subject=subject, how=how, at=at)


def _prove(app: App, proof: Proof, device_id: str, at: datetime) -> LoginCode:
    if proof.door == Door.WECOM:
        oauth.check_state(app, proof.state, proof.verifier, at=at)
    state = proof.state if proof.door == Door.WECOM else ""
    return exchange.subject_of_code(app=app, door=proof.door, code=proof.code, state=state, device_id=device_id, at=at)


def _subject(app: App, door: str, row: LoginCode) -> Subject:
    return Subject(app.company_id, doors.PROVIDERS[Door(door)], app.platform_id, row.subject)


def _enter(row: LoginCode, subject: Subject, door: str, device: logins.Device, at: datetime) -> SignedIn:
    outcome = _session_of(row, subject, door, device, at)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@transaction.atomic
def _session_of(
    row: LoginCode, subject: Subject, door: str, device: logins.Device, at: datetime
) -> SignedIn | DomainError:
    locked = LoginCode.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.session_id is not None:
        return sessions.continue_session(session_id=locked.session_id, at=at) or claims.CodeRefused()
    employee = bindings.employee_of(subject=subject)
    if employee is None:
        return bindings.not_bound(subject=subject, device_id=device.id, at=at)
    outcome = entry.admit(employee_id=employee.pk, door=door, device=device, at=at)
    if isinstance(outcome, SignedIn):
        locked.session = outcome.session
        locked.save(update_fields=["session"])
    return outcome


def _note(app: App, door: str, device: logins.Device, address: Counter, exc: DomainError, at: datetime) -> None:
    """What `entry` has not: attempts that did not come so far as to an employee."""
    if isinstance(exc, Unavailable):  # nobody's fault; an office shall not be shut out when the platform is back
        throttling.give_back(counter=address)
    if isinstance(exc, entry.NOTED):
        return
    logins.note(
        company_id=app.company_id,
        employee_id=None,
        door=door,
        outcome=LoginRecord.Outcome.REFUSED,
        reason=exc.code,
        device=device,
        at=at,
    )


def _company_id(code: str) -> UUID:
    company_id = Company.objects.filter(code=code.lower()).values_list("pk", flat=True).first()
    if company_id is None:
        raise NotFound()
    return company_id
