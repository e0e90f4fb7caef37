# SPDX-License-Identifier: Apache-2.0
"""Every file names its licence and its idea; what others call says what they must know; `__init__` only says."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.every_module.source import FUNCTION, PRODUCT, Source, listed, sources

LICENCE = "# SPDX-License-Identifier: Apache-2.0"
LONG = 6


def test_every_file_begins_with_its_licence() -> None:
    wrong = [str(s.path) for s in sources() if LICENCE not in s.text.splitlines()[:2]]
    assert not wrong, listed(wrong)


def test_every_file_says_what_idea_it_is() -> None:
    ideas = [s for s in sources() if not (s.within("tests") and s.path.name == "__init__.py")]
    mute = [str(s.path) for s in ideas if not ast.get_docstring(s.tree)]
    assert not mute, listed(mute)


def test_init_files_hold_a_docstring_and_nothing_else() -> None:
    busy = [str(s.path) for s in sources() if s.path.name == "__init__.py" and len(s.tree.body) > 1]
    assert not busy, listed(busy)


def public(source: Source) -> Iterator[tuple[str, ast.AST]]:
    """Functions and classes at the top of a file; outside the windows, where they are Qt's, longer methods too."""
    for node in source.tree.body:
        if isinstance(node, (*FUNCTION, ast.ClassDef)) and not node.name.startswith("_"):
            yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and not source.within("hms_desktop/ui"):
            methods = [m for m in node.body if isinstance(m, FUNCTION) and not m.name.startswith("_")]
            yield from ((f"{node.name}.{m.name}", m) for m in methods if (m.end_lineno or 0) - m.lineno >= LONG)


def test_what_others_call_says_what_they_must_know() -> None:
    mute = [
        f"{s.at(node)} {name}"
        for s in sources(*PRODUCT)
        for name, node in public(s)
        if isinstance(node, (*FUNCTION, ast.ClassDef)) and not ast.get_docstring(node)
    ]
    assert not mute, listed(mute)
