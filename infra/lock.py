"""The hashed locks in requirements/: writes them (`make lock`), and tells whether they fit pyproject.toml."""

import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements"
UV = "uv==0.13.9"
OPTIONS = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-header"]
SOURCES = {"base.txt": ["pyproject.toml"], "dev.txt": ["pyproject.toml", "--group", "dev"], "uv.txt": ["-"]}


def source_line() -> str:
    """The first line of each lock. Says from which dependencies it was made, so no index is needed to tell."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [project["project"]["dependencies"], project["dependency-groups"], project["project"]["requires-python"]]
    digest = hashlib.sha256(json.dumps([UV, OPTIONS, *wanted], sort_keys=True).encode()).hexdigest()
    return f"# make lock, from dependencies {digest[:16]}\n"


def outdated() -> list[str]:
    """The locks that were made from other dependencies than pyproject.toml now lists."""
    return [
        name
        for name in SOURCES
        if not (path := REQUIREMENTS / name).exists() or not path.read_text().startswith(source_line())
    ]


def write() -> None:
    for name, source in SOURCES.items():
        path = REQUIREMENTS / name
        command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", *OPTIONS, *source]
        # uv keeps the versions already in the output file, so only what must change does.
        subprocess.run([*command, "--output-file", str(path)], cwd=ROOT, input=UV, text=True, check=True)
        path.write_text(source_line() + path.read_text())


if __name__ == "__main__":
    write()
