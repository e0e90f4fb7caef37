# SPDX-License-Identifier: Apache-2.0
"""What happened to one document of the account, in a window of its own."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing.queries_versions import document_versions
from hms_desktop.core.text import _
from hms_desktop.ui.billing.words import field_word, part_word
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.versions_window import VersionsWindow


def show_document_history(desk: Desk, parent: QWidget, kind: str, subject: UUID, number: str) -> None:
    """Open the history of a document; `kind` and `subject` as an AccountDocument has them."""
    query = partial(document_versions, kind=kind, subject=subject)
    title = _("History of {number}").format(number=number)
    VersionsWindow(desk, parent, query, title, (field_word, part_word)).open()
