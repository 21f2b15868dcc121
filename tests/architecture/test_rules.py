"""The rules hold in the project, and each is proved able to fail by a planted violation."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from backend.documents.models import Document, DocumentQuerySet
from backend.events.owed import Owed
from tests.architecture import rules
from tests.architecture.sources import CODE, ROOT, trees

PLANTED = {
    rules.the_api_never_queries: ("mobile_api/routers/x.py", "Visit.objects.all()"),
    rules.business_rules_know_no_http: ("backend/visits/services.py", "from django.http import HttpRequest"),
    rules.services_are_atomic_and_say_who: ("backend/visits/services.py", "def check_in(*, actor): ..."),
    rules.no_forbidden_habits: ("backend/visits/models.py", "class Meta:\n    ordering = ['id']"),
    rules.no_wall_clock_in_rules: ("backend/visits/rules.py", "clock.now()"),
    rules.nothing_is_judged_by_the_databases_clock: ("backend/visits/selectors.py", "rows.filter(ends_at__gt=Now())"),
    rules.schemas_have_names_of_their_own: ("mobile_api/schemas/x.py", "class Out: ...\nclass Out: ..."),
}


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_rule_holds(rule):
    assert not list(rule(trees(*CODE)))


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_rule_finds_a_planted_violation(rule):
    path, code = PLANTED[rule]
    assert list(rule([(Path(path), ast.parse(code))]))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("backend/visits/services.py", "@transaction.atomic\ndef check_in(actor): ..."),
        ("backend/visits/services/plans.py", "def plan(*, actor): ..."),
    ],
)
def test_positional_and_split_services_are_found_too(path, code):
    assert list(rules.services_are_atomic_and_say_who([(Path(path), ast.parse(code))]))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("backend/visits/utils.py", "x = 1"),
        ("backend/visits/apps.py", "from django.db.models.signals import post_save"),
        ("backend/visits/models.py", "def save(self): ..."),
        ("backend/directory/models/people.py", "def save(self): ..."),
        ("mobile_api/schemas/x.py", "class Out(ModelSchema): ..."),
        ("backend/visits/services.py", "transaction.on_commit(f)"),
        ("notifications/services.py", "send.delay(1)"),
    ],
)
def test_every_forbidden_habit_is_found(path, code):
    assert list(rules.no_forbidden_habits([(Path(path), ast.parse(code))]))


def sources():
    for folder in (*CODE, "tests", "infra"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT), path.read_text()


def test_files_stay_small():
    assert not list(rules.files_stay_small(sources()))


def test_a_long_file_is_found():
    assert list(rules.files_stay_small([(Path("x.py"), "\n" * 401)]))


OUR_MODELS = [model for model in apps.get_models() if model.__module__.split(".")[0] in CODE]
BELONG_TO_NO_COMPANY = {
    "directory.Company": "is the company",
    "directory.Throttle": "counts attempts on companies that may not exist",
}


@pytest.mark.parametrize("model", OUR_MODELS, ids=lambda model: model._meta.label)
def test_every_row_belongs_to_a_company(model):
    if model._meta.label in BELONG_TO_NO_COMPANY:
        assert "company" not in {field.name for field in model._meta.fields}
        return
    company = model._meta.get_field("company")
    assert isinstance(company, models.ForeignKey)
    assert not company.null


def test_every_document_is_scoped_and_names_its_resource():
    from backend.directory.roles import RESOURCES

    documents = [model for model in OUR_MODELS if issubclass(model, Document)]
    assert documents
    for model in documents:
        assert isinstance(model.objects.all(), DocumentQuerySet), model
        assert model.resource in RESOURCES, model


def test_every_owed_row_names_a_registered_task():
    from celery import current_app

    current_app.loader.import_default_modules()
    owed = [model for model in OUR_MODELS if issubclass(model, Owed)]
    assert owed
    for model in owed:
        assert model.task_name in current_app.tasks, model


def test_every_constraint_and_index_has_a_name_of_its_own():
    names = [item.name for model in OUR_MODELS for item in (*model._meta.constraints, *model._meta.indexes)]
    assert len(names) == len(set(names))


def test_each_decision_has_a_number_of_its_own():
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [decision.name.partition("-")[0] for decision in decisions]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for decision, number in zip(decisions, numbers, strict=True):
        assert decision.read_text().startswith(f"# {number} "), decision.name
