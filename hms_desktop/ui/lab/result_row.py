# SPDX-License-Identifier: Apache-2.0
"""One line of the result table as widgets: test, value, unit, flag, reference, last five, change, who verified it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.lab.queries_results import ResultRow
from hms_desktop.clinic.lab.queries_sheets import AnalyteLine
from hms_desktop.clinic.lab.rules_results import ANY_WORDS
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.text import _
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.entry import Entry, Person, read_entry, saved_entry
from hms_desktop.ui.lab.value_line import ValueLine
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.labels import Glyph, Text, appear, dress
from hms_desktop.ui.widgets.reading import announce
from hms_desktop.ui.widgets.result_cell import ResultFace, flag_chip, flag_status, result_words
from hms_desktop.ui.widgets.sparkline import Spark, Sparkline
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tips import tip


@dataclass(frozen=True)
class RowRights:
    """What this person may do with the values: enter, verify at a level, correct a released one."""

    enter: bool
    verify: bool
    validate: bool
    correct: bool


class ResultLine(QObject):
    """The widgets of one analyte in their columns; `acted(name)` asks for verify, validate, correct, void."""

    edited = Signal()
    left = Signal()
    moved = Signal(int)
    acted = Signal(str)

    def __init__(self, parent: QWidget, line: AnalyteLine, person: Person, now: Callable[[], datetime]) -> None:
        super().__init__(parent)
        self.analyte, self._person, self._now = line, person, now
        self._reopened = self._editable = False
        self.value = ValueLine([answer for answer, _flag in line.test.answers if answer != ANY_WORDS])
        self.value.setFixedWidth(theme.grow(_width(line)))
        self.plain = Text("", "bodyStrong", figures="tables")
        self.unit = Text(shown_unit(line.test.limits.unit), "body", "secondary")
        self.flag = Chip("neutral", "")
        self.reference = Text(words.range_words(line.reference), "body", "secondary", figures="tables")
        self.before = Text("", "body", "secondary", figures="tables")
        self.change = Text("", "bodyStrong", "secondary", figures="tables")
        self.spark = Sparkline(Spark(()))
        self.button = Button("", "secondary", clicked=self._press)
        self.mark = Text("", "label", "secondary", wrap=True)
        self._act = ""
        self.name_cell = self._make_name()
        self.value_cell = _stacked(self.value, self.plain)
        self.flag_cell = _stacked(self.flag, start=True)
        self.mark_cell = self._make_mark()
        self.value.textEdited.connect(lambda: self._typed())
        self.value.left.connect(self._leave)
        self.value.moved.connect(self.moved)

    def _make_name(self) -> QWidget:
        """The name; what is said about the value stands below the line, over its whole width."""
        name = Text(self.analyte.test.display, "bodyStrong", wrap=True)
        name.setMinimumWidth(theme.grow(104))
        self.below = QWidget()
        self._notes = QVBoxLayout(self.below)
        self._notes.setContentsMargins(0, 0, 0, theme.space(3))
        self._notes.setSpacing(theme.space(1))
        self.note = Text("", "label", "secondary", wrap=True)
        self.note.hide()
        self._notes.addWidget(self.note)
        self._older: list[QWidget] = []
        return name

    def _make_mark(self) -> QWidget:
        cell = QWidget()
        row = QHBoxLayout(cell)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(2))
        self.tick = Glyph("check-circle-fill", "status.success.fg", 14)
        row.addWidget(self.tick)
        row.addWidget(self.mark, 1)
        row.addWidget(self.button)
        return cell

    @property
    def key(self) -> str:
        """Order and test: what a draft keeps the text under."""
        return f"{self.analyte.order}:{self.analyte.test.code}"

    @property
    def row(self) -> ResultRow | None:
        """The version that stands."""
        return self.analyte.result

    @property
    def entry(self) -> Entry:
        """What is typed, else what stands."""
        if not self._editable:
            return saved_entry(self.analyte)
        return read_entry(self.analyte, self.value.text(), self._person, self._now())

    @property
    def editable(self) -> bool:
        """Whether a value can be typed."""
        return self._editable

    @property
    def fresh(self) -> bool:
        """Whether something is typed that is not saved."""
        return self._editable and self.entry.fresh

    @property
    def critical(self) -> bool:
        """Whether the value, typed or saved, is beyond a critical limit."""
        return self.entry.critical

    @property
    def cells(self) -> tuple[QWidget, ...]:
        """The widgets in the order of the columns."""
        return (
            self.name_cell,
            self.value_cell,
            self.unit,
            self.flag_cell,
            self.reference,
            self.spark,
            self.before,
            self.change,
            self.mark_cell,
        )

    def show_line(self, line: AnalyteLine, rights: RowRights, *, open_here: bool) -> None:
        """Show the line as it is now; what is typed and not saved stays."""
        fresh = self.fresh
        typed = self.value.text()
        settled = self.row is not None and line.result is not None and line.result.id != self.row.id
        self.analyte = line
        self._reopened = self._reopened and not settled and not (line.result and line.result.released)
        verified = line.result is not None and (line.result.technical is not None or line.result.released)
        self._editable = rights.enter and open_here and not line.rivals and (not verified or self._reopened)
        appear(self.value, self._editable)
        appear(self.plain, not self._editable)
        self.value.setText(typed if fresh and self._editable else words.value_words(line.result) if line.result else "")
        self.plain.setText(self._plain_words(line.result))
        self._show_older()
        self._show_marks(rights)
        self._show_judged()

    def put_draft(self, text: str) -> None:
        """Put back what was typed before."""
        if self._editable and text:
            self.value.setText(text)
            self._show_judged()

    def reopen(self) -> None:
        """Let a verified value that is not released be typed over; it is then verified anew."""
        self._reopened = self._editable = True
        appear(self.value, True)
        appear(self.plain, False)
        self.value.setFocus(Qt.FocusReason.OtherFocusReason)

    def _plain_words(self, row: ResultRow | None) -> str:
        if row is None:
            return "\N{EN DASH}"
        return " / ".join(words.value_words(r) for r in (*self.analyte.rivals, row))

    def _typed(self) -> None:
        self._show_judged(telling=False)
        self.edited.emit()

    def _leave(self) -> None:
        self._show_judged()
        self.left.emit()

    def _press(self) -> None:
        self.acted.emit(self._act)

    def _show_judged(self, *, telling: bool = True) -> None:
        """Flag, change and colour of what stands in the line; errors are told once the value is typed."""
        entry = self.entry
        flag = words.flag_of(entry.flag)
        face = flag_chip(flag)
        appear(self.flag, face is not None)
        if face is not None:
            self.flag.show_face(face)
        tone = flag_status(flag) if flag else "primary"
        self.plain.set_tone(tone)
        self._show_change(entry)
        self._show_spark(entry, tone)
        wrong = entry.error if telling else ""
        dress(self.value, state="error" if wrong or flag in ("HH", "LL") else "")
        self._show_note(wrong or self._quiet_note(entry), "critical" if wrong else "secondary")
        if wrong and wrong != self.value.accessibleDescription():
            announce(self.value, wrong)
        self._name_value(entry, wrong)

    def _quiet_note(self, entry: Entry) -> str:
        row = self.row
        if entry.note:
            return entry.note
        if self.analyte.rivals:
            return _("Entered on two benches: mark the wrong value as a mistake.")
        return row.comment or "" if row is not None else ""

    def _show_note(self, text: str, tone: str) -> None:
        self.note.setText(text)
        self.note.set_tone(tone)
        appear(self.note, bool(text))
        appear(self.below, bool(text) or bool(self._older))

    def _show_change(self, entry: Entry) -> None:
        last = self.analyte.earlier[-1] if self.analyte.earlier else None
        self.before.setText(show_decimal(last.value) if last else "")
        self.before.setToolTip(tip(words.moment_words(last.at, self._now()) if last else ""))
        shown = words.change_words(entry.change)
        self.change.setText(f"Δ {shown}" if entry.delta else shown)
        self.change.set_tone("warning" if entry.delta else "secondary")
        self.change.setAccessibleName(_("large change {change}").format(change=shown) if entry.delta else shown)

    def _show_spark(self, entry: Entry, tone: str) -> None:
        past = [point.value for point in self.analyte.earlier][-5:]
        if isinstance(entry.value, Decimal):
            past = [*past[-4:], entry.value]
        band = self.analyte.reference
        low, high = (band.low, band.high) if band else (None, None)
        status = tone if tone != "primary" else "neutral"
        self.spark.spark = Spark(tuple(past), low, high, status, self.unit.text())
        self.spark.setAccessibleName(self.spark.spark.spoken())
        self.spark.update()

    def _name_value(self, entry: Entry, wrong: str) -> None:
        face = ResultFace(
            self.analyte.test.display, self.value.text() if self._editable else self.plain.text(),
            self.unit.text(), words.flag_of(entry.flag), self.reference.text(), words.change_words(entry.change),
            entry.delta,
        )  # fmt: skip
        name = result_words(face)
        self.value.setAccessibleName(name)
        self.plain.setAccessibleName(name)
        self.value.setAccessibleDescription(wrong)

    def _show_older(self) -> None:
        """Replaced and mistaken values stay readable, struck, with who and why."""
        for part in self._older:
            self._notes.removeWidget(part)
            part.hide()
            part.deleteLater()
        newer = {r.replaces: r for r in (*self.analyte.older, self.row) if r is not None and r.replaces}
        shown = [r for r in self.analyte.older if r.released or r.voided or self.row is None]
        self._older = [_struck(r, newer.get(r.id), self._now()) for r in shown]
        for part in self._older:
            self._notes.addWidget(part)

    def _show_marks(self, rights: RowRights) -> None:
        """Who stands for the value, and the next act on it."""
        row = self.row
        self._act, label = _next_act(self.analyte, rights)
        appear(self.button, bool(label))
        self.button.set_words(label)
        self.button.setAccessibleName(_("{act}: {test}").format(act=label, test=self.analyte.test.display))
        done = row is not None and row.medical is not None
        appear(self.tick, done)
        self.mark.setText(_mark_words(row))
        appear(self.mark, bool(self.mark.text()) and not label)
        self.mark_cell.setToolTip(tip(_mark_facts(row, self._now())))


def _width(line: AnalyteLine) -> int:
    """Pixels at 100 % text: words of one's own need the most room."""
    if any(answer == ANY_WORDS for answer, _flag in line.test.answers):
        return 250
    return 190 if line.test.answers else 92


class Struck(Text):
    """Words with a line through them: they no longer count and stay readable."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """The words, then the line."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(QPen(theme.colour("text.secondary"), 1))
        middle = self.height() // 2
        painter.drawLine(0, middle, self.width(), middle)


def _next_act(line: AnalyteLine, rights: RowRights) -> tuple[str, str]:
    row = line.result
    if row is None:
        return "", ""
    if line.rivals:
        return ("void", _("Mark as mistake")) if rights.enter else ("", "")
    if row.released:
        return ("correct", _("Correct")) if rights.correct else ("", "")
    if row.technical is None:
        return ("verify", _("Verify")) if rights.verify else ("", "")
    if row.medical is None:
        return ("validate", _("Verify medically")) if rights.validate else ("", "")
    return "", ""


def _mark_words(row: ResultRow | None) -> str:
    if row is None:
        return ""
    if row.medical is not None:
        return row.medical.name
    return _("Technical: {name}").format(name=row.technical.name) if row.technical else ""


def _mark_facts(row: ResultRow | None, now: datetime) -> str:
    if row is None:
        return ""
    marks = [(_("Entered"), row.entered), (_("Verified technically"), row.technical)]
    marks.append((_("Verified medically"), row.medical))
    return "\n".join(f"{what}: {m.name}, {words.moment_words(m.at, now)}" for what, m in marks if m is not None)


def _struck(old: ResultRow, newer: ResultRow | None, now: datetime) -> QWidget:
    cell = QWidget()
    row = QHBoxLayout(cell)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(theme.space(2))
    shown = words.measured_words(old)
    value = Struck(shown, "label", "secondary", figures="tables")
    why = old.voided or (newer.reason if newer else None) or ""
    at = words.moment_words(newer.entered.at, now) if newer else ""
    by = newer.entered.name if newer else ""
    corrected = newer is not None and newer.status == "corrected"
    said = _("entered in error") if old.voided else _("corrected") if corrected else _("replaced")
    facts = ", ".join(part for part in (said, at, by, why) if part)
    cell.setAccessibleName(_("{value} no longer stands: {facts}").format(value=shown, facts=facts))
    row.addWidget(value, 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Text(facts, "label", "secondary", wrap=True), 1)
    return cell


def _stacked(*parts: QWidget, start: bool = False) -> QWidget:
    cell = QWidget()
    row = QHBoxLayout(cell)
    row.setContentsMargins(0, 0, 0, 0)
    if not start:
        row.addStretch(1)
    for part in parts:
        row.addWidget(part)
    if start:
        row.addStretch(1)
    return cell
