# SPDX-License-Identifier: Apache-2.0
"""F6: from pane to pane, to where a person can type or choose there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget


def next_pane(panes: Sequence[QWidget], way: int = 1) -> QWidget | None:
    """Move the focus to the next pane (or the one before) that can take it; returns where it went."""
    usable = [pane for pane in panes if pane.isVisible() and first_in(pane) is not None]
    if not usable:
        return None
    focus = QApplication.focusWidget()
    here = next((n for n, pane in enumerate(usable) if focus is not None and _holds(pane, focus)), -1 if way > 0 else 0)
    target = first_in(usable[(here + way) % len(usable)])
    if target is not None:
        target.setFocus(Qt.FocusReason.TabFocusReason)
    return target


def first_in(pane: QWidget) -> QWidget | None:
    """The first widget in a pane that Tab would reach."""
    takes = [
        child
        for child in [pane, *pane.findChildren(QWidget)]
        if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    if not takes:
        return None
    start = pane
    for _step in range(10_000):
        if start in takes:
            return start
        start = start.nextInFocusChain() or pane
    return takes[0]


def _holds(pane: QWidget, widget: QWidget) -> bool:
    return pane is widget or pane.isAncestorOf(widget)
