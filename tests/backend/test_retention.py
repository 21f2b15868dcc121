"""Beat forgets what is past its time, and nothing else: a row of each kind long past it, and one that is not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.apps import apps
from django.contrib.sessions.models import Session as AdminSession
from django.db.models import Model

from backend.core import clock, forgetting
from backend.core.ids import new_id
from backend.customers.models import CustomerImport
from backend.directory.models import Device, LoginRecord, PendingSignIn, RefreshToken, Revocation, Session, Throttle
from backend.documents.models import Share
from backend.erp.models import ErpSystem, InboxMessage
from backend.events.models import Delivery, Event
from backend.events.owed import Owed
from backend.exports.models import Export
from backend.wechat.models import App, Callback, LoginCode, SyncRun, WecomDirectory
from tests.support.cast import Cast

LONG_AGO, LATELY = timedelta(days=400), timedelta(hours=1)
Make = Callable[[Cast, datetime], Model]


def of(cast: Cast) -> dict[str, Any]:
    return {"company": cast.company}


def session(cast: Cast, at: datetime) -> Session:
    times = {"created_at": at, "last_seen_at": at, "expires_at": at + timedelta(days=180)}
    return Session.objects.create(**of(cast), employee=cast.li, device_id=str(new_id()), **times)


def device(cast: Cast, at: datetime) -> Device:
    return Device.objects.create(
        **of(cast), employee=cast.li, device_id=str(new_id()), status="trusted", created_at=at, last_signed_in_at=at
    )


def digest() -> bytes:
    return new_id().bytes * 2


def app(cast: Cast) -> App:
    return App.objects.get_or_create(**of(cast), kind="mini_program", platform_id="wx")[0]


def done(model: Any, cast: Cast, at: datetime, **fields: Any) -> Model:
    row = model.objects.create(**of(cast), status="done", finished_at=at, **fields)
    model.objects.filter(pk=row.pk).update(created_at=at)
    return row


def delivery(cast: Cast, at: datetime) -> Model:
    event = Event.objects.create(
        **of(cast), name="x", subject_type="directory.employee", subject_id=cast.li.pk, data={}, at=at
    )
    return done(Delivery, cast, at, event=event, consumer="x")


def inbox_message(cast: Cast, at: datetime, **fields: Any) -> Model:
    system, _ = ErpSystem.objects.get_or_create(**of(cast), code="u8", kind="generic")
    told = {"external_id": str(new_id()), "digest": digest(), "payload": {}, "received_at": at}
    return done(InboxMessage, cast, at, system=system, **told)


KINDS: dict[str, Make] = {
    "a login": lambda c, at: LoginRecord.objects.create(**of(c), door="password", outcome="refused", at=at),
    "a session": session,
    "a refresh token": lambda c, at: RefreshToken.objects.create(
        **of(c), session=session(c, clock.now()), hash=digest(), created_at=at
    ),
    "a revocation": lambda c, at: Revocation.objects.create(**of(c), employee=c.li, at=at),
    "a device": device,
    "a sign-in that waits": lambda c, at: PendingSignIn.objects.create(
        **of(c),
        device=device(c, clock.now()),
        door="password",
        ticket_hash=digest(),
        created_at=at,
        expires_at=at + timedelta(minutes=10),
    ),
    "a count of guesses": lambda c, at: Throttle.objects.create(key=str(new_id()), last_failure_at=at),
    "a session of the admin site": lambda c, at: AdminSession.objects.create(
        session_key=str(new_id())[:32], session_data="", expire_date=at + timedelta(hours=12)
    ),
    "a code with its OAuth state": lambda c, at: LoginCode.objects.create(
        **of(c), app=app(c), code_hash=digest(), state_hash=digest(), device_id="x", created_at=at
    ),
    "a share that has ended": lambda c, at: Share.objects.create(
        **of(c), document_type="customers.customer", document_id=new_id(), employee=c.li, until=at + timedelta(days=9)
    ),
    "a callback": lambda c, at: done(Callback, c, at, app=app(c), digest=digest(), name="x", text="", received_at=at),
    "a comparison": lambda c, at: done(
        SyncRun, c, at, directory=WecomDirectory.objects.get_or_create(**of(c), corp_id="ww")[0], mode="preview"
    ),
    "a delivery": delivery,
    "a message of an ERP": inbox_message,
    "a file of customers": lambda c, at: done(
        CustomerImport, c, at, created_by=c.li, name="x", digest=digest(), content=b"", phase="applied"
    ),
    "an export": lambda c, at: done(
        Export,
        c,
        at,
        requested_by=c.li,
        kind="customers",
        created_from=digest(),
        expires_at=at + timedelta(days=7),
    ),
}


def beat(settings) -> None:
    current_app.loader.import_default_modules()
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        current_app.tasks[entry["task"]]()


def there(row: Model) -> bool:
    return type(row)._default_manager.filter(pk=row.pk).exists()


def test_each_kind_goes_in_its_time_and_not_before(cast, settings):
    now = clock.now()
    old = {kind: make(cast, now - LONG_AGO) for kind, make in KINDS.items()}
    new = {kind: make(cast, now - LATELY) for kind, make in KINDS.items()}
    events = Event.objects.count()
    for _ in range(2):  # twice is once
        beat(settings)
        assert [kind for kind, row in old.items() if there(row)] == []
        assert [kind for kind, row in new.items() if not there(row)] == []
    assert Event.objects.count() == events, "events are the audit log"


def test_what_a_person_must_see_to_stays(cast, settings):
    stuck = [delivery(cast, clock.now() - LONG_AGO), inbox_message(cast, clock.now() - LONG_AGO)]
    stuck.append(KINDS["a callback"](cast, clock.now() - LONG_AGO))
    for row, status in zip(stuck, ("dead", "pending", "dead"), strict=True):
        type(row)._default_manager.filter(pk=row.pk).update(status=status)
    beat(settings)
    assert all(map(there, stuck))


def test_a_portion_at_a_time(cast, monkeypatch):
    monkeypatch.setattr(forgetting, "AT_ONCE", 3)
    for _ in range(10):
        KINDS["a count of guesses"](cast, clock.now())
    assert forgetting.forget(Throttle.objects.all()) == 10


STAYS = {
    "Outbox": "its keys keep an order from being sent twice",
    "FileJob": "is the file's own history",
    "Message": "is part of an inbox",
    "Identity": "is a binding, ended by unbinding",
    "LoginRestriction": "is a setting",
}


def test_whatever_grows_by_being_used_has_a_rule_or_a_reason(cast):
    """Tables of sign-ins, and of work that was owed."""
    ours = [model for model in apps.get_models() if model.__module__.startswith(("backend.", "notifications."))]
    rooms = ("directory.models.sessions", "directory.models.logins")
    growing = {model for model in ours if issubclass(model, Owed) or model.__module__.endswith(rooms)}
    ruled = {type(make(cast, clock.now())) for make in KINDS.values()}
    assert {model.__name__ for model in growing - ruled} == set(STAYS)
