# SPDX-License-Identifier: Apache-2.0
"""Every word a person sees goes through gettext, whole: no bare text on a widget, no sentence made of pieces."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.every_module.source import PRODUCT, Source, calls, listed, sources

SHOWN_BY = {
    "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QGroupBox", "QAction", "QMenu",
    "setText", "setWindowTitle", "setToolTip", "setPlaceholderText", "setTitle", "setInformativeText", "setSuffix",
    "setPrefix", "setStatusTip", "setWhatsThis", "setAccessibleName", "setAccessibleDescription", "addTab", "addItem",
    "addAction", "setHeaderLabels", "setLabelText", "addRow",
}  # fmt: skip
TRANSLATE = {"_": 1, "ngettext": 2}
KEY_CAPS = {"Ctrl", "Alt", "Shift", "Enter", "Esc", "Tab"}


def has_words(node: ast.expr) -> bool:
    """Whether this expression writes two letters in a row by itself; `_("…")` and names do not."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        letters = "".join(c if c.isalpha() else " " for c in node.value)
        return any(len(word) > 1 and word not in KEY_CAPS for word in letters.split())
    if isinstance(node, ast.JoinedStr):
        return any(has_words(part) for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.BinOp):
        return has_words(node.left) or has_words(node.right)
    if isinstance(node, ast.IfExp):
        return has_words(node.body) or has_words(node.orelse)
    return False


def is_translated(node: ast.expr) -> bool:
    """Whether this is `_("…")` or `_("…").format(…)`."""
    called = node.func if isinstance(node, ast.Call) else None
    if isinstance(called, ast.Attribute) and called.attr == "format":
        return is_translated(called.value)
    return isinstance(called, ast.Name) and called.id in TRANSLATE


def untranslatable(source: Source) -> Iterator[ast.expr]:
    """What the catalogue cannot hold: `_()` of anything but text as it is written."""
    if source.within("hms_desktop/core/text.py"):
        return
    for name, call in calls(source):
        for argument in call.args[: TRANSLATE.get(name, 0)]:
            if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                yield argument


def test_nothing_shown_bypasses_the_catalogue() -> None:
    bare = [
        f"{s.at(call)} {ast.unparse(argument)}"
        for s in sources("hms_desktop/ui")
        for name, call in calls(s)
        for argument in call.args
        if name in SHOWN_BY and has_words(argument)
    ]
    assert not bare, listed(bare)


def test_the_catalogue_gets_text_as_it_is_written() -> None:
    made_up = [f"{s.at(n)} {ast.unparse(n)}" for s in sources(*PRODUCT) for n in untranslatable(s)]
    assert not made_up, listed(made_up)


@pytest.mark.hazard("H50")
def test_no_sentence_is_put_together_from_pieces() -> None:
    pieced = [
        f"{s.at(n)} {ast.unparse(n)}"
        for s in sources("hms_desktop")
        for n in ast.walk(s.tree)
        if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add) and (is_translated(n.left) and is_translated(n.right))
    ]
    assert not pieced, listed(pieced)
