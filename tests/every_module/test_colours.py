# SPDX-License-Identifier: Apache-2.0
"""Colours come from resources/theme alone, so that light, dark and high contrast hold everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.every_module.source import PRODUCT, Source, calls, listed, sources

CODE = re.compile(r"#(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{3})(?![0-9A-Za-z])|\brgba?\(|\bhsla?\(")
MAKERS = {"QColor", "HexColor", "Color", "CMYKColor", "toColor"}
NO_COLOUR = {"transparent"}
# Paper has an ink of its own: one file holds it, as tokens.json holds that of the windows.
PAPER = "hms_desktop/documents/styles.py"


def prose(source: Source) -> set[int]:
    """The docstrings of a file, by the identity of their nodes: they may name a colour."""
    return {id(n.value) for n in ast.walk(source.tree) if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)}


def written_colours(source: Source) -> Iterator[str]:
    """Colour codes in strings, colours made from numbers or names, and Qt's own named colours."""
    said = prose(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield from (f"{source.at(node)} {m.group()}" for m in CODE.finditer(node.value))
        if (
            isinstance(node, ast.Attribute)
            and ast.unparse(node.value).endswith("GlobalColor")
            and node.attr not in NO_COLOUR
        ):
            yield f"{source.at(node)} {node.attr}"
    for name, call in calls(source):
        if name in MAKERS and call.args and all(isinstance(a, ast.Constant) for a in call.args):
            yield f"{source.at(call)} {ast.unparse(call)}"


def test_no_colour_is_written_outside_the_theme() -> None:
    colours = [c for s in sources(*PRODUCT) if not s.within(PAPER) for c in written_colours(s)]
    assert not colours, listed(colours)
