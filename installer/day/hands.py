# SPDX-License-Identifier: Apache-2.0
"""Hands on a keyboard: presses keys and types into whatever window is in front, as a person would; no mouse."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QEvent,
    QEventLoop,
    QKeyCombination,
    QModelIndex,
    Qt,
    QTimer,
)
from PySide6.QtGui import QGuiApplication, QKeySequence, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QFileDialog,
    QLineEdit,
    QWidget,
)

from hms_desktop.ui.widgets.drop_list import DropList

PATIENCE_SECONDS = 60.0
SLOWER_THAN_A_SCANNER = 0.045
"""Letters and Enter within 30 ms of each other come from a bar code scanner, not from a hand."""


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
    deadline, pause = time.monotonic() + seconds, 0.0
    while not true():
        if time.monotonic() > deadline:
            raise Stuck(f"waited {seconds:.0f} s for: {what} (keyboard at {_who_has_it()})")
        time.sleep(pause)  # none before the first turn: most of what is awaited comes with it
        breathe()
        pause = 0.003


def _who_has_it() -> str:
    widget = _keyboard()
    return _described(widget) if widget is not None else "no window"


def press(*sequences: str) -> None:
    """Press keys one after another: names as Qt has them ("F2", "Ctrl+Return", "Alt+P", "N")."""
    for sequence in sequences:
        if sequence == "Return" or len(sequence) == 1:
            breathe(SLOWER_THAN_A_SCANNER)
        if len(sequence) == 1:
            _send(_key_of(sequence), sequence.lower() if sequence.isalpha() else sequence)
        else:
            combination = QKeyCombination.fromCombined(QKeySequence(sequence)[0].toCombined())  # type: ignore[index]
            _send(combination.key(), "", combination.keyboardModifiers())
        breathe()


def type_text(text: str) -> None:
    """Type letters where the cursor is."""
    for letter in text:
        _send(_key_of(letter), letter)
    breathe()


def _send(key: Qt.Key, text: str, held: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """One key down and up, through the window system's own door, with its true time.

    What the key down closes is gone when the key goes up: as with a window system, whoever is in front then hears that.
    """
    window = _hearing()
    QTest.sendKeyEvent(QTest.KeyAction.Press, window, key, text, held)
    after = QGuiApplication.focusWindow()
    if isinstance(after, QWindow):
        QTest.sendKeyEvent(QTest.KeyAction.Release, after, key, text, held)


def _hearing() -> QWindow:
    """The window that hears keys: a window system passes them to one, and never to one behind a question."""
    _focus()
    asked, popup = QApplication.activeModalWidget(), QApplication.activePopupWidget()
    if asked is not None and popup is None and _waits_for(asked):
        put_in_front(asked)
    until(lambda: QGuiApplication.focusWindow() is not None, "a window has the keyboard")
    window = QGuiApplication.focusWindow()
    assert isinstance(window, QWindow)
    return window


def _waits_for(asked: QWidget) -> bool:
    """Whether the window that has the keyboard is one that this question was asked over."""
    here, above = QApplication.activeWindow(), asked.parentWidget()
    while above is not None and above.window() is not here:
        above = above.window().parentWidget()
    return here is not None and above is not None


def _key_of(letter: str) -> Qt.Key:
    return QTest.asciiToKey(ord(letter)) if letter.isascii() else Qt.Key.Key_unknown


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


def tab_to(name: str, most: int = 80, backwards: bool = False, nth: int = 1) -> QWidget:
    """Press Tab until the (nth) field or button of this accessible name has the keyboard; Stuck when it is not met."""
    met: list[str] = []
    for _step in range(most):
        widget = _focus()
        if _is(widget, name):
            nth -= 1
            if nth == 0:
                return widget
        met.append(focused_name())
        press("Shift+Tab" if backwards else "Tab")
    raise Stuck(f"Tab never came to “{name}”; it met {', '.join(dict.fromkeys(met))}")


def _is(widget: QWidget, name: str) -> bool:
    said = [widget.accessibleName(), getattr(widget, "text", str)() if not _holds_text(widget) else ""]
    heard = [s.replace("&", "").strip().casefold() for s in said if s]
    return any(s == name.casefold() or s.startswith(name.casefold() + ",") for s in heard)


def _holds_text(widget: QWidget) -> bool:
    return widget.inherits("QLineEdit") or not callable(getattr(widget, "text", None))


def _keyboard() -> QWidget | None:
    """What has the keyboard now: a popup before the focus widget before the window."""
    return QApplication.activePopupWidget() or QApplication.focusWidget() or QApplication.activeWindow()


def _focus() -> QWidget:
    """What has the keyboard, once a window that closed has given it back."""
    until(lambda: _keyboard() is not None, "a window has the keyboard")
    widget = _keyboard()
    assert widget is not None
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
    until(window.isActiveWindow, "the window comes to the front")


def await_field(name: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the field or button of this name has the keyboard by itself."""
    until(lambda: _is(_focus(), name), f"“{name}” gets the keyboard; it is at {focused_name()}", seconds)


def fill(**fields: str) -> None:
    """Go to fields by Tab and type: names with underscores for spaces, in reading order."""
    for name, words in fields.items():
        tab_to(name.replace("_", " "))
        type_text(words)


def pick(words: str, of: str = "") -> None:
    """In a field that offers choices: type, wait until what is meant is offered, go there with arrows and take it."""
    line = _focus()
    type_text(words)
    wanted = (of or words).casefold()

    def place() -> int:
        offers = [offer.casefold() for offer in _offers(line)]
        begins = [n for n, offer in enumerate(offers) if offer.startswith(wanted)]
        says = [n for n, offer in enumerate(offers) if f" {wanted}" in offer]
        return (*begins, *says, -1)[0]

    until(lambda: place() >= 0, f"“{of or words}” is offered")
    for _step in range(place()):
        press("Down")
    press("Return")


def _offers(line: QWidget) -> list[str]:
    for drop in line.window().findChildren(DropList):
        if drop.isVisible():
            return drop.lines
    return []


def choose(option: str, most: int = 12) -> None:
    """Among radio buttons that have the keyboard: go with arrows to the one of this name and choose it."""
    for _step in range(most):
        button = _focus()
        if isinstance(button, QAbstractButton) and button.text().replace("&", "").startswith(option):
            if not button.isChecked():
                press("Space")
            return
        press("Right")
    raise Stuck(f"there is no choice “{option}”; the keyboard is at {focused_name()}")


def to_list(name: str) -> None:
    """Go with Tab to the list of this accessible name, once it has rows that can take the keyboard."""
    met: list[str] = []

    def there() -> bool:
        widget = _focus()
        if isinstance(widget, QAbstractItemView) and _is(widget, name):
            return True
        met.append(focused_name())
        press("Tab")
        return False

    until(there, f"Tab comes to the list “{name}”")


def arrow_to(name: str, most: int = 9) -> None:
    """Among tiles or radio buttons: go with arrows to the one whose name begins so."""
    for _step in range(most):
        if focused_name().startswith(name):
            return
        press("Right")
    raise Stuck(f"arrows never came to “{name}”; the keyboard is at {focused_name()}")


def go_to_list(key: str) -> None:
    """Press the key of a list until the list has the keyboard: one that is still empty can't take it."""

    def at_list() -> bool:
        if not isinstance(_focus(), QAbstractItemView):
            press(key)
            breathe(0.15)
        return isinstance(_focus(), QAbstractItemView)

    until(at_list, f"the list of key {key} gets the keyboard")


def row_of(words: str) -> None:
    """In the list that has the keyboard: wait until a row says these words, and go there with arrows."""
    until(lambda: isinstance(_focus(), QAbstractItemView), f"a list gets the keyboard; {focused_name()} has it")
    view = _focus()
    assert isinstance(view, QAbstractItemView)
    until(lambda: _row_number(view, words) >= 0, f"a row says “{words}”")

    def there() -> bool:
        here, wanted = view.currentIndex().row(), _row_number(view, words)
        if here != wanted:
            press("Down" if here < wanted else "Up")
        return here == wanted

    until(there, f"arrows come to the row “{words}”")


def _row_number(view: QAbstractItemView, words: str) -> int:
    rows = range(view.model().rowCount(QModelIndex()))
    return next((row for row in rows if words.casefold() in _said_row(view, row).casefold()), -1)


def _said_row(view: QAbstractItemView, row: int) -> str:
    model = view.model()
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount(QModelIndex())
    cells = [model.index(row, column) for column in range(columns)]
    said = [cell.data(Qt.ItemDataRole.AccessibleTextRole) for cell in cells]
    return " | ".join(str(words) for words in said if words)


def answer_file_dialog(path: Path) -> None:
    """Be ready for a file dialog: once it has the keyboard, type the path and press Enter, as a person would."""

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        line = dialog.findChild(QLineEdit, "fileNameEdit") if isinstance(dialog, QFileDialog) else None
        if line is None or not line.hasFocus() or not line.window().isActiveWindow():
            QTimer.singleShot(50, answer)
            return
        line.selectAll()
        QTest.keyClicks(line, str(path))
        QTest.keyClick(line, Qt.Key.Key_Return)

    QTimer.singleShot(50, answer)
