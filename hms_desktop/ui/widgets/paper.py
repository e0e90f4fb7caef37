# SPDX-License-Identifier: Apache-2.0
"""Documents in the preview: the look is written down before it shows, a print is too, COPY when printed before."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hms_desktop.documents import printing
from hms_desktop.documents.printing import Preview
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.print_preview import PrintPreview


def note_leaving(desk: Desk, preview: PrintPreview, kind: str, subject: UUID, patient: UUID) -> None:
    """Write down each print and each saved file of this preview."""
    note = partial(printing.printed, kind=kind, subject=subject, patient=patient)
    preview.printed.connect(lambda _printer: desk.tasks.run(partial(note, way="print"), failed=desk.show_error))
    preview.saved.connect(lambda _path: desk.tasks.run(partial(note, way="file"), failed=desk.show_error))


def show_paper(desk: Desk, parent: QWidget, kind: str, subject: UUID, **about: Any) -> None:
    """Open the preview of a document; `kind`, what `subject` is of it and `about` as in documents.printing."""

    def open_it(paper: Preview) -> None:
        preview = PrintPreview(parent, paper.title, paper.pdf, copy=paper.copy)
        preview.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        note_leaving(desk, preview, kind, subject, paper.patient)
        preview.open()

    show = partial(printing.preview, kind=kind, subject=subject, about=about)
    desk.tasks.run(show, open_it, desk.show_error, owner=parent)
