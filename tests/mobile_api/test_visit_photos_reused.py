"""A photo that was used for another visit of the company makes the later visit doubtful, whenever it is found out."""

import pytest
from PIL import Image

from backend.events.models import Event
from backend.visits.models import Visit, VisitPhoto
from backend.visits.services import likeness
from notifications.models import Notification
from tests.support.files import uploaded
from tests.support.pictures import encoded, picture
from tests.support.threads import together
from tests.support.visits import check_in, check_in_body, checked_in, new_visit, recorded

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("media_root")]


def photographed(caller, content, visit=None):
    """A visit of the caller with this photo; verification and comparison are owed."""
    if visit is None:
        visit = checked_in(caller)
        assert caller.post(f"/visits/{visit['id']}/check-out", {}).status_code == 200
    attach(caller, visit, uploaded(caller, content))
    return visit["id"]


def attach(caller, visit, file):
    assert caller.post(f"/visits/{visit['id']}/photos", {"file_id": file["id"]}).status_code == 201


def verdict(visit_id):
    visit = Visit.objects.get(pk=visit_id)
    return visit.verdict, [(reason["code"], reason["value"]) for reason in visit.reasons]


def smaller(content):
    import io

    with Image.open(io.BytesIO(content)) as image:
        return encoded(image.resize((image.width // 2, image.height // 2)), quality=70)


def test_a_colleagues_photo_and_a_shrunken_one_are_found_and_the_manager_is_told(api, cast, work):
    content = picture(seed=1)
    first = photographed(api(cast.zhao), content)
    work()
    same, altered, other = (photographed(api(cast.li), sent) for sent in (content, smaller(content), picture(seed=6)))
    work()

    assert verdict(first) == verdict(other) == ("verified", [])
    assert verdict(same) == ("suspect", [("photo_reused", 0.0)])
    found, ((code, bits),) = verdict(altered)
    assert (found, code) == ("suspect", "photo_reused")
    assert bits <= 4
    told = Notification.objects.filter(kind="visit.doubted")
    assert {notification.recipient_id for notification in told} == {cast.han.pk}
    assert told.count() == 2
    shown = api(cast.han).get(f"/visits/{same}").json()
    assert shown["reasons"] == [{"code": "photo_reused", "value": 0.0, "limit": 4.0, "unit": "bit"}]
    assert cast.zhao.name not in str(shown)  # whose it was, only who may see that visit is to know
    assert {item["id"] for item in api(cast.han).get("/visit-reviews").json()["items"]} == {same, altered}


def test_twice_on_one_visit_and_in_another_company_is_no_reuse(api, cast, work):
    content = picture(seed=2)
    ours = photographed(api(cast.li), content)
    attach(api(cast.li), {"id": ours}, uploaded(api(cast.li), content))
    theirs = photographed(api(cast.sun), content)
    work()

    assert verdict(ours) == verdict(theirs) == ("verified", [])
    assert VisitPhoto.objects.exclude(copied_bits=None).count() == 0


def test_the_events_may_come_twice_and_in_any_order(api, cast, work):
    content = picture(seed=3)
    photographed(api(cast.li), content)
    copy = photographed(api(cast.li), content)
    work()
    version = Visit.objects.get(pk=copy).version

    for event in Event.objects.filter(name__in=likeness.HEARD).order_by("-pk"):
        likeness.handle(event)

    assert Visit.objects.get(pk=copy).version == version
    assert recorded("visit.doubted") == 1


def test_a_photo_attached_before_check_in_counts_at_check_in(api, cast, work):
    content = picture(seed=4)
    photographed(api(cast.li), content)
    visit = new_visit(api(cast.li))
    photographed(api(cast.li), content, visit)
    work()
    assert verdict(visit["id"]) == ("", [])

    reply = check_in(api(cast.li), visit, check_in_body()).json()

    assert (reply["verdict"], [reason["code"] for reason in reply["reasons"]]) == ("suspect", ["photo_reused"])
    assert recorded("visit.doubted") == 0


def test_an_acceptance_given_before_it_was_known_is_void(api, cast, work):
    content = picture(seed=5)
    photographed(api(cast.zhao), content)
    visit = checked_in(api(cast.li), metres=3000)
    path = f"/visits/{visit['id']}/review"
    assert api(cast.han).post(path, {"decision": "accepted"}).status_code == 200

    photographed(api(cast.li), content, visit)
    work()

    assert api(cast.li).get(f"/visits/{visit['id']}").json()["decision"] is None
    assert Event.objects.get(name="visit.doubted").data["before"] == {
        "verdict": "out_of_range",
        "decision": "accepted",
    }
    rejected = api(cast.han).post(path, {"decision": "rejected", "reason": "照片翻用"})
    assert rejected.json()["decision"] == "rejected"
    likeness.compare(
        attachment_id=VisitPhoto.objects.get(visit_id=visit["id"]).attachment_id,
        company_id=cast.company.pk,
        at=Visit.objects.get(pk=visit["id"]).started_at,
    )
    assert Visit.objects.get(pk=visit["id"]).decision == "rejected"


@pytest.mark.django_db(transaction=True)
def test_of_copies_that_arrive_at_once_all_but_the_first_are_found(api, cast, work):
    content = picture(seed=7)
    visits = [photographed(api(person), content) for person in (cast.li, cast.zhao, cast.han)]
    hang = [(photo.attachment_id, photo.visit.started_at) for photo in VisitPhoto.objects.order_by("pk")]
    work()
    VisitPhoto.objects.update(copied_bits=None, bands=None)
    Visit.objects.update(verdict="verified", reasons=[])

    together(3, lambda i: likeness.compare(attachment_id=hang[i][0], company_id=cast.company.pk, at=hang[i][1]))

    assert [verdict(visit)[0] for visit in visits] == ["verified", "suspect", "suspect"]
