# SPDX-License-Identifier: Apache-2.0
"""Every icon that is named is there, and every named icon can be drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from PySide6.QtSvg import QSvgRenderer

from hms_desktop.ui.widgets import icons, tokens
from tests.every_module.source import ROOT, Source, calls, listed, sources

FOLDER = ROOT / "resources" / "icons"
POSITION = {"icon": 0, "pixmap": 0, "paint_icon": 2, "Key": 3}


def named_icons(source: Source) -> Iterator[tuple[str, ast.expr]]:
    """Every icon name written in a file: an argument called `icon`, or where the icon functions and keys take one."""
    for function, call in calls(source):
        arguments = [keyword.value for keyword in call.keywords if keyword.arg == "icon"]
        at = POSITION.get(function)
        if at is not None and isinstance(call.func, ast.Name) and len(call.args) > at:
            arguments.append(call.args[at])
        for argument in arguments:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
                yield argument.value, argument


def test_every_icon_a_screen_names_is_there() -> None:
    lost = [
        f"{s.at(node)} {name}"
        for s in sources("hms_desktop")
        for name, node in named_icons(s)
        if name not in icons.NAMES
    ]
    assert not lost, listed(lost)


def test_every_status_has_its_icon() -> None:
    cues = [tokens.cue(status) for status in tokens.tokens()["statusCues"] if not status.startswith("$")]
    lost = [f"{cue.status}: {cue.icon}" for cue in cues if cue.icon not in icons.NAMES]
    assert not lost, listed(lost)


def test_every_icon_can_be_drawn() -> None:
    broken = sorted(name for name in icons.NAMES if not QSvgRenderer(str(FOLDER / f"{name}.svg")).isValid())
    assert not broken, listed(broken)
