"""Search keys that work on any PostgreSQL: no extension, any locale.

Substrings are found through an array of bigrams under a GIN index: a text contains the query only if it contains all
bigrams of the query. PostgreSQL's trigrams drop Chinese under `LC_CTYPE C` and need three characters, where a person
types two. Where the rows are many, ASCII has trigrams besides: there are so few letters and digits that their pairs
tell hardly anything apart.
"""

import unicodedata
from itertools import pairwise


def normalised(text: str) -> str:
    """Full-width forms, case and spaces folded, so that ＡＢ 茶 and ab茶 meet; folding again changes nothing.

    Without the spaces an accent may meet a new letter, and folding case may part one from its own: hence again, until
    nothing moves, which Unicode's closure reaches in three rounds at most (UAX #31, NFKC_Casefold).
    """
    for _ in range(4):
        folded = unicodedata.normalize("NFKC", "".join(unicodedata.normalize("NFKC", text).casefold().split()))
        if folded == text:
            break
        text = folded
    return text


def bigrams(*texts: str) -> list[str]:
    """The distinct two-character windows of each text; a one-character text gives itself."""
    grams: set[str] = set()
    for text in map(normalised, texts):
        grams.update(a + b for a, b in pairwise(text))
        if len(text) == 1:
            grams.add(text)
    return sorted(grams)


def grams(*texts: str) -> list[str]:
    """Characters and bigrams: what a text contains, whatever contains the text has too."""
    return sorted({*bigrams(*texts), *"".join(map(normalised, texts))})


def trigrams(*texts: str) -> list[str]:
    """The distinct three-character windows of each text that are ASCII."""
    found = {text[at : at + 3] for text in map(normalised, texts) for at in range(len(text) - 2)}
    return sorted(filter(str.isascii, found))


def grams_needed(text: str) -> list[str]:
    """As few bigrams and trigrams as hold every sign of the text, in its order; what holds the text has them all."""
    text = normalised(text)
    if len(text) == 1:
        return [text]
    needed = []
    covered = 0
    for at in range(len(text) - 1):
        three = text[at : at + 3]
        if len(three) == 3 and three.isascii():
            needed.append(three)
            covered = at + 3
        elif at + 2 > covered:
            needed.append(text[at : at + 2])
            covered = at + 2
    return list(dict.fromkeys(needed))


def pinyin(text: str) -> str:
    """`乌龙茶` → `wulongcha`; other characters stay as they are."""
    from pypinyin import lazy_pinyin  # its dictionaries take most of a second, which every process would pay

    return normalised("".join(lazy_pinyin(text)))


def initials(text: str) -> str:
    """`乌龙茶` → `wlc`: what a person types on a phone; of foreign words too (`Aniseed Syrup` → `as`)."""
    from pypinyin import Style, lazy_pinyin

    return normalised(
        "".join(part[:1] for word in text.split() for part in lazy_pinyin(word, style=Style.FIRST_LETTER))
    )
