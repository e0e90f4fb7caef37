# SPDX-License-Identifier: Apache-2.0
"""How the rows of the palette are painted, and their text for screen readers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hms_desktop.ui.shell.palette_rows import (
    ActRow,
    Heading,
    PatientRow,
    QuietRow,
    Row,
    WarningRow,
    choosable,
    spoken,
)
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.labels import key_size, paint_key
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON
from hms_desktop.ui.widgets.theme import Figures, theme

Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
# The same shapes and colours as the banner's box: (icon, status)
_ALLERGIES = {
    "known": ("warning-octagon-fill", "critical"),
    "none": ("check-circle-fill", "success"),
    "not_recorded": ("question-fill", "warning"),
    "unavailable": ("eye-slash", "neutral"),
}


class PaletteRows(QAbstractListModel):
    """The rows as a model; only patients and acts can be selected."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """List these instead."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        """How many rows there are."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The row itself (user role) and its words."""
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return spoken(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings and sentences can't be chosen."""
        usable = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return usable if choosable(self.rows[index.row()]) else Qt.ItemFlag.NoItemFlags


class PalettePainter(QStyledItemDelegate):
    """Paints one row from the tokens."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Height by kind of row."""
        row = index.data(Qt.ItemDataRole.UserRole)
        high = {PatientRow: 50, Heading: 28, WarningRow: 30}.get(type(row), 33)
        return QSize(0, theme.grow(high))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint ground, accent bar and the row."""
        row = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected and choosable(row):
            painter.fillRect(rect, theme.colour("bg.selected"))
            bar = QRect(rect.left(), rect.top(), 3, rect.height())
            painter.fillRect(_turned(bar, rect, option), theme.colour("primary.base"))
        pad = theme.space(6) - 4
        line = _Line(painter, rect.adjusted(pad, 0, -pad, 0), option)
        match row:
            case Heading():
                _paint_heading(line, row)
            case PatientRow():
                _paint_patient(line, row, selected)
            case WarningRow():
                _paint_warning(painter, rect, line, row)
            case ActRow():
                _paint_act(line, row)
            case QuietRow():
                line.words(row.words, "body", "text.secondary")
        painter.restore()


class _Line:
    """Places things from the start and the end of a row, mirrored where reading goes right to left."""

    def __init__(self, painter: QPainter, room: QRect, option: QStyleOptionViewItem) -> None:
        self.painter = painter
        self.room = QRect(room)
        self._whole = QRect(room)
        self._option = option

    def words(
        self, text: str, role: str, ink: str, *, bold: bool = False, end: bool = False, figures: Figures = ""
    ) -> None:
        """Write at the start (or end) of what room is left, and take that room."""
        font = QFont(theme.font(role, figures))
        if bold:
            font.setWeight(QFont.Weight.DemiBold)
        width = min(QFontMetrics(font).horizontalAdvance(text) + 2, max(0, self.room.width()))
        place = self.take(width, end)
        self.painter.setFont(font)
        self.painter.setPen(theme.colour(ink))
        shown = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
        side = Qt.AlignmentFlag.AlignRight if self.mirrored else Qt.AlignmentFlag.AlignLeft
        self.painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute, shown)

    def icon(self, name: str, ink: str, side: int = 18) -> None:
        """Draw an icon at the start."""
        pixels = theme.grow(side)
        place = self.take(pixels)
        icons.paint_icon(self.painter, QRect(place.left(), place.center().y() - pixels // 2, pixels, pixels), name, ink)

    def key(self, cap: str) -> None:
        """Draw a key cap at the end."""
        paint_key(self.painter, self.take(key_size(cap).width(), end=True), cap)
        self.gap(6, end=True)

    def gap(self, pixels: int, *, end: bool = False) -> None:
        """Leave room."""
        self.take(theme.grow(pixels), end)

    def take(self, width: int, end: bool = False) -> QRect:
        """The next `width` pixels from the start or end."""
        left = self.room.right() - width + 1 if end else self.room.left()
        place = QRect(left, self.room.top(), width, self.room.height())
        self.room.adjust(0 if end else width, 0, -width if end else 0, 0)
        return _turned(place, self._whole, self._option)

    @property
    def mirrored(self) -> bool:
        """Whether reading goes right to left."""
        return bool(self._option.direction == Qt.LayoutDirection.RightToLeft)


def _paint_heading(line: _Line, row: Heading) -> None:
    line.words(row.aside, "caption", "text.secondary", end=True)
    line.words(row.words.upper(), "caption", "text.secondary", bold=True)


def _paint_patient(line: _Line, row: PatientRow, selected: bool) -> None:
    patient = row.patient
    if selected:
        line.key("Enter")
        line.gap(6, end=True)
    line.words(patient.note, "label", "text.secondary", end=True)
    line.gap(12, end=True)
    _paint_letters(line, patient.letters)
    line.gap(12)
    whole = QRect(line.room)
    half = whole.height() // 2
    line.room = QRect(whole.left(), whole.top() + 3, whole.width(), half - 2)
    line.words(patient.name, "subheading", "text.primary")
    line.gap(8)
    line.words(patient.about, "body", "text.secondary")
    if patient.amended:
        line.gap(8)
        line.icon(AMENDED_ICON, "text.secondary", 14)
    line.room = QRect(whole.left(), whole.top() + half, whole.width(), half - 3)
    line.words(patient.record, "label", "text.secondary", figures="identifiers")
    line.gap(8)
    shape, status = _ALLERGIES[patient.allergies]
    line.icon(shape, f"status.{status}.fg", 12)
    line.gap(5)
    line.words(patient.allergy_words, "label", f"status.{status}.fg", bold=True)


def _paint_letters(line: _Line, letters: str) -> None:
    side = theme.grow(34)
    place = line.take(side)
    disc = QRect(place.left(), place.center().y() - side // 2, side, side)
    line.painter.setPen(Qt.PenStyle.NoPen)
    line.painter.setBrush(theme.colour("primary.soft"))
    line.painter.drawEllipse(disc)
    line.painter.setPen(theme.colour("text.link"))
    line.painter.setFont(theme.font("label"))
    line.painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, letters)


def _paint_warning(painter: QPainter, rect: QRect, line: _Line, row: WarningRow) -> None:
    painter.fillRect(rect, theme.colour("status.warning.bg"))
    line.icon("warning-fill", "status.warning.fg", 14)
    line.gap(8)
    line.words(row.words, "body", "status.warning.fg", bold=True)


def _paint_act(line: _Line, row: ActRow) -> None:
    for cap in reversed(row.caps):
        line.key(cap)
    line.icon(row.icon or "caret-right", "text.secondary")
    line.gap(12)
    line.words(row.words, "body", "text.primary", bold=True)
    if row.note:
        line.gap(10)
        line.words(row.note, "label", "text.secondary")


def _turned(place: QRect, whole: QRect, option: QStyleOptionViewItem) -> QRect:
    return QStyle.visualRect(option.direction, whole, place)
