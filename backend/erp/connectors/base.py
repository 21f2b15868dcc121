"""What every way to an ERP can do. A vendor's connector is one file beside this one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    """The ERP has it, from this message or an earlier one under the same key."""
    LISTED = "listed"
    """It waits for the next export to a file."""
    REJECTED = "rejected"
    """Understood and refused: the same message would be refused again."""
    RETRY = "retry"
    """It did not arrive, or the ERP has no time now."""
    UNKNOWN = "unknown"
    """It may have arrived."""
    CONFIG = "config"
    """A person must mend address, secret or rights first; no message can succeed until then."""


@dataclass(frozen=True, slots=True)
class Command:
    key: str
    """Idempotency key: the ERP, or the connector for it, takes a second command under this key for the first."""
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: Verdict
    external_id: str = ""
    """Of the ERP's document, where it told."""
    reason: str = ""
    """For people; holds no secret."""


class Connector(Protocol):
    def push(self, command: Command) -> Outcome:
        """Send it once, outside any transaction; never raises for what the other side does.

        After UNKNOWN the same command may be pushed again: a connector to an ERP without idempotency keys looks the
        key up there before it sends anew.
        """
