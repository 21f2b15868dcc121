"""By what attempts at a password are counted.

Whoever guesses from elsewhere must not lock a person out for good. So a device that has signed in to the account before
is counted by itself, and everybody else by account and address, by account, and by address:

| who asks | free attempts | who is slowed down |
|---|---|---|
| a device known to the account | 5 | that device |
| any other, from one address | 5 | that address, for this account |
| any other, from everywhere | 20 | unknown devices, for this account |
| anybody, from one address | 100 failures | that address, for every account |
| whoever is signed in and confirms it is he | 5 | that person's confirmations |

A guesser can thus keep new devices of one account waiting, never the phone in its owner's pocket, and no other door.
"""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from backend.core.addresses import network_of
from backend.core.context import origin

PER_DEVICE = 5
PER_ACCOUNT_AND_ADDRESS = 5
PER_ACCOUNT = 20
PER_ADDRESS = 100
PER_CONFIRMATION = 5


@dataclass(frozen=True, slots=True)
class Counter:
    key: str
    free: int


def of_account(login: str, *, known_device: str) -> list[Counter]:
    """`login` as typed, which may name nobody; `known_device` is empty where the device is new to the account."""
    if known_device:
        return [Counter(_key("device", login, known_device), PER_DEVICE)]
    return [
        Counter(_key("account", login, network_of(origin().address)), PER_ACCOUNT_AND_ADDRESS),
        Counter(_key("account", login), PER_ACCOUNT),
    ]


def of_address() -> Counter:
    return Counter(_key("address", network_of(origin().address)), PER_ADDRESS)


def of_confirmation(employee_id: UUID) -> Counter:
    return Counter(_key("confirmation", str(employee_id)), PER_CONFIRMATION)


def _key(kind: str, *parts: str) -> str:
    """A digest, for what was typed as an account may be a password."""
    return f"{kind}:{hashlib.sha256(repr(parts).encode()).hexdigest()}"
