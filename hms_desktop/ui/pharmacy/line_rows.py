# SPDX-License-Identifier: Apache-2.0
"""The prescription's lines at the counter: medicine, quantity, batches and where each stands; one is current."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.pharmacy.queries_counter import CounterLine
from hms_desktop.core.tall_man import is_look_alike
from hms_desktop.core.text import _
from hms_desktop.ui.pharmacy.prepared import Prepared
from hms_desktop.ui.pharmacy.words import amount, batch_words, line_chip, medicine_of, outlasting
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.labels import Glyph, Rule, Text
from hms_desktop.ui.widgets.medicine_line import MedicineLine, medicine_words
from hms_desktop.ui.widgets.theme import theme


class LinesCard(Card):
    """All lines of a patient. `current_changed` carries the prescription; Up and Down move, Enter is `chosen`."""

    current_changed = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Prescription"), flush=True, parent=parent)
        self._rows: list[LineRow] = []
        self.body.setSpacing(0)

    def show_lines(
        self, lines: Sequence[CounterLine], prepared: Mapping[UUID, Prepared], current: UUID | None, on: date, note: str
    ) -> None:
        """Show the lines with one of them current; the keyboard stays on the line that had it."""
        self.set_heading(_("Prescription"), note)
        if [row.prescription for row in self._rows] != [line.medicine.id for line in lines]:
            self._rebuild(lines)
        for number, (row, line) in enumerate(zip(self._rows, lines, strict=True), 1):
            row.show_line(number, line, prepared.get(line.medicine.id), line.medicine.id == current, on)

    def _rebuild(self, lines: Sequence[CounterLine]) -> None:
        clear(self.body)
        self._rows = [LineRow(line.medicine.id) for line in lines]
        for row in self._rows:
            row.taken.connect(self.current_changed)
            row.entered.connect(self.chosen)
            row.stepped.connect(self._step)
            self.add(Rule())
            self.add(row)

    def take_focus(self) -> None:
        """Put the keyboard on the current line."""
        row = next((row for row in self._rows if row.current), self._rows[0] if self._rows else None)
        if row is not None:
            row.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def rows(self) -> list[LineRow]:
        """The rows in order."""
        return list(self._rows)

    def _step(self, row: LineRow, by: int) -> None:
        at = self._rows.index(row) + by
        if 0 <= at < len(self._rows):
            self._rows[at].setFocus(Qt.FocusReason.TabFocusReason)


class LineRow(QWidget):
    """One line; focusing it makes it current."""

    taken = Signal(object)
    entered = Signal(object)
    stepped = Signal(object, int)

    def __init__(self, prescription: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.prescription = prescription
        self.current = False
        self._holder = QVBoxLayout(self)
        self._holder.setContentsMargins(0, 0, 0, 0)

    def show_line(self, number: int, line: CounterLine, prepared: Prepared | None, current: bool, on: date) -> None:
        """Show the line as it is now; the row itself stays, and with it the keyboard."""
        self.line, self.current = line, current
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if current else Qt.FocusPolicy.ClickFocus)
        self.chip = line_chip(line, prepared is not None)
        clear(self._holder)
        self._holder.addWidget(self._body(number, line, prepared, on))
        spoken = medicine_words(medicine_of(line)).replace("\n", ", ")
        parts = (str(number), spoken, amount(line.fill.authorised, line), self.chip.words, *self._batches)
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.update()

    def _body(self, number: int, line: CounterLine, prepared: Prepared | None, on: date) -> QWidget:
        body = QWidget()
        row = QHBoxLayout(body)
        pad = theme.space(5)
        row.setContentsMargins(pad, theme.space(4), pad, theme.space(4))
        row.setSpacing(theme.space(4))
        row.addWidget(Text(str(number), "bodyStrong", "secondary", figures="tables"), 0, Qt.AlignmentFlag.AlignTop)
        middle = QVBoxLayout()
        middle.setSpacing(theme.space(2))
        middle.addWidget(MedicineLine(medicine_of(line)))
        picks = prepared.picks if prepared else line.picks
        first = line.picks[0].batch if line.picks else None
        self._batches = [batch_words(line, pick, pick.batch == first) for pick in picks] if line.fill.owing else []
        for words in self._batches:
            middle.addWidget(_noted("package", words))
        if picks and line.fill.owing and (warning := outlasting(line, picks, on)):
            middle.addWidget(_noted("warning-fill", warning, "status.warning.fg", "warning"))
        middle.addStretch(1)
        row.addLayout(middle, 1)
        row.addWidget(self._side(line, prepared))
        return body

    def _side(self, line: CounterLine, prepared: Prepared | None) -> QWidget:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        end = Qt.AlignmentFlag.AlignTrailing
        column.addWidget(Chip.of(self.chip), 0, end)
        shown = prepared.quantity if prepared else line.fill.owing or line.fill.authorised
        label = _("Quantity {amount}").format(amount=amount(shown, line))
        column.addWidget(Text(label, "bodyStrong", figures="tables"), 0, end)
        if line.fill.supplied:
            told = _("{supplied} of {all} supplied").format(
                supplied=amount(line.fill.supplied, line), all=amount(line.fill.authorised, line)
            )
            column.addWidget(Text(told, "label", "secondary", figures="tables"), 0, end)
        for face in _marks(line):  # one below the other: two side by side would press the dose together
            column.addWidget(Chip.of(face), 0, end)
        column.addStretch(1)
        return side

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Focus makes it current."""
        super().focusInEvent(event)
        if not self.current:
            self.taken.emit(self.prescription)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click makes it current."""
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down move between lines, Enter picks."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps and not event.modifiers():
            self.stepped.emit(self, steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.entered.emit(self.prescription)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The current line stands on the selected ground with the accent bar."""
        if self.current:
            painter = QPainter(self)
            painter.fillRect(self.rect(), theme.colour("bg.selected"))
            painter.fillRect(QRect(0, 0, theme.space(2) - 1, self.height()), theme.colour("primary.base"))


def _marks(line: CounterLine) -> list[ChipFace]:
    marks = []
    if line.item is not None and line.item.schedule is not None:
        marks.append(ChipFace("info", _("Controlled, {schedule}").format(schedule=line.item.schedule), "lock-simple"))
    if is_look_alike(line.medicine.display):
        marks.append(ChipFace("warning", _("Look-alike name"), "text-aa"))
    if line.fill.owing and not line.lent:
        marks.append(ChipFace("local", _("Rest not lent here"), "link-break"))
    return marks


def _noted(icon: str, words: str, role: str = "text.secondary", tone: str = "secondary") -> QWidget:
    noted = QWidget()
    row = QHBoxLayout(noted)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.space(3))
    row.addWidget(Glyph(icon, role, 14), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Text(words, "label", tone, wrap=True), 1)
    return noted
