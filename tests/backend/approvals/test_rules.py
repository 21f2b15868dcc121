import pytest

from backend.approvals import routing, rules
from tests.backend.approvals.conftest import step


def condition(field: str, op: str, value: object) -> list[dict[str, object]]:
    return [{"field": field, "op": op, "value": value}]


@pytest.mark.parametrize(
    ("op", "value", "holds"),
    [
        ("gt", "5000", True),
        ("gt", "5000.01", False),
        ("gte", "5000.01", True),
        ("lt", 5001, True),
        ("lte", "5000", False),
        ("eq", "5000.010", True),
        ("ne", "5000.01", False),
        ("in", ["1", "5000.01"], True),
        ("in", ["1", "2"], False),
    ],
)
def test_amounts_compare_as_numbers(op, value, holds):
    assert rules.Condition("amount", op, value).holds({"amount": "5000.01"}) is holds


@pytest.mark.parametrize(
    ("op", "value", "holds"),
    [("eq", "gift", True), ("ne", "gift", False), ("in", ["travel", "gift"], True), ("eq", "GIFT", False)],
)
def test_words_compare_exactly(op, value, holds):
    assert rules.Condition("category", op, value).holds({"category": "gift"}) is holds


def test_true_is_not_the_number_one():
    assert not rules.Condition("foreign", "eq", True).holds({"foreign": "1"})
    assert rules.Condition("foreign", "eq", True).holds({"foreign": True})


@pytest.mark.parametrize("facts", [{}, {"amount": None}, {"amount": "NaN"}, {"amount": "many"}, {"amount": True}])
def test_what_is_not_known_never_spares_a_step(facts):
    assert rules.Condition("amount", "gt", "5000").holds(facts)
    assert rules.Condition("amount", "lt", "5000").holds(facts)


def test_all_conditions_of_a_step_must_hold():
    given = condition("amount", "gt", "10") + condition("category", "eq", "gift")
    steps = rules.read([step("manager", "direct_manager"), step("finance", "role", "finance", conditions=given)])
    assert [each.key for each in rules.applicable(steps, {"amount": "11", "category": "gift"})] == [
        "manager",
        "finance",
    ]
    assert [each.key for each in rules.applicable(steps, {"amount": "11", "category": "travel"})] == ["manager"]


@pytest.mark.parametrize(
    ("definition", "field"),
    [
        ("manager", "steps"),
        ([], "steps"),
        ([step(f"s{n}", "direct_manager") for n in range(21)], "steps"),
        ([step("a", "direct_manager"), step("a", "direct_manager")], "steps"),
        ([step("a", "direct_manager", conditions=condition("amount", "gt", "1"))], "steps"),
        (["manager"], "steps.0.key"),
        ([step("", "direct_manager")], "steps.0.key"),
        ([step("a", "direct_manager") | {"name_en": " "}], "steps.0.name_en"),
        ([step("a", "direct_manager"), step("b", "oracle")], "steps.1.approvers.source"),
        ([step("a", ["role"])], "steps.0.approvers.source"),
        ([step("a", "role")], "steps.0.approvers.value"),
        ([step("a", "role", ["finance"])], "steps.0.approvers.value"),
        ([step("a", "direct_manager", "somebody")], "steps.0.approvers.value"),
        ([step("a", "person", "not-a-uuid")], "steps.0.approvers.value"),
        ([step("a", "direct_manager", mode="most")], "steps.0.mode"),
        ([step("a", "direct_manager", mode=["any"])], "steps.0.mode"),
        ([step("a", "direct_manager", conditions={})], "steps.0.conditions"),
        ([step("a", "direct_manager", conditions=condition("amount", "about", "1"))], "steps.0.conditions"),
        ([step("a", "direct_manager", conditions=condition("amount", ["gt"], "1"))], "steps.0.conditions"),
        ([step("a", "direct_manager", conditions=condition("amount", "gt", "much"))], "steps.0.conditions"),
        ([step("a", "direct_manager", conditions=condition("amount", "in", "1"))], "steps.0.conditions"),
        ([step("a", "direct_manager", conditions=[{"field": "amount", "op": "gt"}])], "steps.0.conditions"),
    ],
)
def test_a_broken_definition_is_refused_at_its_place(definition, field):
    with pytest.raises(rules.InvalidFlow) as refused:
        rules.read(definition)
    assert list(refused.value.fields) == [field]


def test_every_source_a_definition_may_name_can_be_routed():
    assert set(routing._SOURCES) == set(rules.SOURCES)
