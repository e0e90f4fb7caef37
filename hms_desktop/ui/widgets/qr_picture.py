# SPDX-License-Identifier: Apache-2.0
"""A QR code on the screen: dark on light whatever the theme, as telephones read it, in whole pixels a module."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from hms_desktop.ui.widgets.theme import theme

_DARK, _LIGHT = 0, 255


class QrPicture(QWidget):
    """The code of a text; `name` says to a screen reader what it is for."""

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        from hms_desktop.documents.qr_code import modules  # brings the maker of papers, which few sessions need

        super().__init__(parent)
        rows = modules(text)
        self._side = len(rows)
        grey = bytes(_DARK if dark else _LIGHT for row in rows for dark in row)
        self._code = QImage(grey, self._side, self._side, self._side, QImage.Format.Format_Grayscale8).copy()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """About 200 px at 100 % text, a whole number of pixels for each module."""
        side = self._side * max(round(theme.grow(200) / self._side), 3)
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the modules."""
        QPainter(self).drawImage(self.rect(), self._code)
