# SPDX-License-Identifier: Apache-2.0
"""A bar in a status colour with icon, a strong word and what goes with it beneath; grows instead of cutting."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.theme import theme


class ColourBar(QWidget):
    """Solid only for harm; else tinted with a border."""

    def __init__(
        self, status: str, icon: str, title: str, text: str = "", *, solid: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._status = status
        self._solid = solid
        self.setAccessibleName(f"{title}. {text}" if text else title)
        tone = f"on-{status}" if solid else status
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(4), theme.space(3) - 2, theme.space(4), theme.space(3) - 2)
        row.setSpacing(theme.space(3))
        row.addWidget(Glyph(icon, f"status.{status}.{'onSolid' if solid else 'fg'}", 14), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(title, "bodyStrong", tone, wrap=True))
        if text:
            words.addWidget(Text(text, "label", tone, wrap=True))
        row.addLayout(words, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour(f"status.{self._status}.{'solid' if self._solid else 'border'}"), 1))
        painter.setBrush(theme.colour(f"status.{self._status}.{'solid' if self._solid else 'bg'}"))
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
