# SPDX-License-Identifier: Apache-2.0
"""The dark ground of sign-in and lock, with its rings, and words and icons in the colours that belong on it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets import icons, tokens
from hms_desktop.ui.widgets.labels import PlainLabel, dress
from hms_desktop.ui.widgets.theme import theme

RINGS = 10
RING_STEP = 75


class Night(QWidget):
    """A pane in the rail's colour; rings grow from its lower right corner."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the ground and draw the rings; high contrast has none."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("rail.bg"))
        if theme.name == "high-contrast":
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = theme.colour("rail.active")
        middle = QPointF(self.width() + 20, self.height() - 10)
        for ring in range(1, RINGS + 1):
            painter.setPen(QPen(QColor(ink.red(), ink.green(), ink.blue(), 190 - ring * 12), 1.5))
            painter.drawEllipse(middle, RING_STEP * ring, RING_STEP * ring)


class NightText(PlainLabel):
    """A plain-text label on the dark ground: `textActive` is strong, `text` weaker; `pixels` is a size of its own."""

    def __init__(
        self,
        text: str = "",
        type: str = "body",
        ink: str = "textActive",
        pixels: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._ink, self._pixels = ink, pixels
        self.setText(text)
        dress(self, type=type)
        self._colour()
        theme.changed.connect(self._colour)

    def _colour(self) -> None:
        # At high contrast `textActive` is meant for the yellow of the active module, not for the ground.
        ink = "text" if theme.name == "high-contrast" else self._ink
        size = f"font-size: {theme.grow(self._pixels)}px;" if self._pixels else ""
        self.setStyleSheet(f"QLabel {{ color: {theme.code('rail.' + ink)}; {size} }}")


class NightIcon(QWidget):
    """An icon on the dark ground, in the light accent."""

    def __init__(self, name: str, side: int = 20, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._side = name, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A square that grows with the text."""
        return QSize(theme.grow(self._side), theme.grow(self._side))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the icon in the light accent."""
        side = min(self.width(), self.height())
        picture = icons.pixmap(self._name, "rail.text", side, self.devicePixelRatioF())
        tint = QPainter(picture)
        tint.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
        tint.fillRect(picture.rect(), accent())
        tint.end()
        QPainter(self).drawPixmap(0, 0, picture)


def accent() -> QColor:
    """The light accent, for the mark of the program."""
    return QColor(tokens.colour_code("high-contrast" if theme.name == "high-contrast" else "dark", "primary.hover"))


class Mark(QWidget):
    """The program's mark: an H on a rounded tile."""

    def __init__(self, side: int = 46, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Hospital Management"))

    def sizeHint(self) -> QSize:
        """A square that grows with the text."""
        return QSize(theme.grow(self._side), theme.grow(self._side))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint tile and letter."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent())
        corner = self.height() * 0.2
        painter.drawRoundedRect(self.rect(), corner, corner)
        font = QFont(theme.font("display"))
        font.setPixelSize(round(self.height() * 0.5))
        font.setWeight(QFont.Weight.Bold)
        painter.setFont(font)
        painter.setPen(QColor(tokens.colour_code("light", "rail.bg")))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "H")


class NightFact(QWidget):
    """An icon with a strong line and a weaker one beneath."""

    def __init__(self, icon: str, strong: str, weak: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4) + 2)
        column = QVBoxLayout()
        column.setSpacing(0)
        self.strong, self.weak = NightText(strong, "subheading"), NightText(weak, "body", "text")
        column.addWidget(self.strong)
        column.addWidget(self.weak)
        row.addWidget(NightIcon(icon), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(column, 1)
