# SPDX-License-Identifier: Apache-2.0
"""The list of the inbox: safety first, then what needs a choice, then what rules settled today, each with its count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from hms_desktop.clinic.conflicts.queries import Entry
from hms_desktop.clinic.conflicts.queries_settled import SettledByRule
from hms_desktop.clinic.conflicts.rules import SAFETY, SLOT_OVER, STOCK_BELOW_ZERO, overdue
from hms_desktop.core.text import _
from hms_desktop.ui.conflicts.inbox_facts import InboxFacts
from hms_desktop.ui.conflicts.words import age_words, owner_words, rule_words, settled_words
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.letters import letters
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.reading import from_end, from_start, mirrored, turned, write
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip

AnyIndex = QModelIndex | QPersistentModelIndex
_ROLES = Qt.ItemDataRole


@dataclass(frozen=True)
class Row:
    """A row of the list: a heading with a count, or a line with its icon and words."""

    head: str = ""
    count: int = 0
    subject: Entry | SettledByRule | None = None
    icon: str = ""
    role: str = ""
    who: str = ""
    what: str = ""
    foot: str = ""
    age: str = ""
    amended: str = ""
    """What of the patient shown was written anew, in words."""

    @property
    def spoken(self) -> str:
        """The row in words."""
        if self.head:
            return f"{self.head}, {self.count}"
        return ", ".join(part for part in (self.who, self.amended, self.what, self.foot, self.age) if part)


def rows_of(facts: InboxFacts, now: datetime) -> list[Row]:
    """The rows under their headings; an empty part has no heading."""
    out: list[Row] = []
    for head, entries in ((_("Safety first"), facts.safety), (_("Needs a choice"), facts.choices)):
        if entries:
            out.append(Row(head, len(entries)))
            out += [_entry_row(entry, now) for entry in entries]
    if facts.settled:
        out.append(Row(_("Settled by rule today"), len(facts.settled)))
        out += [_settled_row(settled, now) for settled in facts.settled]
    return out


def _entry_row(entry: Entry, now: datetime) -> Row:
    safety = entry.gravity == SAFETY
    icon = "warning-octagon-fill" if safety else "calendar-x" if entry.kind == SLOT_OVER else "git-merge"
    role = "status.critical.fg" if safety else "status.warning.fg"
    who = entry.title.who or (_("Stock") if entry.kind == STOCK_BELOW_ZERO else _("Clinic"))
    age = age_words(entry.since, now)
    if overdue(entry.gravity, entry.since, now):
        age = _("{age}, overdue").format(age=age)
    return Row("", 0, entry, icon, role, who, entry.title.what, owner_words(entry), age,
               corrected(entry.title.name, "name"))  # fmt: skip


def _settled_row(settled: SettledByRule, now: datetime) -> Row:
    who, what = settled.patient.listed if settled.patient else "", settled_words(settled)
    return Row("", 0, settled, "check-circle-fill", "status.success.fg", who or what, what if who else "",
               rule_words(settled), age_words(settled.at, now), corrected(settled.patient, "name"))  # fmt: skip


class _Rows(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def show_rows(self, rows: list[Row]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return len(self.rows)

    def data(self, index: AnyIndex, role: int = _ROLES.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role in (_ROLES.DisplayRole, _ROLES.AccessibleTextRole):
            return row.spoken
        if role == _ROLES.ToolTipRole:
            return tip(row.spoken)
        return row if role == _ROLES.UserRole else None

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if self.rows[index.row()].head:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class InboxList(QListView):
    """`chosen` carries the entry or the settled line that the keyboard is on, or None."""

    chosen = Signal(object)
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Rows(self)
        self._quiet = False
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(_("To review"))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMouseTracking(True)
        self.selectionModel().currentChanged.connect(lambda _now, _before: self._tell())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Without a line to mark, the list itself shows that it has the keyboard."""
        super().paintEvent(event)
        if self.hasFocus() and not self.currentIndex().isValid():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawRect(self.viewport().rect().adjusted(1, 1, -1, -1))

    def show_facts(self, facts: InboxFacts, now: datetime, key: object = None) -> None:
        """Show the list; the line with this key (or the one that was current, or the first) becomes the current one."""
        kept, at = key or self._key(), self.currentIndex().row()
        self._quiet = True
        self._model.show_rows(rows_of(facts, now))
        found = self._find(kept)
        self.go_to(found if found >= 0 else self._first_from(max(at, 0)))
        self._quiet = False
        self._tell()

    def current(self) -> Entry | SettledByRule | None:
        """What the keyboard is on."""
        at = self.currentIndex().row()
        return self._model.rows[at].subject if 0 <= at < len(self._model.rows) else None

    def step(self, by: int) -> None:
        """Go to the next line, or the one before."""
        at = self.currentIndex().row() + by
        while 0 <= at < len(self._model.rows):
            if self._model.rows[at].subject is not None:
                self.go_to(at)
                return
            at += by

    def select(self, key: object) -> bool:
        """Make the line with this key current; False when there is none."""
        at = self._find(key)
        self.go_to(at)
        return at >= 0

    def go_to(self, at: int) -> None:
        """Make the row at a position current; a negative one leaves none."""
        self.setCurrentIndex(self._model.index(at, 0) if at >= 0 else QModelIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """J and K move, Enter goes on to the detail; what is no key of lists goes on to the screen."""
        plain = not event.modifiers()
        steps = {Qt.Key.Key_J: 1, Qt.Key.Key_K: -1} if letters.on else {}
        if plain and event.key() in steps:
            self.step(steps[Qt.Key(event.key())])
        elif plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break anew, so their heights change."""
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def keyboardSearch(self, search: str) -> None:
        """Letters are keys here."""

    def _key(self) -> object:
        subject = self.current()
        return subject.key if subject is not None else None

    def _find(self, key: object) -> int:
        return next((n for n, r in enumerate(self._model.rows) if r.subject is not None and r.subject.key == key), -1)

    def _first_from(self, at: int) -> int:
        every = [n for n, row in enumerate(self._model.rows) if row.subject is not None]
        return next((n for n in every if n >= at), every[-1] if every else -1)

    def _tell(self) -> None:
        if not self._quiet:
            self.chosen.emit(self.current())


class _Painter(QStyledItemDelegate):
    """Paints headings and lines; what is said may take two lines and is never cut in the middle of the list."""

    def __init__(self, view: InboxList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: AnyIndex) -> QSize:
        row: Row = index.data(_ROLES.UserRole)
        width = self._view.viewport().width()
        if row.head:
            return QSize(width, theme.grow(38))
        body, label = QFontMetrics(theme.font("body")), QFontMetrics(theme.font("label"))
        height = body.height() + label.height() + 2 * theme.space(4)
        if row.what:
            height += _wrapped(body, row.what, self._room(width)).height()
        return QSize(width, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        row: Row = index.data(_ROLES.UserRole)
        rect, rtl = QRect(option.rect), mirrored(self._view)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.head:
            self._paint_head(painter, rect, row, rtl)
        else:
            self._paint_ground(painter, rect, option, rtl)
            self._paint_line(painter, rect, row, rtl)
        painter.restore()

    def _paint_head(self, painter: QPainter, rect: QRect, row: Row, rtl: bool) -> None:
        inner = rect.adjusted(theme.space(5), theme.space(3), -theme.space(5), 0)
        painter.setFont(_strong("label"))
        painter.setPen(theme.colour("text.secondary"))
        write(painter, inner, from_start(rtl), row.head)
        painter.setPen(theme.colour("text.primary"))
        write(painter, inner, from_end(rtl), str(row.count))

    def _paint_ground(self, painter: QPainter, rect: QRect, option: QStyleOptionViewItem, rtl: bool) -> None:
        states: Callable[[QStyle.StateFlag], bool] = lambda flag: bool(option.state & flag)  # noqa: E731
        if states(QStyle.StateFlag.State_Selected):
            painter.fillRect(rect, theme.colour("bg.selected"))
            bar = QRect(rect.left(), rect.top(), 3, rect.height())
            painter.fillRect(turned(bar, rect, rtl), theme.colour("primary.base"))
        elif states(QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, theme.colour("bg.hover"))
        painter.fillRect(QRect(rect.left(), rect.bottom(), rect.width(), 1), theme.colour("border.subtle"))
        if states(QStyle.StateFlag.State_Selected) and self._view.hasFocus():
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(rect.adjusted(1, 1, -1, -2))

    def _paint_line(self, painter: QPainter, rect: QRect, row: Row, rtl: bool) -> None:
        side, pad = theme.grow(16), theme.space(5)
        square = QRect(rect.left() + pad, rect.top() + (rect.height() - side) // 2, side, side)
        icons.paint_icon(painter, turned(square, rect, rtl), row.icon, row.role)
        body, label = QFontMetrics(theme.font("body")), QFontMetrics(theme.font("label"))
        inner = rect.adjusted(pad + side + theme.space(4), theme.space(4), -pad, -theme.space(4))
        top = QRect(inner.left(), inner.top(), inner.width(), body.height())
        age = label.horizontalAdvance(row.age) + theme.space(3)
        self._write_who(painter, rect, top.adjusted(0, 0, -age, 0), row, rtl)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.colour("text.secondary"))
        write(painter, turned(top, rect, rtl), from_end(rtl), row.age)
        place = QRect(inner.left(), top.bottom() + 1, inner.width(), inner.height() - top.height() - label.height())
        painter.setFont(theme.font("body"))
        painter.setPen(theme.colour("text.primary"))
        side_of = Qt.AlignmentFlag.AlignRight if rtl else Qt.AlignmentFlag.AlignLeft
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignAbsolute | side_of | Qt.AlignmentFlag.AlignTop
        painter.drawText(turned(place, rect, rtl), int(flags), row.what)
        foot = QRect(inner.left(), inner.bottom() - label.height() + 1, inner.width(), label.height())
        self._write(painter, turned(foot, rect, rtl), row.foot, theme.font("label"), "secondary", rtl)

    def _write_who(self, painter: QPainter, rect: QRect, place: QRect, row: Row, rtl: bool) -> None:
        font, side = _strong("body"), theme.size("iconSmall")
        if row.amended:
            place = place.adjusted(0, 0, -side - theme.space(2), 0)
            taken = min(QFontMetrics(font).horizontalAdvance(row.who), place.width()) + theme.space(2)
            mark = QRect(place.left() + taken, place.top() + (place.height() - side) // 2, side, side)
            icons.paint_icon(painter, turned(mark, rect, rtl), AMENDED_ICON, "text.secondary")
        self._write(painter, turned(place, rect, rtl), row.who, font, "primary", rtl)

    def _write(self, painter: QPainter, place: QRect, words: str, font: QFont, tone: str, rtl: bool) -> None:
        painter.setFont(font)
        painter.setPen(theme.colour(f"text.{tone}"))
        shown = QFontMetrics(font).elidedText(words, Qt.TextElideMode.ElideRight, place.width() + 1)
        write(painter, place, from_start(rtl), shown)

    def _room(self, width: int) -> int:
        return width - 2 * theme.space(5) - theme.grow(16) - theme.space(4)


def _wrapped(metrics: QFontMetrics, words: str, width: int) -> QRect:
    return metrics.boundingRect(QRect(0, 0, width, 10_000), int(Qt.TextFlag.TextWordWrap), words)


def _strong(role: str) -> QFont:
    font = QFont(theme.font(role))
    font.setWeight(QFont.Weight.DemiBold)
    return font
