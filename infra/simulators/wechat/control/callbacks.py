"""What makes the platform call the app: a click, a change of the directory, the check of an address."""

from collections.abc import Callable
from typing import Any

from infra.simulators.wechat import clicks, directory
from infra.simulators.wechat.callbacks import events, sender, verification
from infra.simulators.wechat.callbacks.forgery import KINDS
from infra.simulators.wechat.callbacks.sender import Delivery, Trouble
from infra.simulators.wechat.control.common import Action, Answer, ControlError, account, app, body
from infra.simulators.wechat.model import Account, App
from infra.simulators.wechat.replies import Call
from infra.simulators.wechat.state import State

WAIT_SECONDS = 60


def _verify_url(state: State, call: Call) -> Callable[[], Answer]:
    """Of an app, the assistant or an account (`app_id`), as saving its settings does; `forged`: wrongly signed."""
    data = body(call)
    to = _receiver(state, data)
    return lambda: verification.verify(state, to, forged=bool(data.get("forged")))


def _click(state: State, call: Call) -> Callable[[], Answer]:
    """`{"user", "task_id", "key", "selected": {"question": ["option"]}}` presses a button of the newest such card.

    `force` sends what no phone could: of a card the member did not get, or whose button is gone. `spent` sends a
    response code that was used before. `menu` chooses from the card's menu. `trouble` as for every callback.
    """
    data = body(call)
    at, trouble = app(state, data), _trouble(data)
    try:
        plaintext, on_reply = clicks.press(
            state,
            at,
            str(data.get("user", "")),
            str(data.get("task_id", "")),
            str(data.get("key", "")),
            selected=data.get("selected", {}),
            menu=bool(data.get("menu")),
            force=bool(data.get("force")),
            spent=bool(data.get("spent")),
        )
    except clicks.ClickError as error:
        raise ControlError(str(error)) from error
    name = "template_card_menu_event" if data.get("menu") else "template_card_event"
    return _awaited(data, sender.send(state, at, plaintext, event=name, trouble=trouble, on_reply=on_reply))


def _contact_event(state: State, call: Call) -> Callable[[], Answer]:
    """`{"change": "update_user", "data": {…}}`, or `{"changes": [{"change", "data"}, …]}`, and the assistant is told.

    All changes are made before any is told. `form`: `full`, `reduced` or `partial` (only user id and main department,
    as seen in the wild); by itself that of the assistant's settings. `order`: `reversed`. `together`: all at once.
    `by_assistant`: the change is the assistant's own, which is not told.
    """
    data = body(call)
    corp_id = str(data.get("corp_id") or (next(iter(state.corps)) if len(state.corps) == 1 else ""))
    corp = state.corps.get(corp_id)
    if corp is None or corp.contacts is None:
        raise ControlError(f"{corp_id!r} has no contacts assistant")
    form, trouble, told = data.get("form"), _trouble(data), []
    for item in data.get("changes", [data]):
        try:
            made = directory.change(corp, str(item.get("change")), item.get("data", {}))
        except directory.ChangeError as error:
            raise ControlError(f"{item.get('change')}: {error}") from error
        fields = made.full if form == "full" or (form is None and corp.contacts.full_events) else made.reduced
        if form == "partial" and "UserID" in made.full:
            fields = {name: made.full[name] for name in ("UserID", "MainDepartment") if name in made.full}
        if fields is not None and not data.get("by_assistant"):
            told.append(events.contact(corp_id, state.now(), made.type, fields))
    if data.get("order") == "reversed":
        told.reverse()
    if data.get("together"):
        sent = [sender.send(state, corp.contacts, one, event="change_contact", trouble=trouble) for one in told]
        return _awaited(data, [delivery for batch in sent for delivery in batch])
    return lambda: _one_by_one(state, corp.contacts, told, trouble, data)


def _one_by_one(state: State, to: App | None, told: list[bytes], trouble: Trouble, data: Answer) -> Answer:
    assert to is not None
    deliveries: list[Delivery] = []
    for plaintext in told:
        batch = sender.send(state, to, plaintext, event="change_contact", trouble=trouble)
        _awaited(data, batch)()
        deliveries += batch
    return {"callbacks": [delivery.shown() for delivery in deliveries]}


def _callback(state: State, call: Call) -> Callable[[], Answer]:
    """`{"plaintext": "<xml>…"}` or `{"event": {"Event": …}, "from": "LiLei"}`: any callback at all."""
    data = body(call)
    to, given = _receiver(state, data), data.get("plaintext")
    if given is None:
        sender_id = str(data.get("from", "sys"))
        given = events.event(to.receiver_id, sender_id, state.now(), **data.get("event", {})).decode()
    name = str(data.get("event", {}).get("Event", "")) or "raw"
    return _awaited(data, sender.send(state, to, str(given).encode(), event=name, trouble=_trouble(data)))


def _callbacks(state: State, call: Call) -> Answer:
    """Every callback and its tries, oldest first; `?event=` for one kind."""
    event = call.query.get("event", "")
    return {"callbacks": [one.shown() for one in state.callbacks if event in ("", one.event)]}


def _awaited(data: Answer, deliveries: list[Delivery]) -> Callable[[], Answer]:
    """Answer when all is delivered or given up; with `"wait": false` at once."""

    def answer() -> Answer:
        for delivery in deliveries if data.get("wait", True) else ():
            delivery.finished.wait(WAIT_SECONDS)
        return {"callbacks": [delivery.shown() for delivery in deliveries]}

    return answer


def _receiver(state: State, data: Answer) -> App | Account:
    to = account(state, data) if "app_id" in data else app(state, data)
    if not to.callback_url:
        raise ControlError("no callback_url was entered")
    return to


def _trouble(data: dict[str, Any]) -> Trouble:
    try:
        trouble = Trouble(**data.get("trouble", {}))
    except TypeError as error:
        raise ControlError(str(error)) from error
    if trouble.forged not in ("", *KINDS):
        raise ControlError(f"forged is one of {', '.join(KINDS)}")
    return trouble


ACTIONS: dict[tuple[str, str], Action] = {
    ("POST", "/__sim/verify_url"): _verify_url,
    ("POST", "/__sim/click"): _click,
    ("POST", "/__sim/contact_event"): _contact_event,
    ("POST", "/__sim/callback"): _callback,
    ("GET", "/__sim/callbacks"): _callbacks,
}
