"""The rules of the house that no linter knows. Each yields what breaks it; docs/architecture.md lists them."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

Trees = Iterable[tuple[Path, ast.Module]]
MAX_LINES = 400
ATOMIC = {"transaction.atomic", "transaction.atomic(savepoint=False)"}
"""Without a savepoint where every caller's transaction ends anyway if this fails."""


def the_api_never_queries(trees: Trees) -> Iterator[str]:
    """Routers and schemas ask a selector or a service."""
    for path, tree in trees:
        if path.parts[0] == "mobile_api" and path.name != "health.py":
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}:
                    yield f"{path}:{node.lineno}"


def business_rules_know_no_http(trees: Trees) -> Iterator[str]:
    """`django.http` stays above; import-linter cannot name part of an external package."""
    for path, tree in trees:
        if path.parent.name == "admin":
            continue
        if path.parts[0] == "backend" and path.name not in {"admin.py", "admin_middleware.py", "admin_site.py"}:
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.http"):
                    yield f"{path}:{node.lineno}"


def services_are_atomic_and_say_who(trees: Trees) -> Iterator[str]:
    """A public service is `@transaction.atomic` (or says why it commits in steps) and takes keywords only."""
    for path, tree in trees:
        if path.name != "services.py" and path.parent.name != "services":
            continue
        for function in tree.body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            marks = [ast.unparse(mark) for mark in function.decorator_list]
            if not any(mark in ATOMIC or mark.startswith("commits_in_steps(") for mark in marks):
                yield f"{path}:{function.name} needs @transaction.atomic"
            positional = [argument.arg for argument in function.args.args]
            if positional and function.name != "handle":
                yield f"{path}:{function.name} takes {positional} by position"


def no_forbidden_habits(trees: Trees) -> Iterator[str]:
    """No signals, no `save()` override, no `Meta.ordering`, no ModelSchema, no `on_commit`, no file called utils."""
    for path, tree in trees:
        if path.name == "utils.py":
            yield f"{path}: name it after what it holds"
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module="django.db.models.signals" | "django.dispatch"):
                    yield f"{path}:{node.lineno} signals"
                case ast.ClassDef(name="Meta", body=body) if any(
                    isinstance(item, ast.Assign) and ast.unparse(item.targets[0]) == "ordering" for item in body
                ):
                    yield f"{path}:{node.lineno} Meta.ordering"
                case ast.FunctionDef(name="save") if path.name == "models.py" or path.parent.name == "models":
                    yield f"{path}:{node.lineno} save() override"
                case ast.Name(id="ModelSchema"):
                    yield f"{path}:{node.lineno} ModelSchema"
                case ast.Attribute(attr="on_commit"):
                    yield f"{path}:{node.lineno} on_commit"
                case ast.Call(func=ast.Attribute(attr="delay" | "apply_async")):
                    yield f"{path}:{node.lineno} rows remember: insert an owed row instead of calling the broker"


def no_wall_clock_in_rules(trees: Trees) -> Iterator[str]:
    """Services, selectors and rules get `at`; only the edges ask for the time."""
    for path, tree in trees:
        if path.name in {"rules.py", "services.py"} or path.parent.name == "services":
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and ast.unparse(node) in {
                    "clock.now",
                    "timezone.now",
                    "datetime.now",
                    "date.today",
                    "time.time",
                }:
                    yield f"{path}:{node.lineno} {ast.unparse(node)}"


def nothing_is_judged_by_the_databases_clock(trees: Trees) -> Iterator[str]:
    """`Now()` only fills a column (`db_default`); what holds at this moment is asked of backend/core/clock.py."""
    for path, tree in trees:
        defaults = {
            id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "db_default"
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Now") and id(node) not in defaults:
                yield f"{path}:{node.lineno}"


def schemas_have_names_of_their_own(trees: Trees) -> Iterator[str]:
    """ninja names components by class, so of two with one name the contract would silently hold only one."""
    first: dict[str, str] = {}
    for path, tree in trees:
        for node in ast.walk(tree):
            if not isinstance(node, ast.ClassDef) or path.parts[:2] != ("mobile_api", "schemas"):
                continue
            here = f"{path}:{node.lineno}"
            if (there := first.setdefault(node.name, here)) != here:
                yield f"{here} {node.name} is also at {there}"


def files_stay_small(sources: Iterable[tuple[Path, str]]) -> Iterator[str]:
    """Past 400 lines a file is split by subject, never by layer."""
    for path, text in sources:
        if (lines := text.count("\n")) > MAX_LINES:
            yield f"{path}: {lines} lines"
