# SPDX-License-Identifier: Apache-2.0
"""Beside the lines: scan and three checks, the label as it will be printed, what to tell, earlier supplies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.pharmacy.queries import SupplyRow
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine
from hms_desktop.core.dates import show_day, show_moment
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.pharmacy.prepared import Prepared
from hms_desktop.ui.pharmacy.words import amount
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.labels import Glyph, Text, appear, dress
from hms_desktop.ui.widgets.patient_amended import full_name
from hms_desktop.ui.widgets.scan_line import ScanLine
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.toggles import Tick

SHOWN_BEFORE = 4


class PickCard(Card):
    """The scan field and what is proven of the current line."""

    scanned = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Pick and check"), parent=parent)
        self.count = Text("", "label", "secondary", figures="tables")
        self.add_to_head(self.count)
        self.scan = ScanLine(_("Scan the pack"))
        self.scan.scanned.connect(self.scanned)
        self.add(self.scan)
        self.problem = Text("", "body", "critical", wrap=True)
        self.problem.hide()
        self.add(self.problem)
        self._checks = QVBoxLayout()
        self._checks.setSpacing(theme.space(2))
        self.add(self._checks)
        self._rows: list[_CheckLine] = []

    def show_state(self, done: int, total: int, line: CounterLine | None, prepared: Prepared | None) -> None:
        """Show how many lines are picked, and what is known of the current one."""
        self.count.setText(_("{done} of {total}").format(done=done, total=total) if total else "")
        self.scan.setEnabled(line is not None)
        by_eye = prepared is not None and prepared.scan is None
        picked = prepared is not None
        told = _("Right medicine and strength, by eye") if by_eye else _("Right medicine and strength")
        checks = ((_("Right patient, right record"), line is not None), (told, picked), (_("Batch in date"), picked))
        for old in self._rows:
            self._checks.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._rows = [_CheckLine(words, ticked) for words, ticked in checks]
        for row in self._rows:
            self._checks.addWidget(row)

    def say(self, problem: str) -> None:
        """What is wrong with the scanned pack, or nothing."""
        self.problem.setText(problem)
        appear(self.problem, bool(problem))
        self.scan.setAccessibleDescription(problem)


class _CheckLine(QWidget):
    def __init__(self, words: str, ticked: bool) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        row.addWidget(Glyph("check-circle-fill", "status.success.fg", 15) if ticked else Glyph("circle", side=15))
        row.addWidget(Text(words, "body", "primary" if ticked else "secondary", wrap=True), 1)
        state = _("{check}: done") if ticked else _("{check}: open")
        self.setAccessibleName(state.format(check=words))


@dataclass(frozen=True)
class LabelFace:
    """What the label of the current line will say."""

    clinic: str
    patient: PatientName
    line: CounterLine
    prepared: Prepared | None
    at: datetime


class LabelCard(Card):
    """The label in small, and the button that prints it; two versions have no label, but the way to settle them."""

    def __init__(
        self, print_label: Callable[[], object], settle: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(_("Label"), parent=parent)
        self.print = Button(_("Print"), icon="printer", key="Ctrl+P", clicked=print_label)
        self.add_to_head(self.print)
        self._settle = settle
        self._paper = QWidget()
        dress(self._paper, surface="plain")
        self._words = QVBoxLayout(self._paper)
        self._words.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        self._words.setSpacing(theme.space(1))
        frame = Card()
        frame.add(self._paper)
        frame.body.setContentsMargins(0, 0, 0, 0)
        self.add(frame)

    def show_label(self, face: LabelFace | None) -> None:
        """Show the label of a line, or say that there is none."""
        clear(self._words)
        contested = face is not None and bool(face.line.contested)
        self.print.setEnabled(face is not None and not contested)
        if face is None:
            self._words.addWidget(Text(_("Choose a line to see its label."), "label", "secondary", wrap=True))
            return
        if contested:
            words = _("The prescription has two versions. The label is made when one of them is chosen.")
            self._words.addWidget(Text(words, "body", "warning", wrap=True))
            self._words.addWidget(Button(_("Open the conflict"), icon="git-merge", clicked=self._settle))
            return
        for text in _label_texts(face):
            self._words.addWidget(text)


def _label_texts(face: LabelFace) -> list[QWidget]:
    line, item = face.line, face.line.item
    name = tall_man(line.medicine.display)
    product = f"{item.strength} {item.form}" if item else line.medicine.form or ""
    quantity = face.prepared.quantity if face.prepared else line.fill.owing
    return [
        Text(face.clinic, "label", "secondary"),
        Text(f"{name} {product}".strip(), "bodyStrong", wrap=True),
        Text(line.directions, "body", wrap=True),
        _ends(amount(quantity, line), show_day(face.at.date())),
        _ends(full_name(face.patient), face.patient.mrn, strong=True),
    ]


def _ends(first: str, last: str, strong: bool = False) -> QWidget:
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(Text(first, "bodyStrong" if strong else "label", wrap=True), 1)
    row.addWidget(Text(last, "label", "secondary", figures="identifiers"), 0, Qt.AlignmentFlag.AlignBottom)
    return pair


class TellCard(Card):
    """What to say at the counter; what was said is kept with the hand-over."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Tell the patient"), parent=parent)
        self._ticks: list[Tick] = []
        self._notes: list[QWidget] = []

    def show_points(self, points: Sequence[str], interpreter: str) -> None:
        """Show these points to tick, and the language if an interpreter is needed; ticks of the same points stay."""
        if [tick.text() for tick in self._ticks] == list(points) and self._notes:
            return
        for old in (*self._ticks, *self._notes):
            self.body.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._ticks = [Tick(point) for point in points]
        self._notes = []
        if interpreter:
            self._notes.append(Text(_("Interpreter: {language}").format(language=interpreter), "body", wrap=True))
        if not points:
            self._notes.append(Text(_("Nothing particular."), "label", "secondary"))
        for part in (*self._ticks, *self._notes):
            self.add(part)

    def told(self) -> str:
        """The ticked points as one text; empty when none is."""
        return " ".join(tick.text() for tick in self._ticks if tick.isChecked())


class BeforeCard(Card):
    """What this patient was given before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Supplied before"), parent=parent)
        self._shown: QWidget | None = None

    def show_rows(self, rows: Sequence[SupplyRow], zone: tzinfo) -> None:
        """Show the latest few."""
        if self._shown is not None:
            self.body.removeWidget(self._shown)
            self._shown.hide()
            self._shown.deleteLater()
        pairs = [(_supplied(row, zone), show_day(row.at.astimezone(zone).date())) for row in rows[:SHOWN_BEFORE]]
        self._shown = Pairs(pairs, ends=True) if pairs else Text(_("Nothing yet."), "label", "secondary")
        self.add(self._shown)


def _supplied(row: SupplyRow, zone: tzinfo) -> str:
    words = _("{medicine}, {quantity} {unit}").format(
        medicine=tall_man(row.display), quantity=show_decimal(row.quantity), unit=unit_words(row.unit, row.quantity)
    )
    if row.void_reason is None or row.void_at is None:
        return words
    when = show_moment(row.void_at.astimezone(zone))
    said = _("{supply} (taken back {time} by {name}: {reason})")
    return said.format(supply=words, time=when, name=row.void_by, reason=row.void_reason)
