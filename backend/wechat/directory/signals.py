"""What a callback about the directory sets off: whom it names is looked up at the platform, and that is applied.

Since 2022-08-15 a callback says little more than an id, and what it says may be old by the time it is worked on: so it
is a signal and no message. Callbacks about one person come one after another (`callbacks.working`).
"""

import logging
from collections.abc import Collection
from dataclasses import replace

from backend.core import clock
from backend.core.actor import Actor
from backend.wechat.callbacks.messages import Message
from backend.wechat.callbacks.models import Callback
from backend.wechat.directory import answers, reading, services
from backend.wechat.directory.models import DepartmentLink, WecomDirectory
from backend.wechat.directory.reading import Sources
from backend.wechat.directory.snapshot import Party, Person, Snapshot
from backend.wechat.errors import PlatformError

logger = logging.getLogger(__name__)
DEEPEST = 20
"""Levels of departments, more than the platform allows."""


def contact_changed(callback: Callback, message: Message) -> None:
    """At least once for each callback; the same again changes nothing. What a call raises decides what follows."""
    change = message.event
    actor = Actor.system(callback.company_id)
    corp_id = callback.app.platform_id
    directory = WecomDirectory.objects.filter(company_id=callback.company_id, corp_id=corp_id).first()
    imported = directory if directory is not None and directory.imported_at is not None else None
    user_id, party_id = change.user_id or "", change.party_id or ""
    match change.change_type:
        case "create_user" | "update_user" | "delete_user" if answers.is_user_id(user_id):
            is_deleted = change.change_type == "delete_user"
            if imported is not None:
                new_id = change.new_user_id or ""
                _person_changed(actor, imported, user_id, new_id, is_deleted=is_deleted)
            if is_deleted:
                services.close_door(actor=actor, corp_id=corp_id, user_id=user_id, at=clock.now())
        case "create_party" | "update_party" | "delete_party" if imported and party_id.isdecimal():
            _party_changed(actor, imported, int(party_id))


def _person_changed(actor: Actor, directory: WecomDirectory, user_id: str, new_id: str, *, is_deleted: bool) -> None:
    if answers.is_user_id(new_id):
        services.rename_member(actor=actor, directory_id=directory.pk, old=user_id, new=new_id, at=clock.now())
        user_id = new_id
    at = clock.now()
    try:
        sources = reading.sources_of(directory)
        person = reading.read_person(sources, user_id)
    except PlatformError as exc:
        if not is_deleted:
            raise
        # A leaver does not stay because the platform cannot be asked; the night brings back who was dismissed in error.
        logger.warning("dismissed without asking again: %s", exc)
        person = None
    if person is None:
        gone = frozenset({user_id.lower()})
        snapshot = Snapshot(at, parties={}, people={}, gone=gone)
    else:
        snapshot = Snapshot(at, parties=_unknown_parties(sources, directory, person), people={person.key: person})
    services.apply_part(actor=actor, directory_id=directory.pk, snapshot=snapshot, at=clock.now())


def _party_changed(actor: Actor, directory: WecomDirectory, party_id: int) -> None:
    at = clock.now()
    sources = reading.sources_of(directory)
    party = reading.read_party(sources, party_id)
    if party is None:
        snapshot = Snapshot(at, parties={}, people={}, gone_parties=frozenset({party_id}))
    else:
        known = dict(DepartmentLink.objects.filter(directory=directory).values_list("external_id", "leaders"))
        if not party.leaders:  # the department itself does not always say; its members did
            party = replace(party, leaders=tuple(known.get(party_id, ())))
        parties = {party.id: party, **_chain(sources, party.parent_id, known.keys())}
        snapshot = Snapshot(at, parties=parties, people={})
    services.apply_part(actor=actor, directory_id=directory.pk, snapshot=snapshot, at=clock.now())


def _unknown_parties(sources: Sources, directory: WecomDirectory, person: Person) -> dict[int, Party]:
    """A member may arrive before the callback about his department does."""
    known = set(DepartmentLink.objects.filter(directory=directory).values_list("external_id", flat=True))
    parties: dict[int, Party] = {}
    for party_id in person.party_ids:
        parties |= _chain(sources, party_id, known)
    return parties


def _chain(sources: Sources, party_id: int, known: Collection[int]) -> dict[int, Party]:
    """The department and those above it, up to one we know."""
    parties: dict[int, Party] = {}
    while party_id and party_id not in known and party_id not in parties and len(parties) < DEEPEST:
        party = reading.read_party(sources, party_id)
        if party is None:
            break
        parties[party.id] = party
        party_id = party.parent_id
    return parties
