import io
import os
import signal
import subprocess
import sys
from uuid import UUID, uuid4

import pytest
from django.db import connection
from PIL import Image

from backend.core import clock
from backend.events.models import Event
from backend.files import processing, services
from backend.files.models import Attachment, FileJob
from tests.support.files import declaration, fetch, put, uploaded
from tests.support.pictures import exif, picture
from tests.support.threads import together

PHOTO = picture(size=(800, 600), exif=exif())

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("media_root")]


def count(name: str) -> int:
    return Event.objects.filter(name=name).count()


def test_eight_copies_of_one_declaration_make_one_file(api, cast):
    caller, body = api(cast.li), declaration(PHOTO, id=str(uuid4()))

    replies = together(8, lambda i: caller.post("/files", body))

    assert sorted(reply.status_code for reply in replies) == [200] * 7 + [201]
    assert all(reply.json()["upload"] for reply in replies)
    assert Attachment.objects.count() == FileJob.objects.count() == count("file.declared") == 1


def test_the_same_bytes_put_at_once_are_kept_once_and_whole(api, cast, media_root):
    declared = api(cast.li).post("/files", declaration(PHOTO)).json()

    statuses = together(6, lambda i: put(declared["upload"], PHOTO))

    assert statuses == [204] * 6
    (kept,) = [path for path in media_root.rglob("*") if path.is_file()]
    assert kept.read_bytes() == PHOTO


def test_two_completions_at_once_owe_one_job(api, cast, work):
    caller = api(cast.li)
    declared = caller.post("/files", declaration(PHOTO)).json()
    put(declared["upload"], PHOTO)

    replies = together(8, lambda i: caller.post(f"/files/{declared['id']}/complete"))

    assert [reply.status_code for reply in replies] == [202] * 8
    assert FileJob.objects.filter(revision__gt=0).count() == count("file.uploaded") == 1
    work()
    assert count("file.ready") == 1


def test_one_job_given_to_many_workers_is_done_once(api, cast):
    file = uploaded(api(cast.li), PHOTO)
    job = FileJob.objects.get(attachment_id=file["id"], revision=1)

    outcomes = together(6, lambda i: processing.process(job.pk))

    assert sorted(outcomes) == [False] * 5 + [True]
    assert count("file.ready") == 1
    assert Attachment.objects.get().version == 3  # declared, uploaded, ready


def test_jobs_of_several_captions_at_once_end_with_the_last(api, cast, media_root):
    """Whichever worker comes last, the newest caption is shown and nothing else is left lying about."""
    file = uploaded(api(cast.li), PHOTO)
    actor, attachment_id = cast.actor(cast.li), UUID(file["id"])

    def write_into(i: int) -> None:
        services.caption(actor=actor, attachment_id=attachment_id, lines=[f"第 {i} 次"], at=clock.now())

    together(4, write_into)
    jobs = list(FileJob.objects.filter(revision__gt=0).order_by("revision"))
    assert [job.revision for job in jobs] == [1, 2, 3, 4, 5]
    together(5, lambda i: processing.process(jobs[i].pk))

    found = Attachment.objects.get()
    assert (found.status, found.revision, found.rendered) == ("ready", 5, 5)
    kept = {path.name for path in media_root.rglob("*") if path.is_file()}
    assert kept == {"original", "thumbnail-5.webp", "display-5"}
    assert count("file.ready") == 1


@pytest.mark.parametrize(
    ("step", "n", "status_left", "files_left"),
    [
        ("draw", 1, "uploaded", {"upload"}),
        ("write", 2, "uploaded", {"upload", "original"}),
        ("write", 3, "uploaded", {"upload", "original", "thumbnail-1.webp"}),
        ("delete", 1, "ready", {"upload", "original", "thumbnail-1.webp", "display-1"}),
    ],
    ids=[
        "in the middle of the watermark",
        "before the first picture",
        "between two pictures",
        "after the last commit",
    ],
)
def test_a_worker_killed_in_the_middle_leaves_nothing_half(
    api, cast, work, settings, media_root, step, n, status_left, files_left
):
    file = uploaded(api(cast.li), PHOTO)
    job = FileJob.objects.get(attachment_id=file["id"], revision=1)

    worker = [sys.executable, "-m", "tests.concurrency.dying_file_worker"]
    arguments = [connection.settings_dict["NAME"], str(media_root), str(job.pk), step, str(n)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    ended = subprocess.run([*worker, *arguments], env=environment, cwd=settings.ROOT, capture_output=True, check=False)

    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    shown = api(cast.li).get(f"/files/{file['id']}").json()
    assert (shown["status"], shown["links"] is None) == (status_left, status_left == "uploaded")
    assert {path.name for path in media_root.rglob("*") if path.is_file()} == files_left

    FileJob.objects.filter(pk=job.pk).update(due_at=clock.now())  # its lease ends
    work()
    links = api(cast.li).get(f"/files/{file['id']}").json()["links"]
    assert fetch(links["original"])[0] == PHOTO
    assert Image.open(io.BytesIO(fetch(links["display"])[0])).size == (800, 600)
    assert {path.name for path in media_root.rglob("*") if path.is_file()} == {
        "original",
        "thumbnail-1.webp",
        "display-1",
    }
    assert count("file.ready") == 1
