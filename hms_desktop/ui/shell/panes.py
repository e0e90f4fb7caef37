# SPDX-License-Identifier: Apache-2.0
"""F6 from pane to pane, to where a person can type or choose; the keyboard stays in the work when a part of it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid


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


class KeepFocus(QObject):
    """When what had the keyboard inside `work` is hidden, the keyboard goes to the page there, not to the next pane."""

    def __init__(self, work: QWidget, page: Callable[[], QWidget | None]) -> None:
        super().__init__(work)
        self._work, self._page = work, page
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._changed)

    @Slot(QWidget, QWidget)
    def _changed(self, old: QWidget | None, new: QWidget | None) -> None:
        page = self._page()
        if old is None or new is None or page is None or not (isValid(old) and isValid(page)):
            return
        if _holds(self._work, old) and not old.isVisible() and not _holds(self._work, new):
            page.setFocus()


def give_focus(page: QWidget) -> None:
    """The keyboard belongs to a new screen: to what it chose itself, else to the page, without a ring around all."""
    page.setProperty("ownFocus", True)
    chosen: QWidget | None = page.focusWidget()
    (page if chosen is None else chosen).setFocus()


def _holds(pane: QWidget, widget: QWidget) -> bool:
    return pane is widget or pane.isAncestorOf(widget)
