# SPDX-License-Identifier: Apache-2.0
"""The list of patients: one line that finds by name, birth date, number or telephone; birth date always in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.queries_search import Found, Hit
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.routes import (
    BookAppointment,
    CheckIn,
    PatientChart,
    PatientRecord,
    PatientSearch,
    RegisterPatient,
    Route,
)
from hms_desktop.ui.widgets.alerts import AlertFace, CheckBar
from hms_desktop.ui.widgets.allergy_box import LOOKS, Allergies, heading
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.labels import Glyph, dress
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.patient_card import PatientCard
from hms_desktop.ui.widgets.patient_facts import TABLES, allergy_facts_of, patient_facts
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import WorklistDetail

SETTLE_MS = 60
FEWEST = 2


@dataclass(frozen=True)
class Row:
    """A person found, with their allergy state."""

    hit: Hit
    allergies: Allergies


@dataclass(frozen=True)
class Rows:
    """What a search found, as one reading."""

    found: Found
    rows: tuple[Row, ...]


def search_rows(unit: Any, text: str) -> Rows:
    """One search as one action: noted in the access log before anything is shown."""
    found = service.find_patients(unit, text=text)
    allergies = allergy_facts_of(unit, [hit.patient for hit in found.hits])
    return Rows(found, tuple(Row(hit, allergies[hit.patient]) for hit in found.hits))


class SearchPage(Page):
    """Search, results, and who the chosen one is."""

    def __init__(self, desk: Desk, route: PatientSearch) -> None:
        super().__init__(desk)
        self.title = _("Patients")
        self.context = _("Searching this device")
        self._rows: Rows | None = None
        self._asked = ""
        self.line = QLineEdit(route.text)
        self.line.setPlaceholderText(_("Name, birth date, record number, telephone"))
        self.line.setAccessibleName(_("Find a patient"))
        self.line.setClearButtonEnabled(True)
        self.line.installEventFilter(self)
        self.table = self._make_table()
        self.alert = CheckBar(AlertFace(_("Two patients share a family name and birthday. Check year and number."), ""))
        self.detail = QWidget()
        self._detail = QVBoxLayout(self.detail)
        self._detail.setContentsMargins(0, 0, 0, 0)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self.refresh)
        self._lay_out()
        self._connect()
        self._show_nobody()
        self.refresh()
        self.setFocusProxy(self.line)

    def _make_table(self) -> Table:
        columns = [
            Column("patient", _("Patient"), _name_cell, 220, 3, fixed=True),
            Column("born", _("Born"), _born_cell, 130, 1, figures="tables"),
            Column("sex", _("Sex"), lambda r: sex_word(r.hit.name.sex), 80),
            Column("allergies", _("Allergies"), _allergy_cell, 200, 2),
        ]
        return Table(
            columns, from_list(self._shown), lambda r: r.hit.patient, name=_("Patients found"), two_lines=True,
            nothing_yet=self._begin_notice(),
        )  # fmt: skip

    def _begin_notice(self) -> Notice:
        return Notice("magnifying-glass", _("Type at least two letters or digits to find a patient."))

    def _nobody_notice(self) -> Notice:
        words = _("Nobody on this device fits “{text}”.").format(text=self.line.text().strip()[:40])
        if not self.desk.may("patient.register"):
            return Notice("users", words)
        return Notice("users", words, _("Register new patient"), self.register)

    def _lay_out(self) -> None:
        card = Card(flush=True)
        bar = QWidget()
        row = QHBoxLayout(bar)
        row.setContentsMargins(theme.space(5), theme.space(4), theme.space(5), theme.space(4))
        row.setSpacing(theme.space(3))
        row.addWidget(Glyph("magnifying-glass", "text.secondary", 18))
        row.addWidget(self.line, 1)
        if self.desk.may("patient.register"):
            row.addWidget(Button(_("Register new patient"), "primary", icon="user-plus", clicked=self.register))
        card.add(bar)
        self._alert_room = QWidget()
        alert_row = QVBoxLayout(self._alert_room)
        alert_row.setContentsMargins(theme.space(5), 0, theme.space(5), theme.space(4))
        alert_row.addWidget(self.alert)
        self._alert_room.hide()
        card.add(self._alert_room)
        card.add(self.table, 1)
        dress(self.detail, surface="scroll")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(card)
        whole.addWidget(WorklistDetail(left, self.detail, share=66))

    def _connect(self) -> None:
        self.line.textEdited.connect(lambda: self._settle.start())
        self.table.current_changed.connect(self._choose)
        self.table.chosen.connect(lambda row: self._open(row, beside=False))
        self.table.opened.connect(lambda row: self._open(row, beside=False))
        self.table.opened_beside.connect(lambda row: self._open(row, beside=True))
        self.table.filter_wanted.connect(self.line.setFocus)
        self.desk.tasks.changed.connect(self._changed)

    def keys(self) -> Sequence[Key]:
        """What can be done with the chosen patient."""
        keys = []
        for letter, words, kind, right, icon in (
            ("B", _("Book appointment"), BookAppointment, "appointment.book", "calendar-plus"),
            ("F2", _("Check in"), CheckIn, "appointment.check_in", "sign-in"),
        ):
            if self.desk.may(right) and self.desk.routes.knows(kind):
                act = partial(self._go, kind)
                keys.append(Key(letter, words, act, icon, hint=True, enabled=self._some))
        return keys

    def refresh(self) -> None:
        """Search again; one search is under way at a time, and what was typed meanwhile comes after it."""
        text = self.line.text().strip()
        if len(text) < FEWEST:
            self._rows = None
            self._alert_room.hide()
            self.table.nothing_yet = self._begin_notice()
            self.table.reload()
            return
        if not self._asked:
            self._asked = text
            self.desk.tasks.run(partial(search_rows, text=text), self._answered, self._not_answered, owner=self)

    def _answered(self, rows: Rows) -> None:
        if self._ended():
            self._show(rows)

    def _not_answered(self, error: ClinicError) -> None:
        self._ended()
        self.desk.show_error(error)

    def _ended(self) -> bool:
        """The search has ended: whether what it was for still stands in the line; else what stands there is next."""
        asked, self._asked = self._asked, ""
        current = asked == self.line.text().strip()
        if not current and not self._settle.isActive():
            self.refresh()
        return current

    def visit(self, route: Route) -> bool:
        """Another search in this screen."""
        if not isinstance(route, PatientSearch):
            return False
        if route.text:
            self.line.setText(route.text)
        self.line.setFocus()
        self.refresh()
        return True

    def scanned(self, code: str) -> bool:
        """A scanned number is searched for."""
        self.line.setText(code)
        self.refresh()
        return True

    def register(self) -> None:
        """Register somebody new; what was typed is carried over."""
        self.desk.routes.open(RegisterPatient(self.line.text().strip()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down and Enter go from the line into the results."""
        if watched is self.line and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down:
                self.table.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
                self._enter()
                return True
        return False

    def _enter(self) -> None:
        row = self.table.current_row()
        if row is not None and not self._settle.isActive():
            self._open(row, beside=False)
        else:
            self._settle.stop()
            self.refresh()

    def _shown(self) -> Sequence[Row]:
        return self._rows.rows if self._rows else ()

    def _show(self, rows: Rows) -> None:
        self._rows = rows
        self._alert_room.setVisible(rows.found.look_alikes)
        self.table.nothing_yet = self._nobody_notice()
        self.table.reload()
        if rows.rows:
            self.table.select(rows.rows[0].hit.patient)
        else:
            self._show_nobody()

    def _changed(self, changes: Changes) -> None:
        row = self.table.current_row()
        if row is not None and changes.touch(*TABLES):
            self._choose(row)

    def _some(self) -> bool:
        return self.table.current_row() is not None

    def _choose(self, row: Row | None) -> None:
        self.tell()
        if row is None:
            self.desk.tasks.forget(self, "card")
            self._show_nobody()
            return
        query = partial(patient_facts, patient=row.hit.patient)
        self.desk.tasks.read(query, self._show_card, self.desk.show_error, owner=self, replaces="card")

    def _show_card(self, data: Any) -> None:
        card = Card()
        card.add(PatientCard(data))
        card.add(Button(_("Open record"), "primary", icon="arrow-right", key="Enter", large=True,
                        clicked=lambda: self._go(PatientRecord)))  # fmt: skip
        for words, kind, right, icon in (
            (_("Open chart"), PatientChart, "chart.read", "stethoscope"),
            (_("Check in"), CheckIn, "appointment.check_in", "sign-in"),
            (_("Book appointment"), BookAppointment, "appointment.book", "calendar-plus"),
        ):
            if self.desk.may(right) and self.desk.routes.knows(kind):
                card.add(Button(words, icon=icon, clicked=partial(self._go, kind)))
        self._fill(card)

    def _show_nobody(self) -> None:
        card = Card()
        card.add(EmptyState(Notice("user", _("Choose a patient to see who it is."))), 1)
        self._fill(card)

    def _fill(self, card: QWidget) -> None:
        clear(self._detail)
        self._detail.addWidget(card)
        self._detail.addStretch(1)

    def _go(self, kind: type[Any]) -> None:
        row = self.table.current_row()
        if row is not None:
            self.desk.routes.open(kind(row.hit.patient))

    def _open(self, row: Row, *, beside: bool) -> None:
        self.desk.routes.open(PatientRecord(row.hit.patient), beside=beside)


def _name_cell(row: Row) -> Cell:
    name = row.hit.name
    number = (
        name.mrn
        if row.hit.through is None
        else _("{number}, found by {old}").format(number=name.mrn, old=row.hit.through)
    )
    return Cell(name.full, sub=number, strong=True, amended=corrected(name, "name"))


def _born_cell(row: Row) -> Cell:
    name = row.hit.name
    return Cell(name.birth, sub=name.age, amended=corrected(name, "birth"))


def _allergy_cell(row: Row) -> Cell:
    family, _solid, shape = LOOKS[row.allergies.state]
    words = ", ".join(a.substance for a in row.allergies.known) or heading(row.allergies)
    tone = {"critical": "critical", "success": "success", "warning": "warning"}.get(family, "secondary")
    return Cell(words, tone=tone, icon=shape)
