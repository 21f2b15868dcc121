"""The arithmetic of a flow: what its definition may say and which of its steps a document must take.

A definition is a JSON list of steps:

    {"key": "finance", "name_zh": "财务", "name_en": "Finance",
     "approvers": {"source": "role", "value": "finance"}, "mode": "any",
     "conditions": [{"field": "amount", "op": "gt", "value": "5000"}]}

All conditions of a step must hold for it to be taken. One step at least has none, so that no document passes unseen.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from backend.core.errors import Invalid
from backend.core.text import bilingual

SOURCES = ("direct_manager", "department_head", "role", "person")
NAMED_SOURCES = ("role", "person")
"""Whose `value` says which: a role's code, an employee's id."""
MODES = ("any", "all")
"""Any-sign 或签: the first decision settles the step. All-sign 会签: everybody must agree."""
MAX_STEPS = 20


class InvalidFlow(Invalid):
    code = "invalid_flow"
    message = bilingual("审批流程定义有误。", "The flow's definition is not valid.")


@dataclass(frozen=True, slots=True)
class Condition:
    field: str
    op: str
    value: Any

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """True also for a fact the document does not state: a misspelt flow asks one person more, never one fewer."""
        if self.field not in facts:
            return True
        return OPERATORS[self.op](facts[self.field], self.value)


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    name_zh: str
    name_en: str
    source: str
    value: str
    mode: str
    conditions: tuple[Condition, ...]


def read(definition: Any) -> list[Step]:
    """Raises InvalidFlow, naming the step and the field that is wrong."""
    if not isinstance(definition, list) or not 1 <= len(definition) <= MAX_STEPS:
        raise InvalidFlow(fields={"steps": bilingual(f"1 至 {MAX_STEPS} 个节点", f"1 to {MAX_STEPS} steps")})
    steps = [_step(number, given) for number, given in enumerate(definition)]
    if len({step.key for step in steps}) < len(steps):
        raise InvalidFlow(fields={"steps": bilingual("key 重复", "a key occurs twice")})
    if all(step.conditions for step in steps):
        raise InvalidFlow(fields={"steps": bilingual("至少一个节点不带条件", "at least one step without conditions")})
    return steps


def applicable(steps: Iterable[Step], facts: Mapping[str, Any]) -> list[Step]:
    return [step for step in steps if all(condition.holds(facts) for condition in step.conditions)]


def _step(number: int, given: Any) -> Step:
    def wrong(field: str) -> InvalidFlow:
        return InvalidFlow(fields={f"steps.{number}.{field}": bilingual("缺失或不支持", "missing or not supported")})

    if not isinstance(given, dict):
        raise wrong("key")
    for field in ("key", "name_zh", "name_en"):
        if not isinstance(given.get(field), str) or not given[field].strip():
            raise wrong(field)
    approvers = given.get("approvers")
    if not isinstance(approvers, dict) or approvers.get("source") not in SOURCES:
        raise wrong("approvers.source")
    source, value = approvers["source"], approvers.get("value", "")
    named = isinstance(value, str) and value != ""
    if named != (source in NAMED_SOURCES) or (source == "person" and not _is_uuid(value)):
        raise wrong("approvers.value")
    if given.get("mode") not in MODES:
        raise wrong("mode")
    conditions = given.get("conditions", [])
    if not isinstance(conditions, list) or not all(map(_is_condition, conditions)):
        raise wrong("conditions")
    return Step(
        key=given["key"],
        name_zh=given["name_zh"],
        name_en=given["name_en"],
        source=source,
        value=value,
        mode=given["mode"],
        conditions=tuple(Condition(each["field"], each["op"], each["value"]) for each in conditions),
    )


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def _is_condition(given: Any) -> bool:
    if not isinstance(given, dict) or given.keys() != {"field", "op", "value"}:
        return False
    if not isinstance(given["field"], str) or not isinstance(given["op"], str) or given["op"] not in OPERATORS:
        return False
    if given["op"] == "in":
        return isinstance(given["value"], list)
    return given["op"] not in _ORDERED or _number(given["value"]) is not None


def _number(value: Any) -> Decimal | None:
    """Amounts travel as strings in JSON; a boolean is not a number."""
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _same(fact: Any, value: Any) -> bool:
    numbers = _number(fact), _number(value)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return bool(fact == value)


def _compared(test: Callable[[Decimal, Decimal], bool]) -> Callable[[Any, Any], bool]:
    def compare(fact: Any, value: Any) -> bool:
        """A fact that is no number cannot exempt a document from a step."""
        left, right = _number(fact), _number(value)
        return left is None or right is None or test(left, right)

    return compare


_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": _compared(lambda fact, value: fact > value),
    "gte": _compared(lambda fact, value: fact >= value),
    "lt": _compared(lambda fact, value: fact < value),
    "lte": _compared(lambda fact, value: fact <= value),
}
OPERATORS: dict[str, Callable[[Any, Any], bool]] = _ORDERED | {
    "eq": _same,
    "ne": lambda fact, value: not _same(fact, value),
    "in": lambda fact, value: any(_same(fact, each) for each in value),
}
