# SPDX-License-Identifier: Apache-2.0
"""A window with every version of one entry: what it said before, who changed it, when, where and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.versions_table import VersionsTable, Word


class VersionsWindow(QDialog):
    """Shows what `query` reads; `field_word` and `part_word` name columns and tables."""

    def __init__(
        self, desk: Desk, parent: QWidget, query: Callable[[Any], Any], title: str, words: tuple[Word, Word]
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._back_to: QWidget | None = parent.window().focusWidget()
        self.versions = VersionsTable(desk.place.zone, title, *words)
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, pad)
        column.addWidget(self.versions, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        column.addLayout(foot)
        fit_dialog(self, 980, 520)
        self.finished.connect(lambda _result: self._give_back())
        self._desk, self._query = desk, query
        self.versions.older.serve(desk, self._read)
        self._read()

    def _read(self) -> None:
        self._desk.tasks.read(self._query, self.versions.show_versions, self._desk.show_error, owner=self)

    def _give_back(self) -> None:
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)
