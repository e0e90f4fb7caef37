# SPDX-License-Identifier: Apache-2.0
"""Words on a screen: plain-text labels by type role and tone, key hints, facts and hairlines."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.reading import from_start, mirrored, write
from hms_desktop.ui.widgets.theme import Figures, theme

WORD_JOINER = "\N{WORD JOINER}"
_DATE_HYPHENS = re.compile(r"(?<=\d)-(?=[^\W\d_])|(?<=[^\W\d_])-(?=\d{4}\b)")


def dress(widget: QWidget, **properties: str) -> None:
    """Set style-sheet properties (type, tone, surface, state, kind) and let the sheet look again."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            widget.setProperty(name, value)
            changed = True
    if changed and widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def appear(widget: QWidget, shown: bool) -> None:
    """Show or hide a part; one that has no parent yet never becomes a window, it shows once it is laid out."""
    if shown and widget.parentWidget() is None:
        widget.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
    else:
        widget.setVisible(shown)


class PlainLabel(QLabel):
    """Plain words that stand at the start of the reading direction, whatever script they are in."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._stand()

    def changeEvent(self, event: QEvent) -> None:
        """The reading direction may be another one now."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._stand()

    def _stand(self) -> None:
        if not self.alignment() & Qt.AlignmentFlag.AlignHCenter:
            self.setAlignment(from_start(mirrored(self)))


class Text(PlainLabel):
    """A label that shows its text as it is, never as markup.

    `type` is a type role of the tokens, `tone` a colour name of stylesheet.TONES, `figures` is `tables` for equally
    wide digits or `identifiers` for record numbers (slashed zero).
    """

    def __init__(
        self,
        text: str = "",
        type: str = "body",
        tone: str = "primary",
        *,
        figures: Figures = "",
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        if figures:
            self.setFont(theme.font(type, figures))
        self.setWordWrap(wrap)
        if wrap:
            policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            policy.setHeightForWidth(True)
            self.setSizePolicy(policy)
        dress(self, type=type, tone=tone)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text; where it wraps, a date stays in one piece."""
        super().setText(_DATE_HYPHENS.sub("-" + WORD_JOINER, text) if self.wordWrap() else text)

    def text(self) -> str:
        """The text that was given."""
        return super().text().replace(WORD_JOINER, "")

    def set_tone(self, tone: str) -> None:
        """Take another colour, by its tone name."""
        dress(self, tone=tone)

    def set_type(self, type: str) -> None:
        """Take another type role."""
        dress(self, type=type)


class Painted(QWidget):
    """A widget that paints itself at the size it asks for, never smaller or larger."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        """Never squeezed: what is painted would be cut."""
        return self.sizeHint()


class Glyph(Painted):
    """An icon beside words; decoration, so it has no name of its own unless one is given."""

    def __init__(
        self, name: str, role: str = "text.secondary", side: int = 16, spoken: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._side = side
        self.setAccessibleName(spoken)
        self.show_icon(name, role)

    def show_icon(self, name: str, role: str) -> None:
        """Show another icon, in the colour of a token path."""
        self._look = (name, role)
        self.update()

    def sizeHint(self) -> QSize:
        """A square that grows with the text."""
        return QSize(theme.grow(self._side), theme.grow(self._side))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shape."""
        icons.paint_icon(QPainter(self), self.rect(), *self._look)


class Rule(QFrame):
    """A hairline between parts."""

    def __init__(self, upright: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        dress(self, surface="rule-upright" if upright else "rule")


class Fact(QWidget):
    """A weak label above its stronger value, without a colon (NHS CUI label style)."""

    def __init__(
        self, label: str, value: str = "", *, figures: Figures = "", wrap: bool = True, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        self.label = Text(label, "label", "secondary")
        self.value = Text(value, "bodyStrong", figures=figures, wrap=wrap)
        column.addWidget(self.label)
        column.addWidget(self.value)
        column.addStretch(1)

    def set_value(self, value: str) -> None:
        """Show another value."""
        self.value.setText(value)


class KeyHint(Painted):
    """The key of an action in a small box, such as `F3` or `Ctrl K`."""

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setAccessibleName(keys)

    def set_keys(self, keys: str) -> None:
        """Show another key."""
        self._keys = keys
        self.setAccessibleName(keys)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the key's words and the box around them."""
        return key_size(self._keys)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box and the words."""
        painter = QPainter(self)
        paint_key(painter, self.rect(), self._keys)


def key_size(keys: str) -> QSize:
    """Size in pixels of a painted key hint."""
    metrics = QFontMetrics(theme.font("caption"))
    height = metrics.height() + theme.space(2)
    return QSize(max(height, metrics.horizontalAdvance(keys) + theme.space(4)), height)


def paint_key(painter: QPainter, rect: QRect, keys: str) -> None:
    """Paint a key hint centred in `rect`."""
    box = QRect(0, 0, key_size(keys).width(), key_size(keys).height())
    box.moveCenter(rect.center())
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour("border.strong"), 1))
    painter.setBrush(theme.colour("bg.sunken"))
    painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("chip"), theme.radius("chip"))
    painter.setPen(theme.colour("text.secondary"))
    painter.setFont(theme.font("caption"))
    write(painter, box, Qt.AlignmentFlag.AlignCenter, keys)
