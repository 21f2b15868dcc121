"""The page `/`: what arrived on each member's phone."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from html import escape
from typing import Any

from infra.simulators.wechat.model import Message
from infra.simulators.wechat.state import State

SHOWN_PER_PHONE = 50
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
ALLOWED = re.compile(r"&lt;(br/?|/div|div class=&quot;(?:gray|normal|highlight)&quot;)&gt;")

PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width"><title>企业微信模拟器</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem; background: #eef0f3; color: #1c1f23 }}
main {{ display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start }}
section {{ width: 20rem; background: #fff; border-radius: 1rem; padding: 1rem; box-shadow: 0 1px 4px #0002 }}
h2 {{ font-size: 1rem; margin: 0 0 .5rem }}
article {{ border-top: 1px solid #e3e6ea; padding: .5rem 0; overflow-wrap: anywhere }}
article p {{ margin: .25rem 0; white-space: pre-wrap }}
small, .gray {{ color: #6b7280 }} .highlight {{ color: #c2410c }}
</style></head><body>
<h1>企业微信模拟器</h1><p>每位成员手机上收到的应用消息，新消息在前，每两秒自动刷新。</p>
<main>{phones}</main></body></html>"""


def page(state: State) -> bytes:
    phones: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for corp in state.corps.values():
        for user in corp.users.values():
            phones[corp.corp_id, user.user_id] = []
    for message in state.messages:
        phones[message.corp_id, message.user].append(message)
    shown = (_phone(state, corp_id, user, messages) for (corp_id, user), messages in phones.items())
    return PAGE.format(phones="".join(shown) or "<p>还没有成员。</p>").encode()


def _phone(state: State, corp_id: str, user_id: str, messages: list[Message]) -> str:
    corp = state.corps[corp_id]
    name = corp.users[user_id.lower()].name if user_id.lower() in corp.users else ""
    newest = "".join(map(_message, reversed(messages[-SHOWN_PER_PHONE:]))) or "<p class=gray>没有消息</p>"
    title = f"{escape(name or user_id)} <small>{escape(user_id)} · {escape(corp.name or corp_id)}</small>"
    return f"<section><h2>{title}</h2>{newest}</section>"


def _message(message: Message) -> str:
    at = datetime.fromtimestamp(message.at, tz=UTC).astimezone()
    head = f"<small>{escape(message.app or str(message.agent_id))} · {at:%m-%d %H:%M:%S}</small>"
    return f"<article>{head}{_content(message)}</article>"


def _content(message: Message) -> str:
    content = message.content
    if message.msgtype == "textcard":
        link = _link(content.get("url"), content.get("btntxt") or "详情")
        return f"<p><b>{_text(content['title'])}</b></p><div>{_rich(content['description'])}</div>{link}"
    if message.msgtype == "template_card":
        return _card(content)
    return f"<p>{_text(content['content'])}</p>"


def _card(card: dict[str, Any]) -> str:
    title = card.get("main_title", {})
    texts = (title.get("title", ""), title.get("desc", ""), card.get("sub_title_text", ""))
    parts = [f"<p>{_text(text)}</p>" for text in texts if text]
    for row in card.get("horizontal_content_list", []):
        parts.append(f"<p>{_text(row['keyname'])}：{_text(row.get('value', ''))}</p>")
    buttons = card["button_list"] if card["card_type"] == "button_interaction" else []
    parts += [f"<button disabled>{_text(button['text'])}</button> " for button in buttons]
    parts.append(_link(card.get("card_action", {}).get("url"), "查看"))
    return "".join(parts)


def _text(value: object) -> str:
    return escape(str(value))


def _rich(value: object) -> str:
    """Escaped, but for the few tags and the entities the platform shows in a text card."""
    tagged = ALLOWED.sub(lambda match: f"<{match[1]}>".replace("&quot;", '"'), _text(value))
    return tagged.replace("&amp;", "&")


def _link(url: object, text: object) -> str:
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        return ""
    return f'<p><a href="{escape(url)}" rel="noreferrer noopener" target="_blank">{_text(text)}</a></p>'
