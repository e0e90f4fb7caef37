# SPDX-License-Identifier: Apache-2.0
"""Hands on a keyboard: presses keys and types into whatever window is in front, as a person would; no mouse."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

PATIENCE_SECONDS = 20.0


class Stuck(AssertionError):
    """What a person waited for did not happen; the message says what, and what had the keyboard."""


def breathe(seconds: float = 0.0) -> None:
    """Let the windows work for a while, at least once."""
    deadline = time.monotonic() + seconds
    while True:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if time.monotonic() >= deadline:
            return
        time.sleep(0.002)


def until(true: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait, with the windows working, until something is true; Stuck names it when it does not become so in time."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise Stuck(f"waited {seconds:.0f} s for: {what} (keyboard at {_described(_focus())})")
        breathe()
        time.sleep(0.003)


def press(*sequences: str) -> None:
    """Press keys one after another: names as Qt has them ("F2", "Ctrl+Return", "Alt+P", "N")."""
    for sequence in sequences:
        target = _focus()
        if len(sequence) == 1:
            QTest.keyClicks(target, sequence)
        else:
            combination = QKeySequence(sequence)[0]
            QTest.keyClick(target, combination.key(), combination.keyboardModifiers())
        breathe()


def type_text(text: str) -> None:
    """Type letters where the cursor is."""
    QTest.keyClicks(_focus(), text)
    breathe()


def clear_field() -> None:
    """Empty the field that has the cursor."""
    press("Ctrl+A", "Backspace")


def tab(times: int = 1) -> None:
    """Go on by so many fields."""
    for _time in range(times):
        press("Tab")


def focused_name() -> str:
    """The accessible name of what has the keyboard."""
    widget = _focus()
    return widget.accessibleName() or _described(widget)


def tab_to(name: str, most: int = 60, backwards: bool = False) -> QWidget:
    """Press Tab until the field or button of this accessible name has the keyboard; Stuck when it is not met."""
    met: list[str] = []
    for _step in range(most):
        widget = _focus()
        if _is(widget, name):
            return widget
        met.append(focused_name())
        press("Shift+Tab" if backwards else "Tab")
    raise Stuck(f"Tab never came to “{name}”; it met {', '.join(dict.fromkeys(met))}")


def _is(widget: QWidget, name: str) -> bool:
    said = [widget.accessibleName(), getattr(widget, "text", str)() if not _holds_text(widget) else ""]
    return any(name.casefold() == s.replace("&", "").strip().casefold() for s in said if s)


def _holds_text(widget: QWidget) -> bool:
    return widget.inherits("QLineEdit") or not callable(getattr(widget, "text", None))


def _focus() -> QWidget:
    """What has the keyboard now: a popup before the focus widget before the window."""
    widget = QApplication.activePopupWidget() or QApplication.focusWidget() or QApplication.activeWindow()
    if widget is None:
        raise Stuck("no window has the keyboard")
    return widget


def front() -> QWidget:
    """The window in front: a dialog before the window it belongs to."""
    window = QApplication.activeModalWidget() or QApplication.activeWindow()
    if window is None:
        raise Stuck("no window is in front")
    return window


def _described(widget: QWidget) -> str:
    return f"{type(widget).__name__} “{widget.accessibleName() or widget.objectName()}”"


def put_in_front(window: QWidget) -> None:
    """Give this window the keyboard, as switching to it does."""
    window.activateWindow()
    until(window.isActiveWindow, "the window comes to the front", 5)
    if QApplication.focusWidget() is None:
        window.setFocus(Qt.FocusReason.ActiveWindowFocusReason)
