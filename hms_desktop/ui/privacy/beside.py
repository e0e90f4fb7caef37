# SPDX-License-Identifier: Apache-2.0
"""How the sections of the privacy officer are laid out: a list left, what is known of its current row right."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail


def beside(pane: QWidget, left: ListCard, *, share: int) -> tuple[QWidget, QVBoxLayout]:
    """Lay a pane out with its list (`share` percent of the width); returns the right side and the column to fill."""
    detail = QWidget()
    column = QVBoxLayout(detail)
    column.setContentsMargins(0, 0, 0, 0)
    whole = QVBoxLayout(pane)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.addWidget(WorklistDetail(left, detail, share=share))
    return detail, column
