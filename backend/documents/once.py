"""Creates that may be repeated: the device chooses the id, so a retried request finds its own row."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction

from backend.core.actor import Actor
from backend.core.errors import IdReused
from backend.core.ids import new_id
from backend.documents.models import Document

M = TypeVar("M", bound=Document)
Identity = dict[str, Any]


def fingerprint(content: Mapping[str, Any]) -> bytes:
    """SHA-256 of the canonical JSON of a request."""
    try:
        canonical = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:  # a whole number of more than 64 bits
        canonical = json.dumps(content, default=str, sort_keys=True).encode()
    return hashlib.sha256(canonical).digest()


def create_once(
    model: type[M],
    *,
    id: UUID | None,
    actor: Actor,
    content: Mapping[str, Any],
    create: Callable[[Identity], M],
) -> tuple[M, bool]:
    """The new document and True, or the one that a lost reply hid from the device and False.

    `create` gets id, company, owner, department and fingerprint to build the row with, and also runs whatever else
    belongs to the creation. Raises IdReused where the id stands for other content or for somebody else's document.
    """
    stamp = fingerprint(content)
    stored: Any = model.objects  # of M, which django-stubs cannot tell through a type variable
    if id is not None and (existing := stored.filter(pk=id).first()):
        return _same(existing, actor, stamp), False
    identity: Identity = {
        "id": id or new_id(),
        "company_id": actor.company_id,
        "owner_id": actor.person_id,
        "department_id": actor.home_id,
        "created_from": stamp,
    }
    try:
        with transaction.atomic():
            return create(identity), True
    except IntegrityError:
        existing = stored.filter(pk=identity["id"]).first()
        if existing is None:
            raise
        return _same(existing, actor, stamp), False


def _same(existing: M, actor: Actor, stamp: bytes) -> M:
    mine = existing.company_id == actor.company_id and existing.owner_id == actor.employee_id
    if not mine or bytes(existing.created_from or b"") != stamp:
        raise IdReused()
    return existing
