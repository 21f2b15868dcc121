"""Which fields are sensitive. A model says so itself, once; API, admin site, audit trail and pushes ask here.

`FIELD_CLASSES` of a model maps a column, or a name in the data of its events, to the classes (of
`directory.roles.FIELDS`) that somebody must hold to see it.
"""

from collections.abc import Callable, Mapping
from typing import Any

Classes = Mapping[str, tuple[str, ...]]


def classes_of(model: Any) -> Classes:
    found: Classes = getattr(model, "FIELD_CLASSES", {})
    return found


def hidden_fields(model: Any, *, sees: Callable[[str], bool]) -> frozenset[str]:
    """Names of this model that are not for somebody who sees only these classes."""
    return frozenset(name for name, classes in classes_of(model).items() if not all(map(sees, classes)))
