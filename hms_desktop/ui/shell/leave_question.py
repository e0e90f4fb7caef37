# SPDX-License-Identifier: Apache-2.0
"""Asked before an unfinished form is left: keep it as a draft and go, or stay. The safe button has the focus."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme


class LeaveQuestion(QDialog):
    """A small dialog over the window; it does not block the program, so the idle lock still comes."""

    def __init__(self, window: QWidget, form: str, keep_and_go: Callable[[], object]) -> None:
        super().__init__(window)
        self.setWindowTitle(_("Unfinished form"))
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._go = keep_and_go
        self.stay = Button(_("Stay here"), "primary", key="Esc", clicked=self.reject)
        self.go = Button(_("Keep a draft and leave"), clicked=self._leave)
        words = _("What you typed is kept as a draft on this device. Only you can open it again.")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(7), theme.space(6), theme.space(7), theme.space(6))
        column.setSpacing(theme.space(4))
        column.addWidget(Text(_("“{form}” is not finished").format(form=form), "title", wrap=True))
        column.addWidget(Text(words, "body", "secondary", wrap=True))
        ways = QHBoxLayout()
        ways.addStretch(1)
        ways.addWidget(self.go)
        ways.addWidget(self.stay)
        column.addLayout(ways)
        self.setMinimumWidth(theme.grow(420))
        self.stay.setFocus()

    def _leave(self) -> None:
        self.accept()
        self._go()
