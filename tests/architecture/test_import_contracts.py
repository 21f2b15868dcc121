"""The import contracts hold, and each of them notices a planted import."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import CODE, ROOT

PLANTED = {
    "Three folders": ("backend/visits/selectors.py", "import mobile_api.paging"),
    "Inside backend": ("backend/core/money.py", "import backend.directory.models"),
    "An app is four files": ("backend/directory/models/people.py", "import backend.directory.selectors"),
    "Business rules know": ("backend/directory/selectors.py", "import ninja"),
    "The other rooms": ("backend/erp/messages.py", "import ninja"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [linter, "--no-cache"], cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder), "PATH": ""}
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("house")
    for name in CODE:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold():
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


def test_no_contract_is_unproven():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = [contract["name"] for contract in project["tool"]["importlinter"]["contracts"]]
    assert [name for name in names if not name.startswith(tuple(PLANTED))] == []


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_its_contract(copy, contract):
    path, line = PLANTED[contract]
    victim = copy / path
    before = victim.read_text() if victim.exists() else ""
    victim.write_text(f"{before}\n{line}\n")
    try:
        result = lint(copy)
    finally:
        victim.write_text(before) if before else victim.unlink()
    assert result.returncode == 1
    broken = [row for row in result.stdout.splitlines() if " BROKEN" in row]
    assert any(row.startswith(contract) for row in broken), result.stdout
