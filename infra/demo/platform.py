"""The platform's side of the demo (data/wecom.json): our apps entered with us, and what the stand-in is to know.

The stand-in (infra/simulators/wechat) reads a file in RUN_DIR when it starts, because only here are known the addresses
of our callbacks; one that is running already is told.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from backend.core.actor import Actor
from backend.directory.models import Company, Employee, Identity
from backend.directory.services import people
from backend.wechat.models import App
from backend.wechat.services.apps import configure_app
from infra.demo import simulator
from infra.demo.cast import Member
from infra.demo.own import DATA

NAME = "platform.json"
Json = dict[str, Any]


def connect(company: Company, staff: Mapping[Member, Employee]) -> Json:
    """Enter the apps where they are not yet, bind the members, and tell the stand-in; what it was told."""
    seed: Json = json.loads((DATA / "wecom.json").read_text("utf-8"))
    (corp,) = seed["corps"]
    actor = Actor.system(company.pk)
    for kind, platform_id, agent_id, told in _apps(seed):
        app = _entered(company, kind=kind, platform_id=platform_id, agent_id=agent_id, told=told)
        door = "wecom" if app.is_wecom else "wechat"
        told["callback_url"] = f"{settings.PUBLIC_URL}/api/v1/callbacks/{door}/{app.public_id}"
        if kind in (App.Kind.WECOM_APP, App.Kind.OFFICIAL_ACCOUNT):
            told["trusted_domains"] = [urlsplit(settings.PUBLIC_URL).netloc]
    for member, employee in staff.items():
        if member.wecom:
            people.bind_identity(
                actor=actor,
                employee_id=employee.pk,
                provider=Identity.Provider.WECOM,
                tenant=corp["corp_id"],
                subject=member.wecom,
            )
    simulator.seed(settings.WECOM_API_BASE, seed)
    return seed


def write(seed: Json, folder: Path) -> None:
    """For its owner's eyes only, since it holds secrets."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(seed, file, ensure_ascii=False)


def _apps(seed: Json) -> Iterator[tuple[App.Kind, str, int | None, Json]]:
    """Kind, corporation or app id, agent id, and the part of the seed that describes it."""
    for corp in seed["corps"]:
        for app in corp["apps"]:
            yield App.Kind.WECOM_APP, corp["corp_id"], app["agent_id"], app
        yield App.Kind.WECOM_CONTACTS, corp["corp_id"], None, corp["contacts"]
    for account in seed["accounts"]:
        yield App.Kind(account["kind"]), account["app_id"], None, account


def _entered(company: Company, *, kind: App.Kind, platform_id: str, agent_id: int | None, told: Json) -> App:
    """As it is if nothing differs: entering it anew forgets its token."""
    given = {name: told[name] for name in ("name", "secret", "callback_token", "aes_key")}
    app = App.objects.filter(company=company, kind=kind, platform_id=platform_id, agent_id=agent_id).first()
    if app and all(getattr(app, name) == value for name, value in given.items()):
        return app
    return configure_app(actor=Actor.system(company.pk), kind=kind, platform_id=platform_id, agent_id=agent_id, **given)
