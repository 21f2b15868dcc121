"""Regular expressions that an administrator may write: such as cannot run long, whatever they are given.

Anchored, without groups, alternatives and back references, so nothing is repeated that repeats; then at most MOST_FREE
quantifiers that leave a choice, over at most MOST_MATCHED characters: n³/6 steps for three, 44,000.
"""

import re

from backend.core.text import bilingual

MOST_CHARACTERS = 200
MOST_FREE = 3
MOST_MATCHED = 64
_ATOM = re.compile(
    r"\\[dDwWsS]|\\[.^$*+?()\[\]{}|\\/-]|\[\^?(?:\\[dDwWsS\\\]\[^/.-]|[^\\\]\[])+\]|[^\\\[\](){}*+?.^$|]|\.", re.DOTALL
)
_QUANTIFIER = re.compile(r"[*+?]|\{(\d{1,3})(?:(,)(\d{0,3}))?\}")


def pattern_fault(pattern: str) -> str | None:
    """What is wrong with it, for people; None for one that may be used."""
    if len(pattern) > MOST_CHARACTERS:
        return bilingual(f"最多 {MOST_CHARACTERS} 个字符", f"at most {MOST_CHARACTERS} characters")
    if not (pattern.startswith("^") and pattern.endswith("$") and len(pattern) > 1):
        return bilingual("须以 ^ 开头、以 $ 结尾", "must begin with ^ and end with $")
    free, place = 0, 1
    while place < len(pattern) - 1:
        atom = _ATOM.match(pattern, place, len(pattern) - 1)
        if atom is None:
            return bilingual(
                "只能由字符、字符类与次数组成，不能分组、选择或引用",
                "only characters, classes and quantifiers; no groups, alternatives or references",
            )
        place = atom.end()
        if quantifier := _QUANTIFIER.match(pattern, place, len(pattern) - 1):
            place = quantifier.end()
            free += _leaves_a_choice(quantifier)
    if free > MOST_FREE:
        return bilingual(f"不定次数的量词最多 {MOST_FREE} 个", f"at most {MOST_FREE} quantifiers that leave a choice")
    try:
        re.compile(pattern)
    except re.error:
        return bilingual("正则表达式无效", "is not a regular expression")
    return None


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text is as the pattern says; never one of more than MOST_MATCHED characters."""
    return len(text) <= MOST_MATCHED and re.fullmatch(pattern, text, re.ASCII) is not None


def _leaves_a_choice(quantifier: re.Match[str]) -> bool:
    least, comma, most = quantifier.groups()
    return least is None or (comma is not None and least != most)
