# SPDX-License-Identifier: Apache-2.0
"""Labels and reports: the preview is a look that is written down, a print is written down too, reprints say COPY."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hms_desktop.documents import printing
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.print_preview import PrintPreview

LABEL, REPORT = "specimen-label", "lab-report"


def show_print(desk: Desk, parent: QWidget, kind: str, subject: UUID) -> None:
    """Open the preview of a label (of a specimen) or a report (of a release)."""

    def opened(found: Any) -> None:
        page = PrintPreview(parent, found.title, found.pdf, copy=found.copy)
        page.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        note = partial(_note, kind=kind, subject=subject, patient=found.patient)
        page.printed.connect(lambda _name: desk.tasks.run(note))
        page.saved.connect(lambda _path: desk.tasks.run(note))
        page.open()

    desk.tasks.run(partial(_preview, kind=kind, subject=subject), opened, desk.show_error, owner=parent)


def _preview(unit: Any, kind: str, subject: UUID) -> Any:
    return printing.preview(unit, kind=kind, subject=subject)


def _note(unit: Any, kind: str, subject: UUID, patient: UUID) -> None:
    printing.printed(unit, kind=kind, subject=subject, patient=patient)
