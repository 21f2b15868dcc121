"""Comparing a whole directory: from a terminal, or as a row a worker performs."""

from datetime import datetime, timedelta

from backend.core import clock
from backend.core.actor import Actor
from backend.core.text import in_both
from backend.events.owed import PermanentFailure
from backend.wechat.directory import reading, services
from backend.wechat.directory.models import SyncRun, WecomDirectory
from backend.wechat.directory.reading import Watch
from backend.wechat.directory.reporting import Report
from backend.wechat.directory.snapshot import Snapshot

KEPT_FOR = timedelta(days=90)


def perform(run_id: int) -> bool:
    return SyncRun.perform(run_id, _run)


def read(directory: WecomDirectory, *, at: datetime, watch: Watch = lambda items: items) -> Snapshot:
    """What the platform says now; whom we hold is asked for in any case."""
    known = frozenset(directory.members.filter(left_at=None).values_list("user_key", flat=True))
    return reading.read_whole(directory, known=known, at=at, watch=watch)


def compare(
    directory: WecomDirectory,
    *,
    actor: Actor,
    is_dry: bool,
    may_leave: int = 0,
    watch: Watch = lambda items: items,
) -> Report:
    """Ask the platform, then apply in one transaction, or only tell what that would do."""
    snapshot = read(directory, at=clock.now(), watch=watch)
    if is_dry:
        return services.preview(directory_id=directory.pk, snapshot=snapshot)
    return services.apply_whole(
        actor=actor, directory_id=directory.pk, snapshot=snapshot, may_leave=may_leave, at=clock.now()
    )


def forget_old(*, at: datetime) -> int:
    """Delete what is done and older than KEPT_FOR."""
    deleted, _ = SyncRun.objects.filter(status=SyncRun.Status.DONE, created_at__lt=at - KEPT_FOR).delete()
    return deleted


def _run(run: SyncRun) -> None:
    try:
        report = compare(
            run.directory,
            actor=Actor.system(run.company_id),
            is_dry=run.mode == SyncRun.Mode.PREVIEW,
            may_leave=run.may_leave,
        )
    except services.SuspiciousShrink as exc:
        SyncRun.objects.filter(pk=run.pk).update(report=exc.report)
        leaving = exc.report["counts"]["leaving"]
        raise PermanentFailure(
            in_both(f"{leaving} 人将离职，需管理员确认", f"{leaving} people would leave: an administrator must confirm")
        ) from exc
    except services.Superseded as exc:
        raise PermanentFailure(str(exc)) from exc
    SyncRun.objects.filter(pk=run.pk).update(report=report)
