# SPDX-License-Identifier: Apache-2.0
"""Whoever is offered an act can read what its form or screen asks for: no role meets a refusal on the way to its work.

The windows' sources say it: which acts and which queries one function, or what it calls in the windows, names
together. What every place does on its way (a look, a preview) says nothing of who comes there and is left out.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from hms_desktop.security.roles import policy
from sync_server.actions import known_actions, known_queries
from tests.every_module.source import listed, sources

Name = tuple[str, str]
FORMS, METHODS = 4, 2
"""How many calls deep a form's function, and a method, is followed."""
EVERYWHERE = {"documents.preview", "patients.find", "patients.look"}
GUARDED = {
    ("conflicts.open", "patients.timeline"),
    ("lab.open_critical", "ehr.unsigned_notes"),
    ("lab.open_result", "ehr.unsigned_notes"),
}
"""Pairs where the window looks at the right itself before it asks, or is offered to those who have it only."""


class Windows:
    """The functions of the windows: what each names of the clinic, and which others of the windows it calls."""

    def __init__(self) -> None:
        acts = {id(one.function): ("act", one.name) for one in known_actions().values() if one.ours}
        asks = {id(one.function): ("query", one.name) for one in known_queries().values() if one.ours}
        self._known = {**acts, **asks}
        self._imports: dict[str, dict[str, Name]] = {}
        self._nodes: dict[Name, ast.FunctionDef] = {}
        for source in sources("hms_desktop/ui"):
            self._read(source.module, source.tree)
        self._direct = {name: self._named(name, node) for name, node in self._nodes.items()}

    def _read(self, module: str, tree: ast.Module) -> None:
        found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
        self._imports[module] = {
            alias.asname or alias.name: (str(node.module), alias.name) for node in found for alias in node.names
        }
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self._nodes[module, node.name] = node
            elif isinstance(node, ast.ClassDef):
                methods = (part for part in node.body if isinstance(part, ast.FunctionDef))
                self._nodes |= {(module, f"{node.name}.{method.name}"): method for method in methods}

    def _named(self, name: Name, node: ast.FunctionDef) -> tuple[set[Name], set[Name]]:
        module, own = name[0], name[1].split(".")[0]
        named: set[Name] = set()
        called: set[Name] = set()
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                called |= {(module, f"{own}.{part.attr}")} if part.value.id == "self" else set()
                named |= self._what(module, part.value.id, part.attr)
            elif isinstance(part, ast.Name):
                called |= {(module, part.id), self._imports[module].get(part.id, ("", ""))}
                named |= self._what(module, part.id)
        return named, called & self._nodes.keys()

    def _what(self, module: str, first: str, *rest: str) -> set[Name]:
        """The act or query that these words stand for in a file."""
        place = self._imports[module].get(first, ("", ""))
        if not place[0].startswith("hms_desktop.clinic"):
            return set()
        found: Any = getattr(importlib.import_module(place[0]), place[1], None)
        for word in rest:
            found = getattr(found, word, None)
        return {self._known[id(found)]} if id(found) in self._known else set()

    def together(self) -> Mapping[Name, set[Name]]:
        """What each function names, with what it calls so deep."""
        found = {}
        for name in self._nodes:
            near, seen = {name}, {name}
            for _step in range(METHODS if "." in name[1] else FORMS):
                near = set().union(*(self._direct[one][1] for one in near)) - seen
                seen |= near
            found[name] = set().union(*(self._direct[one][0] for one in seen))
        return found


@cache
def pairs() -> dict[tuple[str, str], str]:
    """Acts with the queries named beside them, and where."""
    found = {}
    for place, named in Windows().together().items():
        acts = {name for kind, name in named if kind == "act"} - EVERYWHERE
        asks = {name for kind, name in named if kind == "query"}
        found |= {(act, ask): f"{place[0]}.{place[1]}" for act in acts for ask in asks}
    return found


@pytest.mark.parametrize("role", sorted(policy().roles))
def test_who_is_offered_an_act_can_read_what_it_needs(role: str) -> None:
    held, acts, asks = policy().granted([role]), known_actions(), known_queries()
    gaps = [
        f"{role} may {act}, and not ask {ask} ({', '.join(asks[ask].needs)}): {place}"
        for (act, ask), place in pairs().items()
        if acts[act].needs in held and not held.intersection(asks[ask].needs) and (act, ask) not in GUARDED
    ]
    assert not gaps, listed(gaps)


def test_a_form_is_looked_through_with_what_it_calls() -> None:
    assert ("ehr.change_dose", "inventory.item") in pairs() and len(pairs()) > 200
