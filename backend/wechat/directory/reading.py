"""Asking the platform who is who. Network only: nothing here is written, and nothing may hold a transaction.

Since 2022 two secrets are needed: that of the contacts assistant lists all ids and may show nothing else (48009), that
of an application shows names within its visible range. With one of them alone we do what it allows.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any, TypeVar

from django.db import connection

from backend.core.text import in_both
from backend.wechat.api import WecomApi
from backend.wechat.directory import answers
from backend.wechat.directory.models import WecomDirectory
from backend.wechat.directory.snapshot import Inconsistent, Party, Person, Snapshot, with_leaders
from backend.wechat.errors import Configuration, Permanent, RateLimited, Transient
from backend.wechat.models import App

logger = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")
Watch = Callable[[Sequence[Any]], Iterable[Any]]
"""Shows progress over a sequence, as `tqdm` does."""

PARALLEL = 8
"""Calls at once: far below the platform's limit of 10,000 a minute for one kind of call."""
PAGE = 5000
MAX_PAGES = 1000
ASKED_SINGLY = 1000
"""So many unlisted members are looked up one by one; what is beyond stands outside the app's range anyway."""
TRIES = 3
NOBODY = frozenset({60111, 40003})
OUT_OF_RANGE = frozenset({60011, 60003, 60123, 81013})
NOT_ALLOWED = 48009


@dataclass(frozen=True, slots=True)
class Sources:
    """`ids`: the contacts assistant, where the company has entered it. `details`: who shows names."""

    ids: WecomApi | None
    details: WecomApi


def sources_of(directory: WecomDirectory) -> Sources:
    """Raises Configuration where the company has entered no app of this corporation."""
    apps = App.objects.filter(company_id=directory.company_id, platform_id=directory.corp_id).order_by("pk")
    assistant = apps.filter(kind=App.Kind.WECOM_CONTACTS).first()
    application = apps.filter(kind=App.Kind.WECOM_APP).first()
    shows = application or assistant
    if shows is None:
        raise Configuration(in_both("没有该企业的企业微信应用", "no WeCom app of this corporation is entered"))
    return Sources(WecomApi(assistant) if assistant else None, WecomApi(shows))


def read_whole(
    directory: WecomDirectory, *, known: frozenset[str], at: datetime, watch: Watch = lambda items: items
) -> Snapshot:
    """Everybody there is. `known`: keys of those we have taken over; none of them is missing without being asked for.

    Raises Inconsistent rather than leaving somebody out, and whatever a call may raise; nothing has changed then.
    """
    sources = sources_of(directory)
    shown = {party.id: party for party in map(answers.party, _departments(sources.details, "list", "department"))}
    listed: dict[str, str] = {}
    parties, members_of = dict(shown), dict.fromkeys(shown)
    populated: set[int] = set()
    if sources.ids is not None:
        tree = map(answers.party, _departments(sources.ids, "simplelist", "department_id"))
        parties = {party.id: shown.get(party.id, party) for party in tree}
        listed, populated = _listed_ids(sources.ids)
    people = _people_in(sources.details, sorted(members_of), populated, watch)
    asked = sorted((known | listed.keys()) - people.keys(), key=lambda key: (key not in known, key))
    singly = asked[: max(ASKED_SINGLY, len(known))]
    found = _in_parallel(lambda key: read_person(sources, listed.get(key, key)), singly, watch)
    people |= {person.key: person for person in found if person}
    missing = {key for key, person in zip(singly, found, strict=True) if person is None}
    return Snapshot(
        taken_at=at,
        parties=with_leaders(parties.values(), people.values()),
        people=people,
        gone=frozenset(missing),
        is_whole=True,
        unseen=len(listed.keys() - people.keys()),
    )


def read_person(sources: Sources, user_id: str) -> Person | None:
    """None where there is nobody of this id, or nobody the app may see."""
    try:
        answer = _asked(lambda: sources.details.get("user/get", params={"userid": user_id}))
    except Permanent as exc:
        if exc.errcode in NOBODY | OUT_OF_RANGE:
            return None
        raise
    person = answers.person(answer)
    if person is None or person.key != user_id.lower():
        raise Inconsistent("user/get answered about somebody else")
    return person


def read_party(sources: Sources, party_id: int) -> Party | None:
    """None where there is none, or none the app may see."""
    try:
        answer = _asked(lambda: sources.details.get("department/get", params={"id": party_id}))
    except Permanent as exc:
        if exc.errcode in NOBODY | OUT_OF_RANGE:
            return None
        raise
    return answers.party(answers.rows({"rows": [answer.get("department")]}, "rows")[0])


def _departments(api: WecomApi, call: str, field: str) -> list[answers.Answer]:
    try:
        return answers.rows(_asked(lambda: api.get(f"department/{call}")), field)
    except Configuration as exc:
        if exc.errcode != NOT_ALLOWED:
            raise
        why = in_both(
            "通讯录同步助手只能读取编号：请录入一个可见范围覆盖全员的自建应用",
            "the contacts assistant may read ids only: enter an application that everybody is visible to",
        )
        raise Configuration(why, errcode=exc.errcode) from exc


def _listed_ids(api: WecomApi) -> tuple[dict[str, str], set[int]]:
    """{key: user id} of all members, and the departments that have some. A page that fails, fails all of them."""
    found: dict[str, str] = {}
    populated: set[int] = set()
    cursor, seen = "", set()
    for _ in range(MAX_PAGES):
        body = {"cursor": cursor, "limit": PAGE}
        answer = _asked(lambda body=body: api.post("user/list_id", data=body))  # type: ignore[misc]
        for row in answers.rows(answer, "dept_user"):
            if answers.is_user_id(row.get("userid")):
                found[row["userid"].lower()] = row["userid"]
            if isinstance(row.get("department"), int):
                populated.add(row["department"])
        cursor = str(answer.get("next_cursor") or "")
        if not cursor:
            return found, populated
        if cursor in seen:
            raise Inconsistent("user/list_id goes round in a circle")
        seen.add(cursor)
    raise Inconsistent("user/list_id does not end")


def _people_in(api: WecomApi, party_ids: Sequence[int], populated: set[int], watch: Watch) -> dict[str, Person]:
    def members(party_id: int) -> list[Person]:
        answer = _asked(lambda: api.get("user/list", params={"department_id": party_id}))
        listed = answers.rows(answer, "userlist")
        if not listed and party_id in populated:
            raise Inconsistent(f"user/list shows nobody in department {party_id}, user/list_id does")
        return [person for row in listed if (person := answers.person(row))]

    return {person.key: person for people in _in_parallel(members, party_ids, watch) for person in people}


def _in_parallel(ask: Callable[[T], R], items: Sequence[T], watch: Watch) -> list[R]:
    """In their order. After the first failure nothing more is asked."""
    if PARALLEL == 1 or len(items) < 2:
        return [ask(item) for item in watch(items)]
    answered: SimpleQueue[tuple[int, R] | BaseException] = SimpleQueue()
    jobs, ended, lock = iter(enumerate(items)), threading.Event(), threading.Lock()

    def work() -> None:
        try:
            while not ended.is_set():
                with lock:
                    position, item = next(jobs, (-1, None))
                if position < 0:
                    return
                answered.put((position, ask(item)))  # type: ignore[arg-type]
        except BaseException as exc:
            answered.put(exc)
        finally:
            connection.close()  # each thread reads the token by a connection of its own

    results: dict[int, R] = {}
    with ThreadPoolExecutor(min(PARALLEL, len(items))) as pool:
        for _ in range(min(PARALLEL, len(items))):
            pool.submit(work)
        try:
            for _ in watch(items):
                answer = answered.get()
                if isinstance(answer, BaseException):
                    raise answer
                results[answer[0]] = answer[1]
        finally:
            ended.set()
    return [results[position] for position in range(len(items))]


def _asked(call: Callable[[], Any]) -> Any:
    """Reading twice does no harm, so what may be over in a moment is asked again; a spent allowance is not."""
    for attempt in range(1, TRIES):
        try:
            return call()
        except RateLimited:
            raise
        except Transient as exc:
            logger.info("asked again: %s", exc)
            time.sleep(random.uniform(0.1, 0.3) * attempt)  # noqa: S311
    return call()
