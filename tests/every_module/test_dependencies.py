# SPDX-License-Identifier: Apache-2.0
"""What a room imports is what pyproject.toml gives it: nothing that happens to be installed on one machine."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from tests.every_module.source import ROOT, Source, listed, sources

OURS = {"hms_desktop", "sync_server", "installer", "tests"}
DESKTOP = (
    "hms_desktop/ui",
    "hms_desktop/app.py",
    "hms_desktop/front.py",
    "hms_desktop/__main__.py",
    "hms_desktop/storage/keychain.py",
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def distributions(lines: list[str]) -> set[str]:
    """The normalised names of requirement lines."""
    return {normal(re.split(r"[<>=!~;\[ ]", line)[0]) for line in lines}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


BASE = distributions(PROJECT["dependencies"])
EXTRAS = {name: distributions(lines) for name, lines in PROJECT["optional-dependencies"].items()}


def foreign(source: Source) -> Iterator[tuple[str, ast.stmt]]:
    """Top-level names of other people's packages that a file imports."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module]
        else:
            continue
        for name in {n.split(".")[0] for n in names} - OURS - sys.stdlib_module_names:
            yield name, node


def allowed(source: Source) -> set[str]:
    """The distributions that this file's room may count on."""
    if source.within("tests"):
        return BASE | EXTRAS["desktop"] | EXTRAS["postgresql"] | EXTRAS["test"]
    if source.within("hms_desktop/storage/postgres.py"):
        return BASE | EXTRAS["postgresql"]
    desktop = source.within(*DESKTOP) or source.within("installer/day")
    return BASE | EXTRAS["desktop"] if desktop else BASE


def test_every_import_is_declared() -> None:
    owners = {**packages_distributions(), "PySide6": ["pyside6-essentials"], "shiboken6": ["pyside6-essentials"]}
    undeclared = [
        f"{s.at(node)} {name}"
        for s in sources()
        for name, node in foreign(s)
        if not {normal(owner) for owner in owners.get(name, [name])} & allowed(s)
    ]
    assert not undeclared, listed(undeclared)


def before_an_environment(names: list[str]) -> list[Source]:
    """The files of installer/ that these commands load themselves; everything else they start in the environment."""
    files = {s.path.stem: s for s in sources("installer") if s.path.parent.name == "installer"}
    reached: dict[str, Source] = {}
    while names:
        name = names.pop()
        if name in files and name not in reached:
            reached[name] = files[name]
            names += re.findall(r"^from installer(?:\.| import )(\w+)", files[name].text, re.MULTILINE)
    return list(reached.values())


def test_the_two_commands_run_on_a_bare_python() -> None:
    bare = before_an_environment(["run", "test"])
    needing = [f"{s.at(node)} {name}" for s in bare for name, node in foreign(s)]
    assert not needing, listed(needing)
