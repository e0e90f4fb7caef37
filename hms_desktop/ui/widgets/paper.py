# SPDX-License-Identifier: Apache-2.0
"""Documents in the preview: the look is written down before it shows, and whatever leaves goes out by one way."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hms_desktop.documents import printing
from hms_desktop.documents.printing import Asked, Preview
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.paper_out import PaperOut, asked_for
from hms_desktop.ui.widgets.print_preview import PrintPreview


def show_paper(desk: Desk, parent: QWidget, kind: str, subject: UUID, **about: Any) -> None:
    """Open the preview of a document; `kind`, what `subject` is of it and `about` as in documents.papers."""
    asked = asked_for(desk, Asked(kind, subject, about))

    def open_it(paper: Preview) -> None:
        preview = PrintPreview(parent, PaperOut(desk, asked, paper))
        preview.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        preview.left.connect(desk.toast)
        preview.open()

    show = partial(printing.preview, kind=kind, subject=subject, about=about, size=asked.size)
    desk.tasks.run(show, open_it, desk.show_error, owner=parent)
