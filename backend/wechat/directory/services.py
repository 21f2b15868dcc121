"""Taking a corporation's directory over. Each change is one transaction that holds the directory's row, and the
company's from before it looks at what we have: nobody moves a department between comparing and writing."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from backend.core.actor import Actor
from backend.core.errors import Conflict, Invalid, NotFound
from backend.core.text import bilingual
from backend.core.transactions import may_take
from backend.directory.guards import hold_company
from backend.directory.models import Identity, Role
from backend.directory.selectors import timezone_of
from backend.events import services as events
from backend.events.owed import wake_dispatcher
from backend.wechat.directory import own, planning, writing
from backend.wechat.directory.models import DirectoryConflict, MemberLink, SyncRun, WecomDirectory
from backend.wechat.directory.reporting import Report, report_of
from backend.wechat.directory.snapshot import Snapshot

LONGEST_S = 600
"""For ten thousand members on a busy machine; what waits for this directory meanwhile is told to come again."""
NIGHT_BEGINS_H = 3
"""Of the company's own time: from then on its directory is compared once a day."""


class SuspiciousShrink(Conflict):
    """Nothing was changed. `report` tells who would leave; a person confirms their number and it is done."""

    code = "suspicious_shrink"
    message = bilingual("离职人数异常，需人工确认。", "So many people leave that a person must confirm it.")

    def __init__(self, report: Report) -> None:
        super().__init__(leaving=report["counts"]["leaving"])
        self.report = report


class Superseded(Conflict):
    """Somebody else has applied a newer comparison meanwhile; nothing was changed."""

    code = "directory_superseded"
    message = bilingual("已有更新的核对结果。", "A newer comparison has been applied.")


@transaction.atomic
def put_directory(
    *, actor: Actor, corp_id: str, member_role: str | None = None, leader_role: str | None = None
) -> WecomDirectory:
    """The directory of this corporation for the actor's company, with the roles its new people get.

    Nothing is taken over by that alone, and a role of None stays as it is. Raises Invalid for a role that the company
    has not, or one of administrators.
    """
    actor.require("directory.manage")
    directory, created = WecomDirectory.objects.get_or_create(company_id=actor.company_id, corp_id=corp_id)
    before = {"member_role": directory.member_role, "leader_role": directory.leader_role}
    after = {"member_role": member_role or before["member_role"], "leader_role": leader_role or before["leader_role"]}
    harmless = set(Role.objects.filter(company_id=actor.company_id, is_staff=False).values_list("code", flat=True))
    if wrong := [field for field, role in after.items() if role not in harmless]:
        text = str(bilingual("没有该角色，或为管理角色。", "No such role, or one of administrators."))
        raise Invalid(fields=dict.fromkeys(wrong, text))
    if created or before != after:
        directory.member_role, directory.leader_role = after["member_role"], after["leader_role"]
        directory.save(update_fields=list(after))
        known = {} if created else before
        events.record("wecom_directory.configured", directory, actor=actor, corp_id=corp_id, before=known, after=after)
    return directory


@transaction.atomic
def preview(*, directory_id: int, snapshot: Snapshot) -> Report:
    """What applying it would do. Changes nothing."""
    held = own.load(WecomDirectory.objects.get(pk=directory_id))
    return report_of(planning.plan(snapshot, held), held)


@transaction.atomic
def apply_whole(*, actor: Actor, directory_id: int, snapshot: Snapshot, may_leave: int = 0, at: datetime) -> Report:
    """Bring ours up to theirs: all of it or, when anything fails, nothing. The same again changes nothing.

    Raises SuspiciousShrink when more than a fifth would leave and not so many were confirmed, Superseded.
    """
    actor.require("directory.manage")
    may_take(LONGEST_S)
    directory = _locked(actor, directory_id)
    if directory.checked_at is not None and directory.checked_at > snapshot.taken_at:
        raise Superseded()
    hold_company(actor)
    held = own.load(directory)
    plan = planning.plan(snapshot, held)
    report = report_of(plan, held)
    if plan.is_suspicious and len(plan.leaving) > may_leave:
        raise SuspiciousShrink(report)
    writing.carry_out(plan, held, actor=actor, seen_at=snapshot.taken_at, at=at)
    writing.note_conflicts(plan.conflicts, held, is_whole=True, about=(), at=at)
    directory.imported_at, directory.checked_at = directory.imported_at or at, snapshot.taken_at
    directory.save(update_fields=["imported_at", "checked_at"])
    if any(number for kind, number in report["counts"].items() if kind not in ("conflicts", "unseen")):
        events.record("wecom_directory.applied", directory, actor=actor, at=at, **report["counts"])
    return report


@transaction.atomic
def apply_part(*, actor: Actor, directory_id: int, snapshot: Snapshot, at: datetime) -> None:
    """The same for the few that a callback was about. Who is not in it is left alone."""
    directory = _locked(actor, directory_id)
    about = {*snapshot.people, *snapshot.gone}
    phones = [person.phone for person in snapshot.people.values() if person.phone]
    leaders = {key for person in snapshot.people.values() for key in person.direct_leaders}
    leaders |= {key for party in snapshot.parties.values() for key in party.leaders}
    hold_company(actor)
    held = own.load(directory, keys=about | leaders, phones=phones)
    plan = planning.plan(snapshot, held)
    writing.carry_out(plan, held, actor=actor, seen_at=snapshot.taken_at, at=at)
    writing.note_conflicts(plan.conflicts, held, is_whole=False, about=about, at=at)


@transaction.atomic
def close_door(*, actor: Actor, corp_id: str, user_id: str, at: datetime) -> None:
    """Nobody is behind this id any more. Whoever was bound to it, by a login or by hand, is no longer: WeCom may give
    the id to another person. He is dismissed only if he came from there, which is `apply_part`'s business."""
    directory = WecomDirectory(company_id=actor.company_id, corp_id=corp_id)
    taken_over = MemberLink.objects.filter(
        company_id=actor.company_id, directory__corp_id=corp_id, user_key=user_id.lower()
    )
    if not taken_over.exists():
        writing.unbind(actor=actor, directory=directory, key=user_id.lower(), at=at)


@transaction.atomic
def rename_member(*, actor: Actor, directory_id: int, old: str, new: str, at: datetime) -> None:
    """His user id was changed, as WeCom allows once: he stays who he is. Twice is once."""
    directory = _locked(actor, directory_id)
    link = directory.members.select_related("employee").filter(user_key=old.lower()).first()
    if link is None or directory.members.filter(user_key=new.lower()).exclude(pk=link.pk).exists():
        return
    link.user_id, link.user_key = new, new.lower()
    link.save(update_fields=["user_id", "user_key"])
    mine = Q(provider=Identity.Provider.WECOM, tenant=directory.corp_id)
    if not Identity.objects.filter(mine, subject_key=new.lower()).exclude(employee=link.employee_id).exists():
        Identity.objects.filter(mine, employee=link.employee_id).update(subject=new, subject_key=new.lower())
    told = {"before": {"user_id": old}, "after": {"user_id": new}}
    events.record("employee.user_id_changed", link.employee, actor=actor, at=at, **told)


@transaction.atomic
def decide(*, actor: Actor, conflict_id: int, decision: str, at: datetime) -> DirectoryConflict:
    """What holds from now on; the next comparison acts on it."""
    actor.require("directory.manage")
    found = DirectoryConflict.objects.select_for_update().filter(pk=conflict_id, company_id=actor.company_id).first()
    if found is None:
        raise NotFound()
    if found.decision != decision:
        before = found.decision
        found.decision = DirectoryConflict.Decision(decision)
        found.decided_by_id, found.decided_at = actor.employee_id, at
        found.save(update_fields=["decision", "decided_by", "decided_at"])
        told = {"before": {"decision": before}, "after": {"decision": decision}}
        events.record("wecom_directory.conflict_decided", found, actor=actor, at=at, **told)
    return found


@transaction.atomic
def ask_for_run(*, actor: Actor, directory_id: int, mode: str, may_leave: int = 0) -> SyncRun:
    """A worker compares, and applies if that was asked for."""
    actor.require("directory.manage")
    directory = _locked(actor, directory_id)
    run = SyncRun.objects.create(
        company_id=actor.company_id,
        directory=directory,
        mode=SyncRun.Mode(mode),
        may_leave=may_leave,
        asked_by_id=actor.employee_id,
    )
    wake_dispatcher()
    return run


@transaction.atomic
def owe_nights(*, at: datetime) -> int:
    """Owe the comparison of the night for each directory where it has begun; how many are new. Ask as often as you
    like: one a day."""
    owed = 0
    for directory in _imported():
        zone = timezone_of(company_id=directory.company_id)
        local = at.astimezone(ZoneInfo(zone))
        if local.hour < NIGHT_BEGINS_H:
            continue
        _, created = SyncRun.objects.get_or_create(
            directory=directory,
            night=local.date(),
            defaults={"company_id": directory.company_id, "mode": SyncRun.Mode.APPLY},
        )
        owed += created
    if owed:
        wake_dispatcher()
    return owed


def _imported() -> Iterable[WecomDirectory]:
    return WecomDirectory.objects.exclude(imported_at=None).order_by("pk")


def _locked(actor: Actor, directory_id: int) -> WecomDirectory:
    found = WecomDirectory.objects.select_for_update().filter(pk=directory_id, company_id=actor.company_id).first()
    if found is None:
        raise NotFound()
    return found
