# SPDX-License-Identifier: Apache-2.0
"""What is copied stays in no history, and not for long."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit

from hms_desktop.ui.widgets.clipboard import HINTS, ClipboardGuard, guard_clipboard


def owned_without_display(patch: pytest.MonkeyPatch) -> None:
    """Whatever is copied anywhere counts as copied here."""

    def is_ours(_guard: ClipboardGuard, mode: QClipboard.Mode) -> bool:
        return bool(QGuiApplication.clipboard().text(mode))

    patch.setattr(ClipboardGuard, "is_ours", is_ours)


@pytest.fixture
def guard(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClipboardGuard]:
    """Without a display nobody owns the clipboard: whatever is there was copied here."""
    owned_without_display(monkeypatch)
    made = guard_clipboard(qapp)
    assert guard_clipboard(qapp) is made
    yield made
    made.forget()


@pytest.mark.accepts("SEC-13")
def test_what_was_copied_is_hinted_and_forgotten(guard: ClipboardGuard) -> None:
    clipboard, line = QGuiApplication.clipboard(), QLineEdit("Okonkwo, Amara")
    line.selectAll()
    line.copy()
    assert clipboard.text() == "Okonkwo, Amara" and guard.life.isActive() and guard.life.interval() == 60_000
    assert all(bytes(clipboard.mimeData().data(name).data()) == value for name, value in HINTS.items())
    guard.life.timeout.emit()
    assert clipboard.text() == "" and not guard.life.isActive()


def test_what_another_program_copied_stays(qapp: QApplication) -> None:
    guard, clipboard = guard_clipboard(qapp), QGuiApplication.clipboard()
    clipboard.setText("from elsewhere")
    guard.forget()
    assert clipboard.text() == "from elsewhere" and not guard.life.isActive()
    clipboard.clear()
