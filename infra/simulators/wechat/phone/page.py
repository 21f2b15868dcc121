"""The page `/` with everybody's phone, and `/phone/<corporation>/<member>` with one of them."""

from collections import defaultdict
from html import escape
from pathlib import Path
from urllib.parse import quote, unquote

from infra.simulators.wechat.model import Message
from infra.simulators.wechat.phone import contents
from infra.simulators.wechat.replies import Raw
from infra.simulators.wechat.state import State

SHOWN_PER_PHONE = 50
SHOWN_PHONES = 24
WECHAT = "wechat"
"""In place of the corporation, for the phone of a person with WeChat."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
STYLE = Path(__file__).with_name("style.css").read_text("utf-8")
EVERYBODY = (
    "<header><h1>企业微信与微信模拟器</h1>"
    "<p>每个人手机上收到的消息，新的在上；卡片上的按钮可以按。每三秒自动刷新。</p></header>"
)
Owner = tuple[str, str]
"""Corporation and user id, or `wechat` and a person's name."""


def everybody(state: State) -> Raw:
    """Those who were written to last come first; of very many only some are shown."""
    phones = _phones(state)
    owners = sorted(phones, key=lambda owner: -phones[owner][-1].at if phones[owner] else 0)[:SHOWN_PHONES]
    hidden = len(phones) - len(owners)
    more = f"<p><small>还有 {hidden} 部手机没有显示，网址是 /phone/企业/成员。</small></p>" if hidden else ""
    shown = "".join(_phone(state, owner, phones[owner], "/", whole=False) for owner in owners)
    return _html(f"{EVERYBODY}<main>{shown or '<p>还没有成员。</p>'}{more}</main>", refresh=True)


def one(state: State, path: str) -> Raw:
    """`/phone/…`: it renews itself unless it asks something."""
    owner = tuple(unquote(part) for part in path.split("/")[2:])
    phones = _phones(state)
    found = next((one for one in phones if (one[0], one[1].lower()) == (owner[0], owner[-1].lower())), None)
    if found is None or len(owner) != 2:
        return Raw("<p>没有这部手机。</p>".encode(), {"Content-Type": "text/html; charset=utf-8"}, 404)
    messages = phones[found]
    asked = any(contents.has_questions(message) for message in messages)
    shown = _phone(state, found, messages, path, whole=True)
    renew = f' · <a href="{escape(path)}">刷新</a>' if asked else ""
    return _html(
        f"<main class=alone><div>{shown}<p><a href='/'>所有手机</a>{renew}</p></div></main>", refresh=not asked
    )


def _phones(state: State) -> dict[Owner, list[Message]]:
    phones: dict[Owner, list[Message]] = defaultdict(list)
    for corp in state.corps.values():
        for user in corp.users.values():
            phones[corp.corp_id, user.user_id] = []
    for name in state.people:
        phones[WECHAT, name] = []
    for message in state.messages:
        phones[(WECHAT, message.person) if message.person else (message.corp_id, message.user)].append(message)
    return phones


def _phone(state: State, owner: Owner, messages: list[Message], back: str, *, whole: bool) -> str:
    place, id = owner
    corp = state.corps.get(place)
    if corp:
        name = corp.users[id.lower()].name or id if id.lower() in corp.users else id
        below = f"{id} · {corp.name or corp.corp_id}"
    else:
        name, below = id, f"微信 · {state.people[id].phone}" if id in state.people else "微信"
    newest = "".join(contents.message(one, back, whole=whole) for one in reversed(messages[-SHOWN_PER_PHONE:]))
    title = f'<a href="/phone/{quote(place)}/{quote(id)}">{escape(name)}<small>{escape(below)}</small></a>'
    face = f"<span class=face>{escape(name[-1:])}</span>"
    screen = newest or "<p class=empty>没有消息</p>"
    return f"<section class=phone><h2>{face}{title}</h2><div class=screen>{screen}</div></section>"


def _html(body: str, *, refresh: bool) -> Raw:
    head = (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        f"{'<meta http-equiv=refresh content=3>' if refresh else ''}"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>企业微信与微信模拟器</title>'
        f"<style>{STYLE}</style></head>"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    return Raw(f"{head}<body>{body}</body></html>".encode(), headers)
