"""A WeCom corporation for the cast: members on the stand-in's phones, and our app entered with us."""

from backend.core.actor import Actor
from backend.directory.models import Employee
from backend.directory.services import people
from backend.wechat.models import App
from backend.wechat.services import apps
from tests.support.cast import Cast

CORP = {
    "corp_id": "ww-waiqin",
    "users": [{"user_id": "LiLei"}, {"user_id": "HanMeimei"}, {"user_id": "ZhaoQiang"}, {"user_id": "WangFang"}],
    "apps": [{"agent_id": 1000002, "secret": "s3cret", "name": "外勤", "visible": ["LiLei", "HanMeimei", "ZhaoQiang"]}],
}
"""Wang Fang is outside the app's visible range."""


def enter_app(cast: Cast) -> None:
    """Enter the app and bind everybody but the administrator."""
    system = Actor.system(cast.company.pk)
    apps.configure_app(
        actor=system,
        kind=App.Kind.WECOM_APP,
        platform_id=CORP["corp_id"],
        agent_id=1000002,
        secret="s3cret",
        name="外勤",
    )
    names = {"LiLei": cast.li, "HanMeimei": cast.han, "ZhaoQiang": cast.zhao, "WangFang": cast.wang}
    for name, person in names.items():
        bind(person, name)


def bind(person: Employee, name: str) -> None:
    people.bind_identity(
        actor=Actor.system(person.company_id),
        employee_id=person.pk,
        provider="wecom",
        tenant=CORP["corp_id"],
        subject=name,
    )
