# SPDX-License-Identifier: Apache-2.0
"""Everything that writes asks for a right that the roles know; nothing outside the clinic can write around that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from hms_desktop.security.permissions import ACTIONS, Action
from hms_desktop.security.roles import STATION_EVENTS, policy
from tests.every_module import everything
from tests.every_module.source import FUNCTION, Function, Source, listed, sources


@pytest.fixture(autouse=True, scope="module")
def all_actions() -> None:
    everything.load()


def actions() -> list[Action]:
    """The product's actions; tests may declare some of their own."""
    return [a for a in ACTIONS.values() if a.function.__module__.startswith("hms_desktop.")]


def services() -> list[Source]:
    """The files of the clinic that write."""
    return [s for s in sources("hms_desktop/clinic") if s.path.stem.split("_")[0] == "service"]


def writing(source: Source) -> Iterator[Function]:
    """The public functions of a service that are given a unit of work."""
    for node in source.tree.body:
        if isinstance(node, FUNCTION) and not node.name.startswith("_") and node.args.args:
            first = node.args.args[0].annotation
            if first is not None and ast.unparse(first) == "Unit":
                yield node


def is_action(function: Function) -> bool:
    """Whether it is declared with `@action`."""
    return any(ast.unparse(d).startswith("action(") for d in function.decorator_list)


@cache
def taken(path: Path) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    """What a file takes: (module, name) by import, and (last part, name) by `module.name`."""
    source = next(s for s in sources() if s.path == path)
    imported, used = set(), set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            imported |= {(node.module, alias.name) for alias in node.names}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            holder = node.value
            used.add((holder.id if isinstance(holder, ast.Name) else holder.attr, node.attr))
    return frozenset(imported), frozenset(used)


def reaches(source: Source, module: str, name: str) -> bool:
    """Whether a file takes this function from this module, by import or by `module.name`."""
    folder, last = module.rsplit(".", 1)
    imported, used = taken(source.path)
    return (module, name) in imported or ((last, name) in used and folder in source.text)


def test_every_action_needs_a_right_that_some_role_has() -> None:
    given = policy().granted(policy().roles) | {STATION_EVENTS}  # each workstation's own
    problems = [f"{a.name}: {a.needs}" for a in actions() if a.needs not in given]
    assert actions() and not problems, listed(problems)


def test_an_action_is_named_after_its_module() -> None:
    problems = []
    for declared in actions():
        parts = declared.function.__module__.split(".")
        room = parts[2] if parts[1] == "clinic" and len(parts) > 3 else parts[1]
        if declared.name.split(".")[0] != room:
            problems.append(f"{declared.name} in {declared.function.__module__}")
    assert not problems, listed(problems)


def test_only_the_clinic_itself_calls_what_checks_no_right() -> None:
    unchecked = [(s.module, f.name) for s in services() for f in writing(s) if not is_action(f)]
    outside = [s for s in sources("hms_desktop", "sync_server", "installer") if not s.within("hms_desktop/clinic")]
    problems = [f"{s.path}: {module}.{name}" for module, name in unchecked for s in outside if reaches(s, module, name)]
    assert not problems, listed(problems)


def words_of(source: Source) -> Iterator[tuple[str, bool]]:
    """Every string of a file, and the beginnings of those that are completed at run time (with True)."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, False
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield str(node.values[0].value), True


def test_every_right_is_asked_for_somewhere() -> None:
    words = {word for s in sources("hms_desktop", "sync_server") for word in words_of(s)}
    begun = tuple(word for word, open_ended in words if open_ended and "." in word)
    idle = sorted(r for r in policy().permissions if (r, False) not in words and not r.startswith(begun))
    assert not idle, listed(idle)
