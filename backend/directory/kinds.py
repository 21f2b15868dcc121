"""Which kinds of documents somebody may be asked to decide. Filled by what approves them, which lies above."""

_labels: set[str] = set()


def register(label: str) -> None:
    _labels.add(label)


def unknown(labels: list[str]) -> list[str]:
    """Of these labels those that nobody registered."""
    return sorted(set(labels) - _labels)
