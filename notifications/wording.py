"""Sentences with gaps: what fills a gap is bounded, so a sentence's greatest length is known before it is ever used."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

GAPS: dict[str, int] = {
    "address": 45,
    "amount": 24,
    "carrier": 45,
    "count": 6,
    "counts": 240,
    "customer": 60,
    "decision": 12,
    "device": 60,
    "invoice_number": 40,
    "kind": 60,
    "minutes": 6,
    "name": 75,
    "number": 32,
    "opinion": 300,
    "outcome": 12,
    "owner": 30,
    "period": 26,
    "reason": 300,
    "reasons": 240,
    "rows": 9,
    "summary": 300,
    "text": 300,
    "title": 90,
    "tracking_number": 40,
    "verdict": 15,
    "who": 30,
}
"""The most bytes of UTF-8 that each fact may fill; a longer one is cut and ends in an ellipsis."""
BREAK_BYTES = len("<br>")
"""A line break at its widest among the channels."""


@dataclass(frozen=True, slots=True)
class Text:
    """The same in both languages; its gaps are `{names}` of GAPS."""

    zh: str
    en: str

    def filled(self, facts: Mapping[str, str], *, language: str) -> str:
        return self._in(language).format_map(facts)

    def filled_lines(self, facts: Mapping[str, str], *, language: str) -> str:
        """Without the lines that have gaps and nothing to fill any of them with."""
        lines = self._in(language).split("\n")
        told = [line for line in lines if not (gaps := gaps_of(line)) or any(facts[gap] for gap in gaps)]
        return "\n".join(told).format_map(facts)

    def _in(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh

    @property
    def longest_bytes(self) -> int:
        return max(_longest(self.zh), _longest(self.en))


def gaps_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _longest(text: str) -> int:
    parts = list(Formatter().parse(text))
    words = sum(len(literal.encode()) + literal.count("\n") * (BREAK_BYTES - 1) for literal, *_ in parts)
    return words + sum(GAPS[name] for _, name, *_ in parts if name is not None)
