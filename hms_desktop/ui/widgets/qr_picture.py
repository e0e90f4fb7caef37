# SPDX-License-Identifier: Apache-2.0
"""A QR code on the screen: always dark on white, as telephones read it, in whole pixels a module."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hms_desktop.documents.qr_code import modules
from hms_desktop.ui.widgets.theme import theme


class QrPicture(QWidget):
    """The code of a text; `name` says to a screen reader what it is for."""

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = modules(text)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """About 200 px at 100 % text, a whole number of pixels for each module."""
        side = len(self._rows) * max(round(theme.grow(200) / len(self._rows)), 3)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the modules."""
        painter = QPainter(self)
        step = self.width() // len(self._rows)
        painter.fillRect(self.rect(), QColor(Qt.GlobalColor.white))
        for y, row in enumerate(self._rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect(x * step, y * step, step, step, QColor(Qt.GlobalColor.black))
