# SPDX-License-Identifier: Apache-2.0
"""Every change of a patient's record: old and new value, who, when, why, from which station."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries_history import versions
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.patients.record_words import field_word, part_word
from hms_desktop.ui.widgets.versions_table import VersionsTable


class HistoryPane(QWidget):
    """The versions that this device holds (90 days of log, or as the clinic chose), and the way to the older ones."""

    def __init__(self, desk: Desk, patient: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._patient = desk, patient
        self.versions = VersionsTable(desk.place.zone, _("History of the record"), field_word, part_word)
        self.table = self.versions.table
        self.versions.older.serve(desk, self.read)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.versions)

    def read(self) -> None:
        """Read the versions again."""
        query = partial(versions, patient=self._patient)
        show = self.versions.show_versions
        self._desk.tasks.read(query, show, self._desk.show_error, owner=self, replaces="versions")
