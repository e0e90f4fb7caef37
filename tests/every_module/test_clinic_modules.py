# SPDX-License-Identifier: Apache-2.0
"""Inside a clinic module a file's name says its floor: service > queries > model > events and rules.

Whatever is not service, queries, model or events is rules, whatever its name: no database, no network, no Qt.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.every_module.source import Source, listed, sources

FLOORS = {"service": 3, "queries": 2, "model": 1}
GROUND = 0
NOT_IN_RULES = ("sqlalchemy", "requests", "PySide6", "hms_desktop.storage", "sqlcipher3", "socket")


def floor(name: str) -> int:
    """The floor of a file of a clinic module by its name: `queries_documents` is queries, `search_index` is model."""
    words = name.split("_")
    return FLOORS.get(words[0], FLOORS["model"] if words[-1] == "index" else GROUND)


def imported(source: Source) -> Iterator[tuple[str, ast.stmt]]:
    """Every dotted name that a file imports; `from x import y` as x.y."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{alias.name}", node) for alias in node.names)


def module_files() -> list[Source]:
    """The files of the clinic's modules (reactions and follow-ups stand above them)."""
    return [s for s in sources("hms_desktop/clinic") if len(s.path.parts) > 3 and s.path.stem != "__init__"]


def test_a_file_imports_no_higher_floor_of_its_module() -> None:
    upward = []
    for source in module_files():
        own = ".".join(source.path.parts[:3])
        for name, node in imported(source):
            rest = name.removeprefix(own + ".")
            if rest != name and floor(rest.split(".")[0]) > floor(source.path.parts[3].removesuffix(".py")):
                upward.append(f"{source.at(node)} {name}")
    assert not upward, listed(upward)


def test_rules_touch_neither_database_nor_network_nor_windows() -> None:
    touching = [
        f"{s.at(node)} {name}"
        for s in module_files()
        if floor(s.path.parts[3].removesuffix(".py")) == GROUND
        for name, node in imported(s)
        if name.startswith(NOT_IN_RULES)
    ]
    assert not touching, listed(touching)
