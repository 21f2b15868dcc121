"""Which corporations a company has connected. Filled by what connects them, which lies above."""

from collections.abc import Callable
from uuid import UUID

_sources: list[Callable[[UUID], list[str]]] = []


def register(source: Callable[[UUID], list[str]]) -> None:
    if source not in _sources:
        _sources.append(source)


def only_corporation_of(company_id: UUID) -> str | None:
    """The tenant of WeCom identities; None where there is none, or more than one to choose from."""
    found = {tenant for source in _sources for tenant in source(company_id)}
    return found.pop() if len(found) == 1 else None
