"""Every sentence a person reads, written in both languages where it is used.

A catalogue of message ids would put the Chinese and the English far from the code and from each other; with two
languages the pair itself is the clearest key (docs/adr/0007).
"""

from django.utils.functional import lazy
from django.utils.translation import get_language


def _pick(zh: str, en: str) -> str:
    return en if (get_language() or "zh-hans").startswith("en") else zh


bilingual = lazy(_pick, str)
"""`bilingual("客户", "customer")`: a lazy string in the active language, Chinese where none is active."""


def in_both(zh: str, en: str) -> str:
    """For places with one text for all readers, such as the command line."""
    return f"{zh} / {en}"
