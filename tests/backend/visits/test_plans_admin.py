from django.urls import reverse

from backend.visits.models import VisitCadence
from tests.support.visits import recorded


def test_cadences_are_added_changed_renamed_and_deleted(client, cast):
    client.force_login(cast.qian)
    add = reverse("admin:visits_visitcadence_add")
    assert client.post(add, {"level": "A", "every_days": "14"}).status_code == 302
    assert client.post(add, {"level": "B", "every_days": "30"}).status_code == 302
    kept = VisitCadence.objects.get(level="A")
    page = reverse("admin:visits_visitcadence_change", args=[kept.pk])
    assert client.post(page, {"level": "A", "every_days": "7"}).status_code == 302
    assert client.post(page, {"level": "S", "every_days": "7"}).status_code == 302
    assert dict(VisitCadence.objects.values_list("level", "every_days")) == {"S": 7, "B": 30}
    gone = VisitCadence.objects.get(level="B")
    assert client.post(reverse("admin:visits_visitcadence_delete", args=[gone.pk]), {"post": "yes"}).status_code == 302
    assert dict(VisitCadence.objects.values_list("level", "every_days")) == {"S": 7}
    assert recorded("visit_cadences.changed") == 5


def test_nonsense_is_named(client, cast):
    client.force_login(cast.qian)
    reply = client.post(reverse("admin:visits_visitcadence_add"), {"level": "A", "every_days": "400"})
    assert reply.status_code == 200
    assert not VisitCadence.objects.exists()
