# SPDX-License-Identifier: Apache-2.0
"""A notice that stays: coloured box with icon, a strong line, what it means, and the buttons that help."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme


class Notice(QFrame):
    """A box in the colours of a status family: critical, warning, info, local, neutral or success."""

    def __init__(self, family: str = "info", icon: str = "info-fill", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family = family
        self._icon = _Shape(icon, family)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.strong, self.weak = Text("", "bodyStrong", family, wrap=True), Text("", "body", family, wrap=True)
        self._words = words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.strong)
        words.addWidget(self.weak)
        self._below = FlowRow(theme.space(3), theme.space(2))
        self._below.hide()
        words.addWidget(self._below)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.space(3))
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(5), theme.space(3) + 1, theme.space(4), theme.space(3) + 1)
        row.setSpacing(theme.space(4))
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(words, 1)
        row.addLayout(self._buttons)
        theme.changed.connect(self.update)

    def say(self, strong: str, weak: str = "", family: str = "", icon: str = "") -> None:
        """Show these words, in another family and with another icon if given; announced, focus stays."""
        self._family = family or self._family
        self._icon.take(icon, self._family)
        for label, text in ((self.strong, strong), (self.weak, weak)):
            label.setText(text)
            label.set_tone(self._family)
            label.setVisible(bool(text))
        self.setAccessibleName(strong)
        self.setAccessibleDescription(weak)
        self.update()

    def set_buttons(self, *buttons: QWidget) -> None:
        """Put these buttons at the end, instead of those before."""
        while (item := self._buttons.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for button in buttons:
            self._buttons.addWidget(button)

    def set_buttons_below(self, *buttons: QWidget) -> None:
        """Put these buttons under the words, for as many as leave the words too little room beside them."""
        self._below.fill(buttons)
        if self._below.isHidden():
            self._words.insertSpacing(self._words.indexOf(self._below), theme.space(3))
        self._below.show()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground and its border."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour(f"status.{self._family}.border"), 1))
        painter.setBrush(theme.colour(f"status.{self._family}.bg"))
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)


class _Shape(QWidget):
    def __init__(self, name: str, family: str) -> None:
        super().__init__()
        self._name, self._family = name, family
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def take(self, name: str, family: str) -> None:
        self._name, self._family = name or self._name, family
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.size("icon"), theme.size("icon"))

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRect(0, 0, self.width(), self.height())
        icons.paint_icon(QPainter(self), box, self._name, f"status.{self._family}.fg")
