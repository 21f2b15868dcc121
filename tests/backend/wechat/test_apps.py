import pytest

from backend.core import secrets
from backend.core.actor import Actor
from backend.core.errors import Forbidden
from backend.events.models import Event
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.support.cast import Cast

SECRETS = {"secret": "s3cret", "callback_token": "T0ken", "aes_key": "k" * 43}


def configure(cast: Cast, **changes: object) -> App:
    values = {"kind": "mini_program", "platform_id": "wx0123456789abcdef", "name": "外勤", **SECRETS} | changes
    return apps.configure_app(actor=Actor.system(cast.company.pk), **values)


def test_an_app_of_every_kind_is_kept(cast: Cast):
    for kind in App.Kind.values:
        agent_id = 1000002 if kind == App.Kind.WECOM_APP else None
        configure(cast, kind=kind, agent_id=agent_id)
    assert {app.kind for app in App.objects.filter(company=cast.company)} == set(App.Kind.values)
    assert len({app.public_id for app in App.objects.all()}) == 4


def test_nothing_secret_is_stored_in_the_clear(cast: Cast):
    app = App.objects.get(pk=configure(cast).pk)
    assert (app.secret, app.callback_token, app.aes_key) == ("s3cret", "T0ken", "k" * 43)
    row = App.objects.filter(pk=app.pk).values().get()
    assert not [name for name, value in row.items() if str(value) in SECRETS.values()]


def test_what_is_not_given_stays(cast: Cast):
    first = configure(cast)
    changed = configure(cast, name="新名", secret=None, callback_token=None, aes_key=None)
    assert (changed.pk, changed.public_id, changed.name) == (first.pk, first.public_id, "新名")
    assert (changed.secret, changed.callback_token, changed.aes_key) == ("s3cret", "T0ken", "k" * 43)
    assert configure(cast, callback_token="", aes_key="").callback_token == ""


def test_corporations_and_agents_stand_beside_each_other(cast: Cast):
    for corp in ("ww1", "ww2"):
        for agent_id in (1, 2):
            configure(cast, kind="wecom_app", platform_id=corp, agent_id=agent_id)
    assert App.objects.filter(company=cast.company).count() == 4


def test_another_company_has_its_own_row_of_the_same_app(cast: Cast):
    ours = configure(cast)
    theirs = apps.configure_app(
        actor=Actor.system(cast.sun.company_id), kind=ours.kind, platform_id=ours.platform_id, secret="theirs"
    )
    assert (theirs.pk != ours.pk, theirs.public_id != ours.public_id) == (True, True)
    assert App.objects.get(pk=ours.pk).secret == "s3cret"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "telegram"}, "kind"),
        ({"platform_id": "ww 1"}, "platform_id"),
        ({"kind": "wecom_app"}, "agent_id"),
        ({"agent_id": 1}, "agent_id"),
        ({"secret": None}, "secret"),
        ({"secret": ""}, "secret"),
        ({"callback_token": "a-b"}, "callback_token"),
        ({"aes_key": "k" * 42}, "aes_key"),
        ({"aes_key": ""}, "aes_key"),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_kept(cast: Cast, changes: dict, field: str):
    with pytest.raises(apps.AppInvalid) as error:
        configure(cast, **changes)
    assert list(error.value.fields) == [field]
    assert not App.objects.exists()


def test_only_who_manages_the_directory_may(cast: Cast):
    with pytest.raises(Forbidden):
        apps.configure_app(actor=cast.actor(cast.li), kind="mini_program", platform_id="wx1", secret="s")
    assert not App.objects.exists()


def test_the_record_names_no_secret(cast: Cast):
    configure(cast)
    event = Event.objects.get(name="platform_app.configured")
    assert event.data == {"kind": "mini_program", "platform_id": "wx0123456789abcdef", "agent_id": None}


def test_a_secret_of_a_lost_key_says_so(cast: Cast, settings):
    app = configure(cast)
    settings.FIELD_ENCRYPTION_KEYS = ["another key"]
    with pytest.raises(secrets.Unreadable):
        _ = app.callback_token
