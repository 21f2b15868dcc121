from typing import Literal
from uuid import UUID

from backend.erp.messages import Message
from mobile_api.schemas.base import In, Out


class WebhookIn(Message, In):
    """One message of an ERP; the fields are described where all its channels share them."""


class ReceivedOut(Out):
    system_id: UUID
    message_id: str
    status: Literal["received", "repeated"]
