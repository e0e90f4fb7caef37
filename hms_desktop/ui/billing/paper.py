# SPDX-License-Identifier: Apache-2.0
"""The receipt that a number names, in the preview."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.billing.queries_account import receipt_subject
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.paper import show_paper


def show_receipt(desk: Desk, parent: QWidget, number: str) -> None:
    """Open the preview of the receipt with this number."""

    def found(subject: UUID | None) -> None:
        if subject is not None:
            show_paper(desk, parent, "receipt", subject)

    desk.tasks.read(partial(receipt_subject, number=number), found, desk.show_error, owner=parent)
