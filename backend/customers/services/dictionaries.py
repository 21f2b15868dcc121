"""The company's own words for its customers."""

from datetime import datetime

from django.db import transaction

from backend.core.actor import Actor
from backend.core.errors import Invalid
from backend.core.text import bilingual
from backend.customers.models import DictionaryEntry
from backend.events import services as events


class CodeTooLong(Invalid):
    code = "code_too_long"
    message = bilingual("编码过长。", "The code is too long.")


@transaction.atomic
def put_entry(
    *,
    actor: Actor,
    kind: str,
    code: str,
    name: str,
    name_en: str = "",
    position: int = 0,
    is_active: bool = True,
    at: datetime,
) -> DictionaryEntry:
    """An entry of this code, new or as it is to be from now on; customers keep what they have. Twice is once.

    Raises CodeTooLong.
    """
    actor.require("role.manage")
    if len(code) > (most := DictionaryEntry.LONGEST[DictionaryEntry.Kind(kind)]):
        raise CodeTooLong(fields={"code": str(bilingual(f"最多 {most} 个字符。", f"At most {most} characters."))})
    given = {"name": name, "name_en": name_en, "position": position, "is_active": is_active}
    entry, new = DictionaryEntry.objects.get_or_create(
        company_id=actor.company_id, kind=kind, code=code, defaults=given
    )
    before = {} if new else {column: getattr(entry, column) for column in given}
    if before != given:
        DictionaryEntry.objects.filter(pk=entry.pk).update(**given)
        entry.refresh_from_db()
        told = {"kind": kind, "code": code, "before": before, "after": given}
        events.record("dictionary_entry.changed", entry, actor=actor, at=at, **told)
    return entry
