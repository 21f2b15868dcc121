"""One message as HTML. Whatever a sender wrote is escaped; a card's buttons are forms."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from typing import Any
from urllib.parse import quote

from infra.simulators.wechat import clicks
from infra.simulators.wechat.model import Message

ALLOWED = re.compile(r"&lt;(br/?|/div|div class=&quot;(?:gray|normal|highlight)&quot;)&gt;")
PRESS = "/phone/press"
Json = dict[str, Any]


def message(message: Message, back: str, *, whole: bool) -> str:
    """`whole`: on a page of its own, where questions can be answered, because it does not renew itself meanwhile."""
    at = datetime.fromtimestamp(message.at, tz=UTC).astimezone()
    updated = f" · 已更新 {message.updates} 次" if message.updates else ""
    head = (
        f"<small><span>{_text(message.app or message.agent_id)}{updated}</span><time>{at:%m-%d %H:%M:%S}</time></small>"
    )
    if message.recalled:
        return f"<article>{head}<p class=recalled>消息已撤回</p></article>"
    note = f"<p class=note>{_text(message.note)}</p>" if message.note else ""
    return f"<article>{head}{_content(message, back, whole)}{note}</article>"


def has_questions(message: Message) -> bool:
    return message.msgtype == "template_card" and bool(_questions(message.content)) and not message.replaced_by


def _content(message: Message, back: str, whole: bool) -> str:
    content: Json = message.content
    if message.msgtype == "textcard":
        link = _link(content.get("url"), content.get("btntxt") or "详情")
        return f"<h3>{_text(content['title'])}</h3><div>{_rich(content['description'])}</div>{link}"
    if message.msgtype == "template_card":
        return "".join(_card(message, content, back, whole))
    if message.msgtype in ("subscribe", "template"):
        title, _, rest = str(content["text"]).partition("\n")
        where = content.get("page") or content.get("url") or ""
        return f"<h3>{_text(title)}</h3><p>{_text(rest)}</p><p><small>{_text(where)}</small></p>"
    return f"<p>{_text(content['content'])}</p>"


def _card(message: Message, card: Json, back: str, whole: bool) -> Iterator[str]:
    if source := card.get("source", {}).get("desc"):
        yield f"<p><small>{_text(source)}</small></p>"
    title = card.get("main_title", {})
    if title.get("title"):
        yield f"<h3>{_text(title['title'])}</h3>"
    if title.get("desc"):
        yield f"<p class=gray>{_text(title['desc'])}</p>"
    if big := card.get("emphasis_content", {}):
        yield f"<p class=big>{_text(big.get('title', ''))}</p><p class=gray>{_text(big.get('desc', ''))}</p>"
    if quote := card.get("quote_area", {}).get("quote_text"):
        yield f"<blockquote>{_text(quote)}</blockquote>"
    if card.get("sub_title_text"):
        yield f"<p>{_text(card['sub_title_text'])}</p>"
    if rows := card.get("horizontal_content_list"):
        shown = (f"<dt>{_text(row['keyname'])}</dt><dd>{_text(row.get('value', ''))}</dd>" for row in rows)
        yield f"<dl>{''.join(shown)}</dl>"
    yield _link(card.get("card_action", {}).get("url"), "查看")
    yield _actions(message, card, back, whole)


def _actions(message: Message, card: Json, back: str, whole: bool) -> str:
    questions, buttons = _questions(card), clicks.buttons(card)
    menu = "".join(_button(one, "menu") for one in clicks.menu_of(card))
    menu = f"<div class=menu>{menu}</div>" if menu else ""
    if message.replaced_by:
        shown = f"<div class=buttons><button disabled>{_text(message.replaced_by)}</button></div>"
        return shown + (_form(message, card, back, menu) if menu else "")
    links = [one for one in card.get("button_list", []) if one.get("type", 0) == 1 and _leads_out(one.get("url"))]
    if questions and not whole:
        return f'<div class=buttons><a class=style1 href="{escape(phone_of(message))}">打开手机作答</a></div>'
    asked = "".join(map(_question, questions))
    pressed = "".join(_button(one, "key") for one in buttons) + "".join(_jump(one) for one in links)
    return _form(message, card, back, f"{asked}<div class=buttons>{pressed}</div>{menu}") if pressed or menu else ""


def phone_of(message: Message) -> str:
    return f"/phone/{quote(message.corp_id)}/{quote(message.user)}"


def _form(message: Message, card: Json, back: str, inside: str) -> str:
    known = {
        "corp_id": message.corp_id,
        "agent_id": message.agent_id,
        "user": message.user,
        "task_id": card.get("task_id", ""),
        "back": back,
    }
    hidden = "".join(f'<input type=hidden name="{name}" value="{_text(value)}">' for name, value in known.items())
    return f'<form method=post action="{PRESS}">{hidden}{inside}</form>'


def _button(button: Json, name: str) -> str:
    style = button.get("style", 1)
    look = f' class="style{style}"' if name == "key" and style in (1, 2, 3, 4) else ""
    return f'<button name={name} value="{_text(button["key"])}"{look}>{_text(button["text"])}</button> '


def _jump(button: Json) -> str:
    return f'<a href="{_text(button["url"])}" rel="noreferrer noopener">{_text(button["text"])}</a>'


def _questions(card: Json) -> list[Json]:
    """What the card asks besides its buttons; `many` where several answers may be given."""
    found = [card["button_selection"]] if "button_selection" in card else []
    if "checkbox" in card:
        found.append(card["checkbox"] | {"many": card["checkbox"].get("mode", 0) == 1})
    return [*found, *card.get("select_list", [])]


def _question(question: Json) -> str:
    kind, key = "checkbox" if question.get("many") else "radio", _text(question["question_key"])
    options = "".join(
        f'<label><input type={kind} name="q.{key}" value="{_text(one["id"])}"'
        f"{' checked' if one['id'] == question.get('selected_id') else ''}> {_text(one['text'])}</label>"
        for one in question["option_list"]
    )
    return f"<fieldset><legend>{_text(question.get('title', ''))}</legend>{options}</fieldset>"


def _text(value: object) -> str:
    return escape(str(value))


def _rich(value: object) -> str:
    """Escaped, but for the few tags and the entities the platform shows in a text card."""
    tagged = ALLOWED.sub(lambda match: f"<{match[1]}>".replace("&quot;", '"'), _text(value))
    return tagged.replace("&amp;", "&")


def _link(url: object, text: object) -> str:
    if not _leads_out(url):
        return ""
    return f'<p><a href="{_text(url)}" rel="noreferrer noopener" target="_blank">{_text(text)}</a></p>'


def _leads_out(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("http://", "https://"))
