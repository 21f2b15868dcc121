"""POST `/phone/press`: a person presses a button on the page, the app is told, and the page is shown again."""

from urllib.parse import parse_qsl

from infra.simulators.wechat import clicks
from infra.simulators.wechat.callbacks import sender
from infra.simulators.wechat.callbacks.sender import Delivery
from infra.simulators.wechat.model import Message
from infra.simulators.wechat.replies import Call, Raw
from infra.simulators.wechat.state import State

WAIT_SECONDS = 6
"""A little more than one try may take; further tries go on behind."""


def press(state: State, call: Call) -> Raw:
    headers = {name.lower(): value for name, value in call.headers.items()}
    if headers.get("origin", "").partition("//")[2] not in ("", headers.get("host", "")):
        return Raw(b"not from this page", {"Content-Type": "text/plain"}, 403)
    pairs = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(pairs)
    selected: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.startswith("q."):
            selected.setdefault(name[2:], []).append(value)
    try:
        message, deliveries = _begin(state, form, selected)
    except (clicks.ClickError, ValueError) as error:
        return Raw(f"{error}".encode(), {"Content-Type": "text/plain; charset=utf-8"}, 409)
    for delivery in deliveries:
        delivery.finished.wait(WAIT_SECONDS)
    with state.lock:
        message.note = _note(deliveries)
    back = form.get("back", "/")
    return Raw(headers={"Location": back if back.startswith("/") and not back.startswith("//") else "/"}, status=303)


def _begin(state: State, form: dict[str, str], selected: dict[str, list[str]]) -> tuple[Message, list[Delivery]]:
    menu = "menu" in form
    with state.lock:
        app = state.app((form.get("corp_id", ""), int(form.get("agent_id", ""))))
        if app is None:
            raise clicks.ClickError("no such app")
        user, task_id, key = (
            form.get("user", ""),
            form.get("task_id", ""),
            form["menu"] if menu else form.get("key", ""),
        )
        message = clicks.newest(state, app, user, task_id)
        if message is None:
            raise clicks.ClickError("this member has no such card")
        plaintext, on_reply = clicks.press(state, app, user, task_id, key, selected=selected, menu=menu)
        name = "template_card_menu_event" if menu else "template_card_event"
        return message, sender.send(state, app, plaintext, event=name, on_reply=on_reply)


def _note(deliveries: list[Delivery]) -> str:
    if not deliveries:
        return "应用没有填写回调地址，没有人知道您按了。"
    wrong = [one.outcome for one in deliveries if one.outcome != sender.OK]
    return f"没有送达应用：{wrong[0]}" if wrong else ""
