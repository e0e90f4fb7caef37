# SPDX-License-Identifier: Apache-2.0
"""Invoices and receipts in the preview: written down before a printer gets a page, COPY when printed before."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing.queries_account import receipt_subject
from hms_desktop.documents import printing
from hms_desktop.documents.printing import Preview
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.print_preview import PrintPreview


def show_paper(desk: Desk, parent: QWidget, kind: str, subject: UUID) -> None:
    """Open the preview of an `invoice` (by its id) or a `receipt` (by a payment of it)."""

    def open_it(paper: Preview) -> None:
        preview = PrintPreview(parent, paper.title, paper.pdf, copy=paper.copy)
        note = partial(printing.printed, kind=kind, subject=subject, patient=paper.patient)
        preview.printed.connect(lambda _printer: desk.tasks.run(note, failed=desk.show_error))
        preview.saved.connect(lambda _path: desk.tasks.run(note, failed=desk.show_error))
        preview.open()

    desk.tasks.run(partial(printing.preview, kind=kind, subject=subject), open_it, desk.show_error, owner=parent)


def show_receipt(desk: Desk, parent: QWidget, number: str) -> None:
    """Open the preview of the receipt with this number."""

    def found(subject: UUID | None) -> None:
        if subject is not None:
            show_paper(desk, parent, "receipt", subject)

    desk.tasks.read(partial(receipt_subject, number=number), found, desk.show_error, owner=parent)
