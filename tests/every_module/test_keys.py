# SPDX-License-Identifier: Apache-2.0
"""No key means two things at once: not twice in one screen, and no screen takes a key that works everywhere."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator

from PySide6.QtGui import QKeySequence

from hms_desktop.ui.desk import Key
from hms_desktop.ui.shell.keys import sequences
from tests.every_module.source import FUNCTION, Source, listed, sources

EVERYWHERE = "hms_desktop/ui/shell/window_keys.py"
OWN_WINDOWS = ("hms_desktop/ui/shell", "hms_desktop/ui/widgets")


def keys_in(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every key that is written out in this piece of source: Alt with a letter counts as a key of that letter's act."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Key" and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                for sequence in sequences(Key(first.value, "", lambda: None)):
                    yield portable(sequence), call


def portable(sequence: str) -> str:
    return QKeySequence(sequence).toString(QKeySequence.SequenceFormat.PortableText)


def scopes(source: Source) -> Iterator[ast.AST]:
    """What makes up one list of keys: a function."""
    return (node for node in ast.walk(source.tree) if isinstance(node, FUNCTION))


def test_every_key_that_is_written_exists() -> None:
    unknown = [s.at(call) for s in sources("hms_desktop/ui") for sequence, call in keys_in(s.tree) if not sequence]
    assert not unknown, listed(unknown)


def test_no_screen_gives_one_key_two_meanings() -> None:
    double = []
    for source in sources("hms_desktop/ui"):
        for scope in scopes(source):
            taken: dict[str, list[str]] = defaultdict(list)
            for sequence, call in keys_in(scope):
                taken[sequence].append(source.at(call))
            double += [f"{sequence}: {' and '.join(at)}" for sequence, at in taken.items() if len(at) > 1]
    assert not double, listed(double)


def test_no_screen_takes_a_key_that_works_everywhere() -> None:
    everywhere = {portable(f"Alt+{place}") for place in range(1, 10)}
    everywhere |= {
        sequence for s in sources("hms_desktop/ui") if s.within(EVERYWHERE) for sequence, _ in keys_in(s.tree)
    }
    assert len(everywhere) > 9, "the keys that work everywhere were not found"
    screens = [s for s in sources("hms_desktop/ui") if not s.within(*OWN_WINDOWS)]
    taken = [
        f"{s.at(call)} {sequence}" for s in screens for sequence, call in keys_in(s.tree) if sequence in everywhere
    ]
    assert not taken, listed(taken)
