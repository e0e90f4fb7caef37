# SPDX-License-Identifier: Apache-2.0
"""The clinicians' strip above the day: who is free when, painted by the wall clock, walked with the arrow keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from hms_desktop.clinic.appointments.queries import Strip, StripSlot
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.reading import from_start, mirrored, turned, write
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

# state: (ground, border, words)
_PAINT = {
    "free": ("bg.surface", "border.subtle", "text.secondary"),
    "taken": ("primary.soft", "border.strong", "text.link"),
    "provisional": ("status.warning.bg", "status.warning.border", "status.warning.fg"),
    "here": ("primary.base", "primary.base", "text.onPrimary"),
    "over": ("bg.sunken", "border.subtle", "text.secondary"),
    "missed": ("bg.sunken", "status.warning.border", "status.warning.fg"),
}
NAMES, FREE = 116, 64


class DayStrip(QWidget):
    """`booked(appointment)` when a taken block is chosen, `free_chosen(block)` when a free one is."""

    booked = Signal(object)
    free_chosen = Signal(object)

    def __init__(self, zone: ZoneInfo, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zone = zone
        self._strips: Sequence[Strip] = ()
        self._now: datetime | None = None
        self._at = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("ownFocus", True)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("Clinicians"))

    def show_day(self, strips: Sequence[Strip], now: datetime | None) -> None:
        """Show these strips; `now` (aware) draws the line of the present, None when the day is not today."""
        self._strips, self._now = strips, now
        row = min(self._at[0], max(len(strips) - 1, 0))
        blocks = len(strips[row].blocks) if strips else 0
        self._at = (row, min(self._at[1], max(blocks - 1, 0)))
        self._tell()
        self.updateGeometry()
        self.update()

    def show_now(self, now: datetime | None) -> None:
        """Move the line of the present."""
        self._now = now
        self.update()

    @property
    def block(self) -> StripSlot | None:
        """The block the arrow keys stand on."""
        row, at = self._at
        return self._strips[row].blocks[at] if self._strips and self._strips[row].blocks else None

    def sizeHint(self) -> QSize:
        """The hours, and a row for each clinician."""
        return QSize(theme.grow(520), self._head() + self._row_height() * max(len(self._strips), 1) + theme.space(3))

    def minimumSizeHint(self) -> QSize:
        """The rows are never squeezed."""
        return QSize(theme.grow(300), self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move between blocks and clinicians, Enter takes the block."""
        ways = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
        way = ways.get(Qt.Key(event.key()))
        if way is not None and self._strips:
            self._move(way[0], -way[1] if mirrored(self) else way[1])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.block is not None:
            self._take(self.block)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click takes the block."""
        found = self._block_at(event.position().toPoint())
        if found is not None:
            self._at = found
            self._tell()
            self._take(self._strips[found[0]].blocks[found[1]])

    def event(self, event: QEvent) -> bool:
        """Say a block in full under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._block_at(event.pos())
            words = self._spoken(self._strips[found[0]], self._strips[found[0]].blocks[found[1]]) if found else ""
            QToolTip.showText(event.globalPos(), tip(words), self)
            return True
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def _move(self, rows: int, blocks: int) -> None:
        row = min(max(self._at[0] + rows, 0), len(self._strips) - 1)
        if rows:
            blocks_there = self._strips[row].blocks
            clock = self.block.slot.time.clock if self.block else ""
            near = min(range(len(blocks_there)), key=lambda n: abs(_minute(blocks_there[n]) - _clock_minute(clock)))
            self._at = (row, near)
        else:
            self._at = (row, min(max(self._at[1] + blocks, 0), len(self._strips[row].blocks) - 1))
        self._tell()
        self.update()

    def _take(self, block: StripSlot) -> None:
        if block.appointment is not None:
            self.booked.emit(block.appointment)
        elif block.state == "free":
            self.free_chosen.emit(block)
        self.update()

    def _tell(self) -> None:
        block = self.block
        self.setAccessibleDescription(self._spoken(self._strips[self._at[0]], block) if block else "")

    def _spoken(self, strip: Strip, block: StripSlot) -> str:
        words = {
            "free": _("free"),
            "taken": _("booked"),
            "provisional": _("provisional"),
            "here": _("here"),
            "over": _("over"),
            "missed": _("did not come"),
        }[block.state]
        anew = _("moved or corrected") if block.amended else ""
        return ", ".join(part for part in (strip.clinician, block.slot.time.clock, words, block.label, anew) if part)

    def _hours(self) -> tuple[int, int]:
        """First and last minute of the wall clock that is drawn, in whole hours."""
        minutes = [_minute(b) for s in self._strips for b in s.blocks]
        if not minutes:
            return 8 * 60, 17 * 60
        last = max(_minute(b) + b.slot.time.minutes for s in self._strips for b in s.blocks)
        return min(minutes) // 60 * 60, -(-last // 60) * 60

    def _head(self) -> int:
        return theme.grow(28)

    def _row_height(self) -> int:
        return theme.grow(38)

    def _scale(self) -> tuple[int, float]:
        """Left edge of the hours, and pixels per minute."""
        left = theme.grow(NAMES)
        first, last = self._hours()
        return left, max(self.width() - left - theme.grow(FREE), 60) / max(last - first, 60)

    def _place(self, row: int, block: StripSlot) -> QRect:
        left, step = self._scale()
        start = left + (_minute(block) - self._hours()[0]) * step
        width = block.slot.time.minutes * step
        top = self._head() + row * self._row_height() + theme.grow(6)
        box = QRect(round(start) + 1, top, max(round(width) - 2, 4), self._row_height() - theme.grow(12))
        return turned(box, self.rect(), mirrored(self))

    def _block_at(self, point: QPoint) -> tuple[int, int] | None:
        for row, strip in enumerate(self._strips):
            for at, block in enumerate(strip.blocks):
                if self._place(row, block).contains(point):
                    return row, at
        return None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Hours, names, blocks, free places, and the line of the present."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_hours(painter)
        for row, strip in enumerate(self._strips):
            self._paint_row(painter, row, strip)
        self._paint_now(painter)
        if self.hasFocus() and self.block is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRoundedRect(self._place(self._at[0], self.block).adjusted(-1, -1, 1, 1), 4, 4)

    def _paint_hours(self, painter: QPainter) -> None:
        left, step = self._scale()
        first, last = self._hours()
        metrics = QFontMetrics(theme.font("label", "tables"))
        every = 60 if 60 * step >= metrics.horizontalAdvance("00:00") + theme.space(4) else 120
        painter.setFont(theme.font("label", "tables"))
        hidden = self._now_x()
        for minute in range(first, last + 1, every):
            x = round(left + (minute - first) * step)
            words = f"{minute // 60:02d}:{minute % 60:02d}"
            place = QRect(x - theme.grow(30), 0, theme.grow(60), theme.grow(20))
            painter.setPen(theme.colour("text.secondary"))
            if hidden is None or abs(hidden - x) > theme.grow(44):
                write(painter, turned(place, self.rect(), mirrored(self)), Qt.AlignmentFlag.AlignCenter, words)
            painter.setPen(QPen(theme.colour("border.subtle"), 1))
            line = turned(QRect(x, self._head() - theme.space(3), 1, self.height()), self.rect(), mirrored(self))
            painter.drawLine(line.left(), line.top(), line.left(), self.height())

    def _paint_row(self, painter: QPainter, row: int, strip: Strip) -> None:
        rtl, top = mirrored(self), self._head() + row * self._row_height()
        upper, lower = theme.font("bodyStrong"), theme.font("caption")
        high = QFontMetrics(upper).height()
        whole = QRect(0, top, theme.grow(NAMES) - theme.space(3), self._row_height())
        for font, words, tone, box in (
            (upper, strip.clinician, "text.primary", QRect(0, top + theme.grow(2), whole.width(), high)),
            (lower, strip.service, "text.secondary", QRect(0, top + theme.grow(2) + high, whole.width(), high - 2)),
        ):
            painter.setFont(font)
            painter.setPen(theme.colour(tone))
            shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, whole.width())
            write(painter, turned(box, self.rect(), rtl), from_start(rtl), shown)
        for block in strip.blocks:
            self._paint_block(painter, self._place(row, block), block)
        self._paint_free(painter, top, strip.free)

    def _paint_free(self, painter: QPainter, top: int, free: int) -> None:
        words = ngettext("{count} free", "{count} free", free).format(count=free) if free else _("None")
        painter.setFont(theme.font("bodyStrong", "tables"))
        painter.setPen(theme.colour("status.success.fg" if free else "text.secondary"))
        box = QRect(self.width() - theme.grow(FREE) + theme.space(3), top, theme.grow(FREE), self._row_height())
        rtl = mirrored(self)
        write(painter, turned(box, self.rect(), rtl), from_start(rtl), words)

    def _paint_block(self, painter: QPainter, place: QRect, block: StripSlot) -> None:
        ground, border, ink = _PAINT[block.state]
        painter.setPen(QPen(theme.colour(border), 1))
        painter.setBrush(theme.colour(ground))
        painter.drawRoundedRect(place.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if not block.label:
            return
        font = theme.font("caption")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(theme.colour(ink))
        room = place.width() - theme.space(2)
        mark = "*" if block.amended else ""
        words = block.label + mark if metrics.horizontalAdvance(block.label + mark) <= room else block.short + mark
        if metrics.horizontalAdvance(words) <= room:
            write(painter, place, Qt.AlignmentFlag.AlignCenter, words)

    def _now_x(self) -> int | None:
        """Where the present stands in pixels from the start, or None when it is not drawn."""
        if self._now is None:
            return None
        local = self._now.astimezone(self._zone)
        left, step = self._scale()
        first, last = self._hours()
        minute = local.hour * 60 + local.minute
        return round(left + (minute - first) * step) if first <= minute <= last else None

    def _paint_now(self, painter: QPainter) -> None:
        x = self._now_x()
        if x is None or self._now is None:
            return
        words = self._now.astimezone(self._zone).strftime("%H:%M")
        box = turned(QRect(x - theme.grow(22), 0, theme.grow(44), theme.grow(20)), self.rect(), mirrored(self))
        middle = box.center().x()
        painter.setPen(QPen(theme.colour("text.primary"), 2))
        painter.drawLine(middle, box.bottom(), middle, self.height())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("text.primary"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(theme.colour("bg.surface"))
        painter.setFont(theme.font("caption", "tables"))
        write(painter, box, Qt.AlignmentFlag.AlignCenter, words)


def _minute(block: StripSlot) -> int:
    return _clock_minute(block.slot.time.clock)


def _clock_minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:]) if clock else 0
