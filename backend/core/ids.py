from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUID of version 7: ordered by time, so primary-key indexes stay dense."""
    return uuid7()
