from typing import Protocol

from notifications.models import Message


class NotReachable(Exception):
    """There is nobody to reach through this channel: not a failure, and nothing to try again."""


class Channel(Protocol):
    max_title_bytes: int
    max_body_bytes: int
    """What the channel takes, in bytes of UTF-8; the catalogue is checked against it."""

    def send(self, message: Message) -> str:
        """Send and return the channel's number of it; the same message again must be recognisable as the same.

        Called outside any transaction. Raises NotReachable, `owed.PermanentFailure` where trying again cannot help,
        `owed.Configuration` where a person must mend a setting, and anything else to be called again later.
        """
