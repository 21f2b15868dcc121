"""What the seed tells `infra.main_job`, which plays phones and ERP from outside: a file in RUN_DIR."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "demo.json"


@dataclass(frozen=True, slots=True)
class Notes:
    webhook: str
    """Path to which the ERP posts, from the root of the server."""
    secret: str
    """With which the ERP signs."""
    wecom: str
    """Where pushes go, a stand-in for WeCom."""


def write(notes: Notes, folder: Path) -> None:
    """For its owner's eyes only, since it holds a secret."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(notes), file)


def read(folder: Path) -> Notes:
    """Raises FileNotFoundError where nothing was seeded."""
    return Notes(**json.loads((folder / NAME).read_text()))
