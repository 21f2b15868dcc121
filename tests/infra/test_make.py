"""What stands behind the Makefile's verbs."""

import fcntl
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra import bootstrap, check, lock

ROOT = Path(__file__).resolve().parents[2]


def test_help_explains_every_verb_in_both_languages() -> None:
    makefile = (ROOT / "Makefile").read_text()
    verbs = set(re.search(r"\.PHONY: (.*)", makefile)[1].split()) - {"setup"}  # type: ignore[index]
    shown = subprocess.run(["make", "--silent"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    explained = dict(re.findall(r"make ([\w-]+) +(.* / .*)", shown))
    assert set(explained) == verbs
    assert all(re.search(r"[\u4e00-\u9fff]", text) for text in explained.values())


def test_an_unfit_interpreter_is_told_so_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.check_interpreter()
    monkeypatch.setattr(bootstrap, "NEWEST", (3, 10))
    with pytest.raises(SystemExit) as refused:
        bootstrap.check_interpreter()
    chinese, english = str(refused.value.code).splitlines()
    assert chinese.startswith("需要 Python")
    assert "PYTHON=" in english


def test_changed_dependencies_make_the_locks_outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    project = tmp_path / "pyproject.toml"
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    monkeypatch.setattr(lock, "REQUIREMENTS", tmp_path / "requirements")
    text = (ROOT / "pyproject.toml").read_text()
    project.write_text(text + "\n# a comment changes nothing\n")
    assert lock.outdated() == []
    project.write_text(text.replace('"Django>=5.2', '"Django>=5.2.1', 1))
    assert lock.outdated() == ["base.txt", "dev.txt", "uv.txt"]


def test_check_runs_all_and_shows_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = [sys.executable, "-c", "print('nobody reads this')"]
    wrong = [sys.executable, "-c", "print('line 7 is wrong'); raise SystemExit(2)"]
    monkeypatch.setattr(check, "CHECKS", {"wrong": wrong, "fine": fine})
    assert check.main() == 1
    shown = capsys.readouterr().out
    assert "line 7 is wrong" in shown
    assert "nobody reads this" not in shown
    assert shown.splitlines()[-1] == "未通过 / failed: wrong"

    monkeypatch.setattr(check, "CHECKS", {"fine": fine})
    assert check.main() == 0


def test_clean_spares_a_database_in_use(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    script = shutil.copy(ROOT / "infra" / "clean.py", tmp_path / "infra")
    home = tmp_path / ".run" / "postgres"
    home.mkdir(parents=True)
    (tmp_path / "elsewhere" / "data").mkdir(parents=True)
    (home / "data").symlink_to(tmp_path / "elsewhere" / "data")
    with (home / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        refused = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 2
        assert home.exists()
    subprocess.run([sys.executable, script], check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["infra"]
