"""What the job makes of an upload, through both storages and every interruption."""

import io
from datetime import timedelta
from uuid import UUID

import pytest
from PIL import Image, ImageChops

from backend.core import clock
from backend.core.actor import Actor
from backend.core.errors import Forbidden, NotFound
from backend.events.models import Event
from backend.events.owed import Owed
from backend.files import keys, processing, selectors, services
from backend.files.errors import NotACaptionedKind
from backend.files.models import Attachment, FileJob
from backend.files.storage import Storage
from tests.support.files import declaration, fetch, put, uploaded
from tests.support.pictures import encoded, exif, picture, scene

PHOTO = encoded(scene((1000, 800)), exif=exif())
LINES = ["2026-11-22 10:30:00", "客户：华东百货", "李雷"]
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def li(cast) -> Actor:
    return cast.actor(cast.li)


@pytest.fixture
def photo(api, cast, store) -> Attachment:
    """Uploaded, not yet processed."""
    return Attachment.objects.get(pk=uploaded(api(cast.li), PHOTO)["id"])


def fresh(attachment: Attachment) -> Attachment:
    return Attachment.objects.get(pk=attachment.pk)


def names_of_events(attachment: Attachment) -> list[str]:
    return list(Event.objects.filter(subject_id=attachment.pk).order_by("id").values_list("name", flat=True))


def job_of(attachment: Attachment, revision: int = 1) -> FileJob:
    return FileJob.objects.get(attachment=attachment, revision=revision)


def shown(store: Storage, attachment: Attachment, name: str = "display") -> Image.Image:
    return Image.open(io.BytesIO(store.read(attachment.derivatives[name], limit=10_000_000)))


def everything(store: Storage, attachment: Attachment) -> dict[str, int | None]:
    """Size by key, of all keys this attachment could have."""
    possible = [keys.incoming(attachment), keys.original(attachment)]
    possible += [key for revision in range(1, 4) for key in keys.derivatives(attachment, revision).values()]
    found = {key.rpartition("/")[2]: store.size(key) for key in possible}
    return {name: size for name, size in found.items() if size is not None}


def test_keeps_the_verified_original_and_what_was_made_of_it(photo, store, work):
    work()
    found = fresh(photo)
    assert (found.status, found.rendered) == ("ready", 1)
    assert store.read(found.original, limit=len(PHOTO) + 1) == PHOTO
    assert (found.lat, found.lng) == (pytest.approx(31.2304), pytest.approx(121.4737))
    assert found.phash is not None
    assert everything(store, found).keys() == {"original", "thumbnail-1.webp", "display-1"}


def test_a_file_with_a_chinese_name_goes_the_whole_way(api, cast, store, work):
    file = uploaded(api(cast.li), PDF, name="发票（三月）.pdf", purpose="invoice", type="application/pdf")
    work()
    found = api(cast.li).get(f"/files/{file['id']}").json()
    content, headers = fetch(found["links"]["original"])
    assert content == PDF
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%8F%91%E7%A5%A8")


def test_running_again_changes_nothing(photo, store, work):
    work()
    before, stored = fresh(photo), everything(store, photo)
    job = job_of(photo)
    FileJob.objects.filter(pk=job.pk).update(status=Owed.Status.PENDING, due_at=clock.now())
    assert processing.process(job.pk)
    assert (fresh(photo).version, everything(store, photo)) == (before.version, stored)
    assert names_of_events(photo).count("file.ready") == 1


def test_an_upload_that_changes_after_it_was_verified_changes_nothing(api, cast, store, work):
    declared = api(cast.li).post("/files", declaration(PHOTO)).json()
    put(declared["upload"], PHOTO)
    api(cast.li).post(f"/files/{declared['id']}/complete")
    work()
    found = Attachment.objects.get(pk=declared["id"])
    store.write(keys.incoming(found), b"<html>", content_type="image/jpeg")  # as a bucket that checks nothing would
    assert fetch(api(cast.li).get(f"/files/{found.pk}").json()["links"]["original"])[0] == PHOTO
    FileJob.objects.filter(attachment=found, revision=0).update(due_at=clock.now())
    work()
    assert store.size(keys.incoming(found)) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [(PHOTO[:-1], "size_mismatch"), (PHOTO + b"x", "size_mismatch"), (PHOTO[:-1] + b"x", "checksum_mismatch")],
    ids=["shorter", "longer", "other bytes"],
)
def test_bytes_that_are_not_the_declared_ones_are_refused(photo, store, work, content, reason):
    store.write(keys.incoming(photo), content, content_type="image/jpeg")  # as a bucket that checks nothing would
    work()
    assert (fresh(photo).status, fresh(photo).reason) == ("refused", reason)
    assert everything(store, photo) == {}


def test_bytes_that_vanished_are_refused(photo, store, work):
    store.delete([keys.incoming(photo)])
    work()
    assert (fresh(photo).status, fresh(photo).reason) == ("refused", "upload_missing")


@pytest.mark.parametrize("length", [len(PHOTO) - 1, len(PHOTO) + 1])
def test_completing_what_is_not_of_the_declared_length_says_so(api, cast, store, length):
    declared = api(cast.li).post("/files", declaration(PHOTO)).json()
    found = Attachment.objects.get(pk=declared["id"])
    store.write(keys.incoming(found), b"x" * length, content_type="image/jpeg")
    reply = api(cast.li).post(f"/files/{found.pk}/complete")
    assert (reply.status_code, reply.json()["code"]) == (422, "size_mismatch")
    assert fresh(found).status == "declared"


class TestCaptions:
    def test_are_written_into_what_is_shown_and_not_into_the_original(self, photo, store, work, li):
        work()
        plain = shown(store, fresh(photo))
        services.caption(actor=li, attachment_id=photo.pk, lines=LINES, at=clock.now())
        former = fresh(photo).derivatives["thumbnail"].removesuffix(".webp")
        store.write(former, b"as it was called once", content_type="image/jpeg")
        waiting = fresh(photo)
        assert (waiting.status, waiting.revision, waiting.rendered) == ("ready", 2, 1)
        assert shown(store, waiting).tobytes() == plain.tobytes()  # the former is shown until the new one is whole
        work()
        found = fresh(photo)
        _, top, right, bottom = ImageChops.difference(plain, shown(store, found)).getbbox()
        assert (right, bottom) == plain.size
        assert top > plain.height // 2
        assert store.read(found.original, limit=len(PHOTO) + 1) == PHOTO
        assert everything(store, found).keys() == {"original", "thumbnail-2.webp", "display-2"}
        assert names_of_events(photo) == ["file.declared", "file.uploaded", "file.ready", "file.captioned"]

    def test_given_before_the_upload_are_drawn_at_once(self, api, cast, store, work, li):
        declared = api(cast.li).post("/files", declaration(PHOTO)).json()
        services.caption(actor=li, attachment_id=UUID(declared["id"]), lines=LINES, at=clock.now())
        put(declared["upload"], PHOTO)
        api(cast.li).post(f"/files/{declared['id']}/complete")
        work()
        found = Attachment.objects.get(pk=declared["id"])
        assert (found.revision, found.rendered) == (1, 1)
        assert min(scene((1000, 800)).getpixel((2, 797))) > 240
        assert max(shown(store, found).getpixel((2, 797))) < 160  # on the strip under the letters

    def test_given_before_processing_make_only_the_later_one(self, photo, store, work, li):
        services.caption(actor=li, attachment_id=photo.pk, lines=LINES, at=clock.now())
        assert work() == 3  # two jobs, and visits hears that it is ready
        found = fresh(photo)
        assert (found.status, found.revision, found.rendered) == ("ready", 2, 2)
        assert everything(store, found).keys() == {"original", "thumbnail-2.webp", "display-2"}
        assert names_of_events(photo).count("file.ready") == 1

    def test_coming_while_an_earlier_one_is_drawn_win(self, photo, store, work, li, monkeypatch):
        """The caption arrives after the first job has read and before it settles."""
        made = processing._made

        def slowly(attachment):
            findings = made(attachment)
            services.caption(actor=li, attachment_id=photo.pk, lines=LINES, at=clock.now())
            return findings

        monkeypatch.setattr(processing, "_made", slowly)
        assert processing.process(job_of(photo).pk)
        monkeypatch.undo()
        assert fresh(photo).status == "uploaded"
        assert everything(store, photo).keys() == {"upload", "original"}
        work()
        assert (fresh(photo).status, fresh(photo).rendered) == ("ready", 2)
        assert names_of_events(photo).count("file.ready") == 1

    def test_twice_are_once(self, photo, li):
        for _ in range(2):
            services.caption(actor=li, attachment_id=photo.pk, lines=LINES, at=clock.now())
        assert fresh(photo).revision == 2
        assert names_of_events(photo).count("file.captioned") == 1

    def test_belong_to_the_owner(self, cast, photo):
        for someone, error in ((cast.han, Forbidden), (cast.zhao, NotFound), (cast.sun, NotFound)):
            with pytest.raises(error):
                services.caption(actor=cast.actor(someone), attachment_id=photo.pk, lines=LINES, at=clock.now())
        assert fresh(photo).caption == []

    def test_do_not_go_on_documents_or_refused_pictures(self, api, cast, store, work, li):
        document = uploaded(api(cast.li), PDF, name="发票.pdf", purpose="invoice", type="application/pdf")
        refused = uploaded(api(cast.li), b"<html></html>")
        work()
        for file in (document, refused):
            with pytest.raises(NotACaptionedKind):
                services.caption(actor=li, attachment_id=UUID(file["id"]), lines=LINES, at=clock.now())


def test_a_storage_that_is_away_leaves_the_job_waiting(photo, settings, work, store):
    where = settings.STORAGE, settings.MEDIA_ROOT
    settings.STORAGE, settings.MEDIA_ROOT = "local", settings.ROOT / "pyproject.toml"  # a file where a folder should be
    work()
    job = job_of(photo)
    assert (job.status, job.attempts) == ("pending", 1)
    assert "storage_unavailable" in job.error
    assert job.due_at > clock.now()
    assert fresh(photo).status == "uploaded"
    settings.STORAGE, settings.MEDIA_ROOT = where
    FileJob.objects.filter(pk=job.pk).update(due_at=clock.now())
    work()
    assert fresh(photo).status == "ready"


def test_an_original_that_was_spoilt_afterwards_is_a_dead_letter_and_not_a_refusal(photo, store, work, li):
    work()
    store.write(keys.original(photo), b"x" * len(PHOTO), content_type="image/jpeg")
    services.caption(actor=li, attachment_id=photo.pk, lines=LINES, at=clock.now())
    work()
    assert job_of(photo, 2).status == "dead"
    assert (fresh(photo).status, fresh(photo).rendered) == ("ready", 1)


def test_nothing_is_given_up_while_its_verification_still_waits(photo, store):
    FileJob.objects.filter(attachment=photo, revision=0).update(due_at=clock.now() - timedelta(days=1))
    assert processing.process(job_of(photo, 0).pk)
    assert fresh(photo).status == "uploaded"
    assert everything(store, photo).keys() == {"upload"}


def test_same_content_names_the_others_oldest_first(api, cast, store, work):
    first, second, third = (
        Attachment.objects.get(pk=uploaded(api(someone), PHOTO)["id"]) for someone in (cast.li, cast.zhao, cast.han)
    )
    uploaded(api(cast.sun), PHOTO)
    uploaded(api(cast.li), picture(seed=5))
    assert list(selectors.same_content(fresh(third))) == []
    work()
    assert list(selectors.same_content(fresh(third))) == [first, second]


def test_with_the_storage_away_completing_says_so(api, cast, media_root):
    declared = api(cast.li).post("/files", declaration(PHOTO)).json()
    media_root.write_text("a file where the folder should be")
    reply = api(cast.li).post(f"/files/{declared['id']}/complete")
    assert (reply.status_code, reply.json()["code"]) == (503, "storage_unavailable")
