"""Through which app people of a company come by which door."""

from dataclasses import dataclass
from uuid import UUID

from backend.core.errors import NotFound
from backend.directory.models import Door, Identity
from backend.wechat.models import App

PROVIDERS = {
    Door.WECOM: Identity.Provider.WECOM,
    Door.WECOM_MINI_PROGRAM: Identity.Provider.WECOM,
    Door.WECHAT: Identity.Provider.WECHAT,
}
KINDS = {Identity.Provider.WECOM: App.Kind.WECOM_APP, Identity.Provider.WECHAT: App.Kind.MINI_PROGRAM}

SHOWN = (App.Kind.WECOM_APP, App.Kind.MINI_PROGRAM, App.Kind.OFFICIAL_ACCOUNT)


@dataclass(frozen=True, slots=True)
class Doors:
    doors: list[str]
    apps: list[App]


def doors_of(*, company: str) -> Doors:
    """By which doors people of the company with this code come, and through which apps; nothing of their secrets.

    A company that nobody has heard of looks like one without an app: with the door of passwords alone.
    """
    apps = list(App.objects.filter(company__code=company.lower(), kind__in=SHOWN).order_by("pk"))
    kinds = {app.kind for app in apps}
    return Doors([Door.PASSWORD, *(door for door, provider in PROVIDERS.items() if KINDS[provider] in kinds)], apps)


def app_for(*, company_id: UUID, door: str, name: str) -> App:
    """The app through which people of this company come by this door; `name` is its agent or app id where the company
    has several. Raises NotFound."""
    kind = KINDS[PROVIDERS[Door(door)]]
    apps = App.objects.filter(company_id=company_id, kind=kind).order_by("pk")
    if name and kind == App.Kind.WECOM_APP:
        apps = apps.filter(agent_id=int(name)) if name.isdecimal() else apps.none()
    elif name:
        apps = apps.filter(platform_id=name)
    app = apps.first()
    if app is None:
        raise NotFound()
    return app
