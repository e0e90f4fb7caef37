# SPDX-License-Identifier: Apache-2.0
"""Rows of a detail pane: something to check with its button, pairs of label and value, and sums of money."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.theme import Figures, theme
from hms_desktop.ui.widgets.tokens import cue


class CheckRow(QWidget):
    """A line with a status shape, what it is about, the state of it, and the button that settles it."""

    def __init__(
        self,
        status: str,
        title: str,
        text: str = "",
        button: Button | None = None,
        *,
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.button = button
        look = cue(status)
        self.setAccessibleName(", ".join(part for part in (look.word, title, text) if part))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.space(1), 0, theme.space(1))
        row.setSpacing(theme.space(4) - 2)
        row.addWidget(Glyph(icon or look.icon, f"status.{look.status}.fg", 16))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(title, "body", wrap=True))
        if text:
            words.addWidget(Text(text, "label", "secondary", wrap=True))
        row.addLayout(words, 1)
        if button is not None:
            row.addWidget(button)


class Pairs(QWidget):
    """Labels and values side by side, values in one column; `ends` puts them at the end, as sums of money."""

    def __init__(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        ends: bool = False,
        figures: Figures = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.space(5))
        grid.setVerticalSpacing(theme.space(2))
        grid.setColumnStretch(0 if ends else 1, 1)
        for at, (label, value) in enumerate(pairs):
            grid.addWidget(Text(label, "label", "secondary"), at, 0, Qt.AlignmentFlag.AlignTop)
            words = Text(value, "bodyStrong" if ends else "body", figures="tables" if ends else figures, wrap=not ends)
            words.setAccessibleName(f"{label} {value}")
            side = Qt.AlignmentFlag.AlignTrailing if ends else Qt.AlignmentFlag(0)
            grid.addWidget(words, at, 1, side)
