# SPDX-License-Identifier: Apache-2.0
"""The rail: one button per module that the person may use, icon and word, with a badge for what needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.shell.night import Mark
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.badge import badge_size, paint_badge
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

_TALL, _LEAST_TALL = 54, 44


@dataclass(frozen=True)
class RailItem:
    """One button: `name` identifies it, `key` is shown in its tool tip."""

    name: str
    word: str
    icon: str
    open: Callable[[], object]
    key: str = ""


class Rail(QWidget):
    """The modules from the top; Conflicts and Settings at the foot. Scrolls when large text needs more room."""

    def __init__(self, modules: Sequence[RailItem], foot: Sequence[RailItem], *, training: bool = False) -> None:
        super().__init__()
        self._training = training
        self.setAccessibleName(_("Modules"))
        self._mark = Mark(36)
        self.buttons = {item.name: RailButton(item) for item in (*modules, *foot)}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, theme.space(4) - 2, 0, theme.space(3))
        column.setSpacing(theme.space(1))
        column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(theme.space(4) - 2)
        self._modules = [self.buttons[item.name] for item in modules]
        self._foot = [self.buttons[item.name] for item in foot]
        self._area = self._scrolled(self._modules)
        column.addWidget(self._area, 1)
        column.addStretch()
        for item in foot:
            column.addWidget(self.buttons[item.name])
        theme.changed.connect(self._fit)
        self._fit()

    def mark_active(self, name: str) -> None:
        """Show where the person is."""
        for own, button in self.buttons.items():
            button.setChecked(own == name)

    def set_badge(self, name: str, count: int) -> None:
        """How many things need this person there; 0 hides the badge."""
        if name in self.buttons:
            self.buttons[name].set_badge(count)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low window the buttons are lower; what still has no room scrolls by whole buttons."""
        super().resizeEvent(event)
        self._fit_height()

    def _fit_height(self) -> None:
        gap, pad = theme.space(1), theme.space(4) - 2
        count = len(self._modules) + len(self._foot)
        room = self.height() - pad - self._mark.sizeHint().height() - pad - theme.space(3) - gap * (count + 3)
        each = max(theme.grow(_LEAST_TALL), min(theme.grow(_TALL), room // max(1, count)))
        for button in self.buttons.values():
            button.be_tall(each)
        left = room + gap * len(self._modules) - each * len(self._foot)
        shown = max(1, min(len(self._modules), left // (each + gap)))
        self._area.setMaximumHeight(shown * (each + gap) - gap)
        self._area.verticalScrollBar().setSingleStep(each + gap)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Fill the ground; an amber edge marks training data."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("rail.bg"))
        self._paint_more(painter)
        if self._training:
            painter.fillRect(0, 0, 4, self.height(), theme.colour("rail.badge"))

    def _paint_more(self, painter: QPainter) -> None:
        """Arrows where modules are out of sight."""
        bar, side, area = self._area.verticalScrollBar(), theme.grow(14), self._area.geometry()
        below = QRect(area.center().x() - side // 2, area.bottom() + theme.space(1), side, side)
        above = QRect(below.left(), area.top() - side, side, side)
        for shown, place, shape in (
            (bar.value() > bar.minimum(), above, "caret-up"),
            (bar.value() < bar.maximum(), below, "caret-down"),
        ):
            if shown:
                icons.paint_icon(painter, place, shape, "rail.text")

    def _scrolled(self, buttons: list[RailButton]) -> QScrollArea:
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        for button in buttons:
            column.addWidget(button)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inner)
        for told in (area.verticalScrollBar().valueChanged, area.verticalScrollBar().rangeChanged):
            told.connect(lambda *_told: self.update())
        area.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        return area

    def _fit(self) -> None:
        # The words decide: at 200 % a rail of twice the width would take a tenth of a small screen.
        widest = max((button.words_width() for button in self.buttons.values()), default=0)
        self.setFixedWidth(max(theme.grow(76) if theme.scale < 1.5 else 0, widest + 2 * theme.space(4)))
        self._fit_height()
        self.update()


class RailButton(QAbstractButton):
    """Icon above word; a lighter tile when it is where the person is."""

    def __init__(self, item: RailItem) -> None:
        super().__init__()
        self._item = item
        self._badge = 0
        self._tall = theme.grow(_TALL)
        self.setText(item.word)
        self.setCheckable(True)
        self.setProperty("ownFocus", True)
        self.setToolTip(tip(f"{item.word}  {item.key}" if item.key else item.word))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._go)
        self.set_badge(0)

    def set_badge(self, count: int) -> None:
        """Show how many things need this person, also in the spoken name."""
        self._badge = count
        name = _("{module}, module, {count} waiting for you") if count else _("{module}, module")
        self.setAccessibleName(name.format(module=self._item.word, count=count))
        self.update()

    def words_width(self) -> int:
        """Width of the word in pixels."""
        return QFontMetrics(self._font()).horizontalAdvance(self._item.word)

    def sizeHint(self) -> QSize:
        """As wide as the rail; room for icon and word."""
        return QSize(theme.grow(64), self._tall)

    def be_tall(self, pixels: int) -> None:
        """Take this height."""
        if pixels != self._tall:
            self._tall = pixels
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint tile, icon, word and badge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tile = self.rect().adjusted(6, 1, -6, -1)
        if self.isChecked() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            ground = theme.colour("rail.active")
            ground.setAlpha(255 if self.isChecked() else 120)
            painter.setBrush(ground)
            painter.drawRoundedRect(tile, theme.radius("card"), theme.radius("card"))
        ink = "rail.textActive" if self.isChecked() else "rail.text"
        side = theme.grow(20)
        shape = QRect(
            (self.width() - side) // 2,
            tile.top() + max(2, theme.grow(7) - (theme.grow(_TALL) - self._tall) // 2),
            side,
            side,
        )
        icons.paint_icon(painter, shape, self._item.icon, ink)
        painter.setPen(theme.colour(ink))
        painter.setFont(self._font())
        foot = QRect(0, shape.bottom() + 1, self.width(), tile.bottom() - shape.bottom() - 2)
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self._item.word)
        if self._badge:
            self._paint_badge(painter, shape)
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("rail.text" if theme.name == "high-contrast" else "rail.textActive"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(tile.adjusted(1, 1, -1, -1), theme.radius("card"), theme.radius("card"))

    def _paint_badge(self, painter: QPainter, shape: QRect) -> None:
        words = "99+" if self._badge > 99 else str(self._badge)
        size = badge_size(words)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        left = shape.left() - size.width() // 2 - 2 if mirrored else shape.right() - size.width() // 2 + 4
        top = max(0, shape.top() - size.height() // 2)
        place = QRect(left, top, size.width(), size.height())
        paint_badge(painter, place, words)
        painter.setPen(QPen(theme.colour("rail.bg"), 1.5))  # on a tile of its own colour a badge would be a bare number
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(place, place.height() / 2, place.height() / 2)

    def _font(self) -> QFont:
        font = QFont(theme.font("caption"))
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _go(self) -> None:
        self.setChecked(not self.isChecked())  # the window marks where it really went
        self._item.open()
