# SPDX-License-Identifier: Apache-2.0
"""Forms over a window: wait until one asks, finish it, read what it refuses."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QApplication

from installer.day import hands
from tests.promises.seats import Seat


def asked(name: str) -> Any:
    """The form or question whose title says this, with the keyboard in it."""
    hands.until(lambda: name in _title(), f"“{name}” is asked")
    hands.put_in_front(hands.front())
    return QApplication.activeModalWidget()


def _title() -> str:
    shown = QApplication.activeModalWidget()
    return shown.accessibleName() if shown is not None else ""


def finish(seat: Seat) -> None:
    """Ctrl+Enter, and the form is gone."""
    hands.press("Ctrl+Return")
    gone(seat)


def gone(seat: Seat) -> None:
    """Nothing is asked any more, and the window has the keyboard again."""
    hands.until(lambda: QApplication.activeModalWidget() is None, "the form is gone")
    seat.rests()
    seat.sit_down()


def refused(form: Any, words: str) -> None:
    """The form says no in these words; Escape leaves it, and what was typed is thrown away when that is asked."""
    hands.until(lambda: words in form.wrong.text(), f"“{words}” is said")
    hands.press("Esc")
    asked("Throw away what you typed?")
    hands.tab()
    hands.press("Space")


def agree(seat: Seat, name: str) -> None:
    """Go from the safe button of a question to its verb, and press it."""
    asked(name)
    hands.tab()
    hands.press("Space")
    gone(seat)
