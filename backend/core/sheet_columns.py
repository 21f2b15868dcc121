"""The columns of a table that people fill in. A heading is known in either language, or in both together as our own
files have it."""

from dataclasses import dataclass

from backend.core.text import bilingual

CLEAR = "-"
"""In a cell: take away what is there. An empty cell leaves it."""


@dataclass(frozen=True, slots=True)
class Column:
    field: str
    zh: str
    en: str
    also: tuple[str, ...] = ()
    note: tuple[str, str] = ("", "")
    is_read: bool = True
    """The others are for the eye only, and are no surprise in a file that comes back."""

    @property
    def heading(self) -> str:
        return f"{self.zh} {self.en}" if self.en else self.zh

    @property
    def name(self) -> str:
        return bilingual(self.zh, self.en or self.zh)

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.zh, self.en, self.heading, self.field, *self.also)))
