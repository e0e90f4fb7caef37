# SPDX-License-Identifier: Apache-2.0
"""The scan field of a bench or counter: takes what a scanner or a person types, and shows its key inside."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from hms_desktop.ui.widgets.inside_button import InsideButton
from hms_desktop.ui.widgets.labels import key_size, paint_key
from hms_desktop.ui.widgets.reading import mirrored, turned
from hms_desktop.ui.widgets.theme import theme


class ScanLine(QLineEdit):
    """`scanned` carries the code on Enter; the line empties itself for the next. `hint` is its placeholder and name.

    Its property `scan` tells the window's scanner that this line takes bursts by itself.
    """

    scanned = Signal(str)

    def __init__(self, hint: str, key: str = "F3", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = key
        self.setProperty("scan", True)
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setAccessibleDescription(key)
        self._mark = InsideButton(self, "barcode", "", leading=True)
        self.returnPressed.connect(self._take)
        self._make_room()

    def _take(self) -> None:
        code = self.text().strip()
        if code:
            self.clear()
            self.scanned.emit(code)

    def _make_room(self) -> None:
        margins = self.textMargins()
        room = key_size(self._key).width() + theme.space(2)
        if mirrored(self):
            margins.setLeft(room)
        else:
            margins.setRight(room)
        self.setTextMargins(margins)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.LayoutDirectionChange):
            self._make_room()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The key, at the end of the line."""
        super().paintEvent(event)
        size = key_size(self._key)
        box = QRect(self.width() - size.width() - theme.space(3) - 1, 0, size.width(), self.height())
        paint_key(QPainter(self), turned(box, self.rect(), mirrored(self)), self._key)
