"""What may be wrong with a row of any file. The codes are part of the API; the texts follow the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.core.text import bilingual

Texts = Mapping[str, tuple[str, str]]
COMMON: dict[str, tuple[str, str]] = {
    "missing": ("必填，不能为空", "is required"),
    "too_long": ("最多 {most} 个字符", "has more than {most} characters"),
    "bad_value": ("“{value}”无效", "“{value}” is not valid"),
    "became_a_date": (
        "“{value}”被电子表格转成了日期，请将单元格设为文本后重新填写",
        "“{value}” was turned into a date by the spreadsheet; format the cell as text and type it again",
    ),
    "digits_lost": (
        "“{value}”以科学计数法保存，数字已丢失，请将单元格设为文本后重新填写",
        "“{value}” was saved in scientific notation and has lost digits; format the cell as text and type it again",
    ),
    "formula": ("“{value}”像一个公式", "“{value}” looks like a formula"),
    "duplicate": ("与第 {row} 行重复", "is the same as on row {row}"),
    "unknown_employee": ("没有员工“{value}”", "there is no employee “{value}”"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    column: str
    code: str
    about: dict[str, Any] = field(default_factory=dict)


def say(texts: Texts, code: str, about: dict[str, Any]) -> str:
    zh, en = texts[code]
    return str(bilingual(zh.format(**about), en.format(**about)))
