# SPDX-License-Identifier: Apache-2.0
"""Every version of one entry of a chart: what it said before, who changed it, when, where and why."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.queries_versions import entry_versions
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr import words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.versions_table import VersionsTable


class EntryHistory(QDialog):
    """Every version of one entry."""

    def __init__(self, desk: Desk, parent: QWidget, table: str, entry: UUID) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("History of the entry"))
        self.setAccessibleName(_("History of the entry"))
        self._back_to: QWidget | None = parent.window().focusWidget()
        self.versions = VersionsTable(desk.place.zone, _("History of the entry"), words.field_word, words.part_word)
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, pad)
        column.addWidget(self.versions, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        column.addLayout(foot)
        self.resize(theme.grow(980), theme.grow(520))
        self.finished.connect(lambda _result: self._give_back())
        query = partial(entry_versions, table=table, id=entry)
        desk.tasks.read(query, self.versions.show_versions, desk.show_error, owner=self)

    def _give_back(self) -> None:
        if self._back_to is not None:
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)


def show_entry(desk: Desk, parent: QWidget, table: str, entry: UUID) -> None:
    """Open the versions of an entry of this table."""
    EntryHistory(desk, parent, table, entry).open()
