"""What `make run` installs is all that the program needs, and what any pip installs."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
OURS = ("bot", "handlers", "core")
LOCKED = re.compile(r"^([a-zA-Z0-9_.-]+)(?:\[(.+)\])?==", re.MULTILINE)


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


def locked(name: str) -> dict[str, set[str]]:
    """Return each package that a file of requirements locks, and the extras it is locked with."""
    text = (ROOT / name).read_text("utf-8")
    return {plain(name): set(extras.split(",")) for name, extras in LOCKED.findall(text)}


def test_every_package_that_is_imported_is_locked_for_running() -> None:
    known = locked("requirements.txt").keys()
    found = packages_distributions()
    missing = {
        name for name in imported() if not {plain(each) for each in found.get(name, ())} & known
    }
    assert len(imported()) > 10
    assert missing == set()


def test_what_a_package_asks_for_with_an_extra_is_locked_with_it() -> None:
    """Without the extra, the pip of Python 3.11 takes the newest version there is for another
    package, and fails once that is newer than the one that is locked."""
    known = locked("requirements-dev.txt")
    asked = [
        Requirement(text)
        for each in distributions()
        if plain(each.name) in known
        for text in each.requires or ()
    ]
    extras = [
        (plain(each.name), each.extras)
        for each in asked
        if each.extras and (each.marker is None or each.marker.evaluate({"extra": ""}))
    ]
    assert extras
    assert [each for each in extras if not each[1] <= known[each[0]]] == []
