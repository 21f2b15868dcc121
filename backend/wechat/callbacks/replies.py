"""Passive replies: what the platform shows for an answer to the callback itself (document path 90241).

They change the card of the member who clicked, and of nobody else; the others' cards are changed by
`update_template_card`. Plaintext: the endpoint seals it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import xmltodict


def update_button(*, user_id: str, corp_id: str, replace_name: str, at: datetime) -> str:
    """The buttons become one that cannot be pressed, and says so."""
    return _reply("update_button", user_id, corp_id, at, Button={"ReplaceName": replace_name})


def update_template_card(*, user_id: str, corp_id: str, card: Mapping[str, Any], at: datetime) -> str:
    """Another card in place of the clicked one. `card` as it is sent: `{"card_type": …, "main_title": …}`."""
    return _reply("update_template_card", user_id, corp_id, at, TemplateCard=_camel(card))


def _reply(kind: str, user_id: str, corp_id: str, at: datetime, **content: Any) -> str:
    head = {"ToUserName": user_id, "FromUserName": corp_id, "CreateTime": int(at.timestamp()), "MsgType": kind}
    xml: str = xmltodict.unparse({"xml": head | content}, full_document=False)
    return xml


def _camel(value: Any) -> Any:
    """Names of fields as replies spell them: `main_title` is `MainTitle`."""
    if isinstance(value, Mapping):
        return {"".join(part.capitalize() for part in name.split("_")): _camel(item) for name, item in value.items()}
    return [_camel(item) for item in value] if isinstance(value, list | tuple) else value
