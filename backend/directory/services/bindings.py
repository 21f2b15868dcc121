"""Which outside identity stands for which employee: (provider, corporation or app, the platform's id for him).

A binding is made by somebody who has proved both sides: signed in here and there (`confirmed`), the same verified
phone number on both (`phone`), or by the directory. One subject stands for one person, and of several who claim it at
once one wins.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import IntegrityError, transaction

from backend.core.actor import Actor
from backend.core.errors import Conflict, Forbidden, Invalid, NotFound
from backend.core.text import bilingual
from backend.core.transactions import commits_in_steps
from backend.directory.models import Door, Employee, Identity
from backend.directory.services import sessions
from backend.events import services as events

Provider, How = Identity.Provider, Identity.How
TICKET_LIFETIME = timedelta(minutes=10)
_SALT = "waiqin.binding-ticket"
DOORS = {Provider.WECOM: (Door.WECOM, Door.WECOM_MINI_PROGRAM), Provider.WECHAT: (Door.WECHAT,)}


class IdentityTaken(Conflict):
    code = "identity_taken"
    message = bilingual("该微信账号已绑定其他员工。", "This account is already bound to somebody else.")


class AlreadyBound(Conflict):
    code = "already_bound"
    message = bilingual("您已绑定另一个账号，请先解绑。", "You have bound another account; unbind it first.")


class LastDoor(Conflict):
    code = "last_door"
    message = bilingual(
        "这是您唯一的登录方式，请先设置密码。", "This is your only way to sign in. Have a password set first."
    )


class TicketRefused(Invalid):
    code = "binding_ticket_refused"
    message = bilingual("绑定凭证无效或已过期，请重新授权。", "The binding ticket is not valid any more. Begin anew.")


class IdentityNotBound(Forbidden):
    """`data` holds a ticket that stands for the proved identity, and the seconds for which it does."""

    code = "identity_not_bound"
    message = bilingual("该账号尚未绑定员工。", "This account is not bound to an employee yet.")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a platform has proved: this is he, in that corporation or app."""

    company_id: UUID
    provider: str
    tenant: str
    id: str

    @property
    def key(self) -> str:
        return Identity.key_of(self.provider, self.id)


@transaction.atomic(savepoint=False)
def employee_of(*, subject: Subject) -> Employee | None:
    """Whom this identity stands for in that company, active or not."""
    identity = (
        Identity.objects.select_related("employee")
        .filter(
            company_id=subject.company_id, provider=subject.provider, tenant=subject.tenant, subject_key=subject.key
        )
        .first()
    )
    return identity.employee if identity else None


@commits_in_steps("it writes no row")
def not_bound(*, subject: Subject, device_id: str, at: datetime) -> IdentityNotBound:
    """The answer to a proved identity that stands for nobody, with a ticket good on this device only."""
    until = at + TICKET_LIFETIME
    content = [str(subject.company_id), subject.provider, subject.tenant, subject.id, device_id, until.timestamp()]
    return IdentityNotBound(ticket=signing.dumps(content, salt=_SALT), expires_in=int(TICKET_LIFETIME.total_seconds()))


@commits_in_steps("it reads no row")
def read_ticket(*, ticket: str, device_id: str, at: datetime) -> Subject:
    """Raises TicketRefused."""
    try:
        company, provider, tenant, subject, device, until = signing.loads(ticket, salt=_SALT)
    except (signing.BadSignature, ValueError) as exc:
        raise TicketRefused() from exc
    if device != device_id or until <= at.timestamp():
        raise TicketRefused()
    return Subject(UUID(company), provider, tenant, subject)


@transaction.atomic
def bind(*, actor: Actor, employee_id: UUID, subject: Subject, how: str, at: datetime | None = None) -> Identity:
    """The caller has proved both sides. Twice is once.

    Raises IdentityTaken, AlreadyBound where the employee has another identity there, or NotFound.
    """
    employee = (
        Employee.objects.select_for_update(of=("self",))
        .filter(pk=employee_id, company_id=actor.company_id, is_active=True)
        .first()
    )
    if employee is None or subject.company_id != employee.company_id:
        raise NotFound()
    try:
        with transaction.atomic():
            identity, created = Identity.objects.get_or_create(
                provider=subject.provider,
                tenant=subject.tenant,
                subject_key=subject.key,
                defaults={
                    "company_id": employee.company_id,
                    "employee": employee,
                    "subject": subject.id,
                    "how": how,
                    **({"bound_at": at} if at else {}),
                },
            )
    except IntegrityError as exc:  # one_identity_per_tenant
        raise AlreadyBound() from exc
    if identity.employee_id != employee.pk:
        raise IdentityTaken()
    if created:
        events.record(
            "employee.identity_bound",
            employee,
            actor=actor,
            at=at,
            provider=subject.provider,
            tenant=subject.tenant,
            how=how,
        )
    return identity


@transaction.atomic
def unbind(*, actor: Actor, provider: str, at: datetime) -> None:
    """The actor's own identities with this provider. Sessions opened with them end, but for the one that asks. Twice
    is once.

    Raises LastDoor where no other way to sign in would be left.
    """
    employee = Employee.objects.select_for_update().get(pk=actor.person_id)
    others = employee.identities.exclude(provider=provider)
    if not employee.has_usable_password() and not others.exists():
        raise LastDoor()
    _unbind(actor, employee, list(employee.identities.filter(provider=provider)), at)


@transaction.atomic
def unbind_identity(*, actor: Actor, identity_id: int, at: datetime) -> None:
    """By an administrator. Twice is once."""
    actor.require("directory.manage")
    identity = Identity.objects.select_related("employee").filter(pk=identity_id, company_id=actor.company_id).first()
    if identity is not None:
        _unbind(actor, identity.employee, [identity], at)


def _unbind(actor: Actor, employee: Employee, identities: list[Identity], at: datetime) -> None:
    for identity in identities:
        identity.delete()
        events.record(
            "employee.identity_unbound",
            employee,
            actor=actor,
            at=at,
            provider=identity.provider,
            tenant=identity.tenant,
        )
        sessions.end_sessions_of_door(
            actor=actor,
            employee_id=employee.pk,
            doors=DOORS[Provider(identity.provider)],
            reason="identity_unbound",
            at=at,
        )
