# SPDX-License-Identifier: Apache-2.0
"""Every version of one entry of a chart, in a window of its own."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr.queries_versions import entry_versions
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr import words
from hms_desktop.ui.widgets.versions_window import VersionsWindow


def show_entry(desk: Desk, parent: QWidget, table: str, entry: UUID) -> None:
    """Open the versions of an entry of this table."""
    query = partial(entry_versions, table=table, id=entry)
    VersionsWindow(desk, parent, query, _("History of the entry"), (words.field_word, words.part_word)).open()
