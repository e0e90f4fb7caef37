# SPDX-License-Identifier: Apache-2.0
"""Buttons: primary, secondary, quiet, danger (outline) and destroy (solid red), with the key shown inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QEnterEvent, QFont, QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.reading import from_end, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

Kind = Literal["primary", "secondary", "quiet", "danger", "destroy"]

_SOLID = "status.critical.solid"
# kind: (ground, ground under the pointer, ground when pressed, border, words)
_PAINT: dict[str, tuple[str, str, str, str, str]] = {
    "primary": ("primary.base", "primary.hover", "primary.active", "", "text.onPrimary"),
    "secondary": ("bg.surface", "bg.hover", "bg.selected", "border.control", "text.primary"),
    "quiet": ("", "bg.hover", "bg.selected", "", "text.link"),
    "danger": ("bg.surface", "status.critical.bg", "bg.selected", "status.critical.fg", "status.critical.fg"),
    "destroy": (_SOLID, _SOLID, "status.critical.fg", "", "status.critical.onSolid"),
    "chosen": ("primary.soft", "primary.soft", "bg.selected", "primary.base", "text.link"),
    "off": ("bg.sunken", "bg.sunken", "bg.sunken", "border.subtle", "text.tertiary"),
    "off-quiet": ("", "", "", "", "text.disabled"),
}


def key_words(keys: QKeySequence | str) -> str:
    """A shortcut as shown to people: `Ctrl Enter`, `F2`."""
    text = keys if isinstance(keys, str) else keys.toString(QKeySequence.SequenceFormat.NativeText)
    return text.replace("Return", "Enter").replace("+", " ") if len(text) > 1 else text


class Button(QPushButton):
    """A button with an optional icon before its words and its key behind them.

    The key is only shown here; it works through the QAction that holds it (see `for_action`).
    """

    def __init__(
        self,
        words: str,
        kind: Kind = "secondary",
        *,
        icon: str = "",
        key: str = "",
        large: bool = False,
        clicked: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind: Kind = kind
        self._icon = icon
        self._key = key_words(key)
        self._large = large
        self._busy = False
        self._wait = QTimer(self, singleShot=True, interval=theme.milliseconds("spinnerDelayMs"))
        self._wait.timeout.connect(self.update)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAutoDefault(False)
        self.set_words(words)
        if clicked is not None:
            self.clicked.connect(lambda: clicked())

    @classmethod
    def for_action(cls, action: QAction, kind: Kind = "secondary", *, icon: str = "", large: bool = False) -> Button:
        """A button that shows an action's words and key, follows its enabled state and triggers it."""
        button = cls("", kind, icon=icon, large=large)

        def follow() -> None:
            button.set_words(action.text().replace("&", ""))
            button.set_key(key_words(action.shortcut()))
            button.setEnabled(action.isEnabled())
            button.setToolTip(tip(action.toolTip() if action.toolTip() != action.text() else ""))

        follow()
        action.changed.connect(follow)
        button.clicked.connect(lambda: action.trigger())
        return button

    @property
    def words(self) -> str:
        """The words on the button."""
        return self._words

    def set_words(self, words: str) -> None:
        """Show other words."""
        self._words = words
        self.setText(words.replace("&", "&&"))
        self.setAccessibleName(words)
        self.setAccessibleDescription(self._key)
        self.updateGeometry()

    def set_key(self, key: str) -> None:
        """Show another key."""
        self._key = key_words(key)
        self.set_words(self._words)

    def set_kind(self, kind: Kind) -> None:
        """Become another kind of button."""
        self._kind = kind
        self.update()

    def set_icon(self, name: str) -> None:
        """Show another icon before the words."""
        self._icon = name
        self.updateGeometry()
        self.update()

    @property
    def busy(self) -> bool:
        """Whether what it began is still under way: a key that does the same must not begin it again."""
        return self._busy

    def set_busy(self, busy: bool) -> None:
        """While busy the button can't be pressed; after 300 ms it shows that it works."""
        self._busy = busy
        self.setEnabled(not busy)
        if busy:
            self._wait.start()
        else:
            self._wait.stop()

    def sizeHint(self) -> QSize:
        """Room for icon, words and key."""
        width = sum(self._parts()) + 2 * self._padding()
        return QSize(max(width, theme.size("targetMin")), self._height())

    def minimumSizeHint(self) -> QSize:
        """Words are never cut."""
        return self.sizeHint()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that the pointer is here."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Show that the pointer left."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, icon, words and key from the tokens."""
        ground, over, pressed, border, ink = _PAINT[self._look()]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill = pressed if self.isDown() else over if self.underMouse() else ground
        painter.setPen(QPen(theme.colour(border), 1) if border else Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(fill) if fill else Qt.BrushStyle.NoBrush)
        corner = theme.radius("control")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
        self._paint_parts(painter, ink)

    def _look(self) -> str:
        if not self.isEnabled():
            return "off-quiet" if self._kind == "quiet" else "off"
        return "chosen" if self.isChecked() else self._kind

    def _paint_parts(self, painter: QPainter, ink: str) -> None:
        widths = self._parts()
        left = (self.width() - sum(widths)) // 2
        for width, part in zip(widths, (self._paint_icon, self._paint_words, self._paint_key), strict=True):
            place = QRect(left, 0, width, self.height())
            if width:
                part(painter, turned(place, self.rect(), mirrored(self)), ink)
            left += width

    def _paint_icon(self, painter: QPainter, place: QRect, ink: str) -> None:
        side = theme.grow(16)
        square = QRect(0, (self.height() - side) // 2, side, side)
        square = turned(square.translated(place.left(), 0), place, mirrored(self))
        name = "hourglass-medium" if self._busy and not self._wait.isActive() else self._icon
        if name:  # a busy button without an icon keeps its place free until the hourglass comes
            icons.paint_icon(painter, square, name, ink)

    def _paint_words(self, painter: QPainter, place: QRect, ink: str) -> None:
        painter.setPen(theme.colour(ink))
        painter.setFont(self._font())
        write(painter, place, Qt.AlignmentFlag.AlignCenter, self._words)

    def _paint_key(self, painter: QPainter, place: QRect, ink: str) -> None:
        painter.setPen(theme.colour(ink))
        painter.setFont(_key_font())
        write(painter, place, from_end(mirrored(self)), self._key)

    def _parts(self) -> tuple[int, int, int]:
        words = QFontMetrics(self._font()).horizontalAdvance(self._words) if self._words else 0
        icon = theme.grow(16) + (theme.space(3) if words else 0) if self._icon or self._busy else 0
        key = QFontMetrics(_key_font()).horizontalAdvance(self._key) + theme.space(4) if self._key else 0
        return icon, words, key

    def _only_icon(self) -> bool:
        return not self._words

    def _padding(self) -> int:
        return theme.space(3) if self._only_icon() or self._kind == "quiet" else theme.space(4)

    def _height(self) -> int:
        return theme.size("controlLarge") - theme.space(2) if self._large else theme.control_height()

    def _font(self) -> QFont:
        font = QFont(theme.font("bodyStrong"))
        font.setWeight(QFont.Weight.Medium if self._kind == "secondary" and not self._large else QFont.Weight.DemiBold)
        return font


def _key_font() -> QFont:
    font = QFont(theme.font("caption"))
    font.setWeight(QFont.Weight.DemiBold)
    return font


class IconButton(Button):
    """A button with an icon only: its name is spoken and shown with its key as a tool tip."""

    def __init__(
        self,
        icon: str,
        name: str,
        kind: Kind = "secondary",
        *,
        key: str = "",
        clicked: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("", kind, icon=icon, clicked=clicked, parent=parent)
        self.set_name(name, key)

    def set_name(self, name: str, key: str = "") -> None:
        """Give the name that is spoken and shown, and the key that does the same."""
        self.setAccessibleName(name)
        self.setToolTip(tip(f"{name}  {key_words(key)}" if key else name))

    def sizeHint(self) -> QSize:
        """A square, or a little wider when it has a border."""
        height = self._height()
        return QSize(height if self._kind == "quiet" else height + theme.space(3), height)
