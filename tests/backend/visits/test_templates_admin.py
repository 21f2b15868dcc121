"""An administrator writes templates as JSON; saving publishes."""

import json

from django.urls import reverse

from backend.visits.models import TemplateVersion, VisitTemplate
from tests.support.visit_templates import action
from tests.support.visits import recorded

ADD = "admin:visits_visittemplate_add"
NOTE = {"key": "note", "kind": "note", "title": {"zh": "备注"}}


def sent(*actions, **told):
    return {
        "name": "门店",
        "customer_type": "",
        "customer_level": "A",
        "actions": json.dumps(actions),
        "seen_version": "0",
    } | told


def test_created_published_anew_and_retired(client, cast):
    client.force_login(cast.qian)

    assert client.post(reverse(ADD), sent(NOTE)).status_code == 302
    template = VisitTemplate.objects.get(company=cast.company)
    page = reverse("admin:visits_visittemplate_change", args=[template.pk])
    assert "备注" in client.get(page).content.decode()
    changed = sent(
        {"key": "front", "kind": "photo", "title": {"zh": "门头"}, "photo": {"tag": "front"}}, NOTE, seen_version="1"
    )
    for _ in range(2):
        assert client.post(page, changed).status_code == 302

    versions = TemplateVersion.objects.order_by("number")
    assert [version.number for version in versions] == [1, 2]
    assert versions[0].actions == [action("note", "note", title={"zh": "备注", "en": ""})]
    assert versions[1].actions[0]["photo"] == {"tag": "front", "minimum": 1, "maximum": 20}
    assert "门头" in client.get(reverse("admin:visits_templateversion_change", args=[versions[1].pk])).content.decode()
    client.post(
        reverse("admin:visits_visittemplate_changelist"), {"action": "retire", "_selected_action": [template.pk]}
    )
    template.refresh_from_db()
    assert template.state == "retired"
    assert recorded("visit_template.published") == 2


def test_what_is_wrong_is_said_and_nothing_is_kept(client, cast):
    client.force_login(cast.qian)
    deep, mistaken = "[" * 100_000, sent({"key": "X", "kind": "dance"})

    doubled, number = '[{"key": "a", "key": "b"}]', '[{"key": "a", "form_schema": {"minimum": NaN}}]'
    for text in ("{", deep, '[{"key": "\\u0000"}]', '[{"key": "\\ud800"}]', doubled, number):
        assert client.post(reverse(ADD), sent() | {"actions": text}).status_code == 200
    said = client.post(reverse(ADD), mistaken, follow=True).content.decode()
    assert "模板有误" in said
    assert "actions.0.kind: 不在选项之中" in said
    assert client.post(reverse(ADD), sent(NOTE | {"key": "note\n"}), follow=True).status_code == 200
    assert not VisitTemplate.objects.exists()


def test_of_two_at_once_the_second_is_told_and_keeps_what_he_wrote(client, cast):
    client.force_login(cast.qian)
    client.post(reverse(ADD), sent(NOTE))
    page = reverse("admin:visits_visittemplate_change", args=[VisitTemplate.objects.get().pk])
    assert 'name="seen_version" value="1"' in client.get(page).content.decode()
    first, second = ({**NOTE, "title": {"zh": text}} for text in ("甲的备注", "乙的备注"))

    assert client.post(page, sent(first, seen_version="1")).status_code == 302
    reply = client.post(page, sent(second, seen_version="1"))

    assert reply.status_code == 200
    assert "已被他人修改" in reply.content.decode()
    assert reply.context["adminform"].form["actions"].value() == json.dumps([second])
    newest = TemplateVersion.objects.latest("number")
    assert (newest.number, newest.actions[0]["title"]["zh"]) == (2, "甲的备注")
    assert client.post(page, sent(second, seen_version="2")).status_code == 302
    assert TemplateVersion.objects.latest("number").number == 3
