# SPDX-License-Identifier: Apache-2.0
"""Works out from the sources which tables each action, with what follows from it, may write: `resources/writes.toml`.

`python -m installer.freeze_writes` writes the file anew. It is read at workstations and at the server: an action that
writes anything else is refused at both, so a change of this file is a change of who may do what, and is reviewed.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

from hms_desktop.clinic import lending, modules, reactions
from hms_desktop.core.events import Event
from hms_desktop.security.permissions import ACTIONS
from hms_desktop.security.writes import WRITES_FILE
from hms_desktop.storage.editions import publish
from hms_desktop.storage.leases import LeaseCall, LeaseSpend
from hms_desktop.storage.records import REGISTRY, Fact, Record, Table
from sync_server.actions import known_actions

assert modules.MODULES
assert lending.__name__
ROOMS = ("hms_desktop.clinic", "hms_desktop.documents", "hms_desktop.security", "hms_desktop.sync")
WRITERS = frozenset({"add", "change"})
ALSO: Mapping[str, type[Record]] = {"spend": LeaseSpend, "call_for": LeaseCall}
CHOSEN: Mapping[str, Callable[[Table], bool]] = {
    "hms_desktop.clinic.conflicts.service._write_choices": lambda t: t.phi and not issubclass(t.record, Fact),
    "hms_desktop.clinic.conflicts.service._settle": lambda t: t.name.endswith("_conflict_settlement"),
}
"""Functions that are told which table to write, and which tables that may be."""
HEAD = """# SPDX-License-Identifier: Apache-2.0
# Which tables each action may write, with the reactions that follow from it. Made from the sources by
# `python -m installer.freeze_writes`; a test fails when it is not what the sources do. Whoever may do an action may,
# by it, write these tables and no others: workstations raise, the server refuses.

"""


class Unclear(Exception):
    """A place where a table is written of which the source doesn't say which one it is."""


@dataclass
class Found:
    """What one function writes itself, and which functions it names."""

    tables: set[str] = field(default_factory=set)
    calls: set[Any] = field(default_factory=set)


def written() -> dict[str, list[str]]:
    """The tables of every action, by name; Unclear where a source doesn't say what it writes."""
    known_actions()
    return {name: sorted(_closure(inspect.unwrap(ACTIONS[name].function))) for name in sorted(ACTIONS) if _ours(name)}


def _ours(name: str) -> bool:
    return ACTIONS[name].function.__module__.startswith("hms_desktop.")


def _closure(start: Any) -> set[str]:
    seen, waiting, tables = {start}, [start], set[str]()
    while waiting:
        found = _of(waiting.pop())
        tables |= found.tables
        fresh = found.calls - seen
        seen |= fresh
        waiting += fresh
    return tables


@cache
def _of(thing: Any) -> Found:
    found = Found()
    if isinstance(thing, FunctionType) and not thing.__code__.co_filename.endswith(".py"):
        return found  # what a dataclass makes for itself
    if isinstance(thing, type):
        for part in vars(thing).values():
            function = inspect.unwrap(part.fget) if isinstance(part, property) and part.fget else part
            if isinstance(function, FunctionType) and function.__code__.co_filename.endswith(".py"):
                found.calls.add(inspect.unwrap(function))
        return found
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    names = _names(thing, tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            _call(node, node.func, names, found, thing)
        if isinstance(node, ast.Call) and publish in _meant(node.func, names):
            found.tables |= _tables(value for part in node.args for value in _values(part, names))
        for value in _meant(node, names):
            found.calls |= set(_followed(value))
    return found


def _names(function: Any, tree: ast.Module) -> dict[str, Any]:
    """What names stand for in a function: its module's, what it closes over, and what it imports itself."""
    names = dict(inspect.getmodule(function).__dict__)
    closed = inspect.getclosurevars(function)
    names.update(closed.nonlocals)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = __import__(node.module, fromlist=[alias.name for alias in node.names])
            names.update({alias.asname or alias.name: getattr(module, alias.name) for alias in node.names})
    return names


def _call(node: ast.Call, func: ast.Attribute, names: Mapping[str, Any], found: Found, thing: Any) -> None:
    if func.attr in ALSO:
        found.tables.add(ALSO[func.attr].spec.name)
    if func.attr not in WRITERS or not node.args or not _is_unit(func.value):
        return
    tables = _tables(_values(node.args[0], names))
    chosen = CHOSEN.get(f"{thing.__module__}.{thing.__qualname__}")
    if chosen is not None:
        tables = {table.name for table in REGISTRY.values() if chosen(table)}
    if not tables:
        raise Unclear(f"{thing.__module__}.{thing.__qualname__}: unit.{func.attr}({ast.unparse(node.args[0])}, …)")
    found.tables |= tables


def _is_unit(node: ast.expr) -> bool:
    return ast.unparse(node) in ("unit", "self.unit", "self._unit")


def _values(node: ast.expr, names: Mapping[str, Any]) -> Iterator[Any]:
    for part in ast.walk(node):
        yield from _meant(part, names)


def _tables(values: Iterable[Any]) -> set[str]:
    return {v.spec.name for v in values if isinstance(v, type) and issubclass(v, Record) and hasattr(v, "spec")}


def _meant(node: ast.AST, names: Mapping[str, Any]) -> Iterator[Any]:
    if isinstance(node, ast.Name) and node.id in names:
        yield names[node.id]
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = names.get(node.value.id)
        if isinstance(owner, ModuleType) and hasattr(owner, node.attr):
            yield getattr(owner, node.attr)


def _followed(value: Any) -> Iterator[Any]:
    """What a name leads to: our function or class, the functions of a table of functions, an event's reactions."""
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _followed(one)
    elif isinstance(value, type) and issubclass(value, Event):
        yield from (inspect.unwrap(reaction) for reaction in reactions.REACTIONS.get(value, ()))
    elif isinstance(value, type) and value.__module__.startswith(ROOMS) and not issubclass(value, Record):
        yield value
    elif isinstance(value, FunctionType) and inspect.unwrap(value).__module__.startswith(ROOMS):
        yield inspect.unwrap(value)


def text() -> str:
    """The whole file."""
    return HEAD + "".join(f"{json.dumps(name)} = {json.dumps(tables)}\n" for name, tables in written().items())


if __name__ == "__main__":
    WRITES_FILE.write_text(text(), encoding="utf-8")
    print(f"{WRITES_FILE.name}: {len(written())} actions, {len(REGISTRY)} tables")
