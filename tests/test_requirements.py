"""What `make run` installs is all that the program needs."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("bot", "handlers", "core")
LOCKED = r"^([a-zA-Z0-9_.-]+)=="


def imported() -> set[str]:
    """Return the packages that the program imports, but for its own and the standard library's."""
    names: set[str] = set()
    for file in (file for folder in OURS for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Import():
                    names |= {alias.name for alias in node.names}
                case ast.ImportFrom(module=str(module), level=0):
                    names.add(module)
    return {name.partition(".")[0] for name in names} - {*OURS, *sys.stdlib_module_names}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_is_imported_is_locked_for_running() -> None:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    locked = {plain(name) for name in re.findall(LOCKED, text, re.MULTILINE)}
    found = packages_distributions()
    missing = {
        name for name in imported() if not {plain(each) for each in found.get(name, ())} & locked
    }
    assert len(imported()) > 10
    assert missing == set()
