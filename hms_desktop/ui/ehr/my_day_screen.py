# SPDX-License-Identifier: Apache-2.0
"""A clinician's day: own patients in order, results to review, notes to sign; Enter opens the chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.appointments.queries import AppointmentRow
from hms_desktop.clinic.ehr import queries as ehr
from hms_desktop.clinic.ehr.queries_notes import UnsignedNote
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.clinic.lab.queries_inbox import CriticalRow, InboxRow
from hms_desktop.core.changes import Changes
from hms_desktop.core.dates import show_day, show_minutes, weekday_names
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.ehr.chart_facts import my_patients
from hms_desktop.ui.ehr.critical_note import show_critical
from hms_desktop.ui.ehr.people_cells import named_cell, patient_cell
from hms_desktop.ui.ehr.result_sheet import open_result
from hms_desktop.ui.ehr.words import ago
from hms_desktop.ui.routes import MyDay, PatientChart, Route
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail

TABLES = frozenset(
    {
        "appointment",
        "check_in",
        "queue_call",
        "encounter",
        "lab_result",
        "critical_call",
        "result_release",
        "result_recipient",
        "result_acknowledgement",
        "note",
        "note_signature",
        "patient",
        "own_outbox",
    }
)


TICK_MS = 30_000
"""How often a day looks whether the time of a critical call ran out: nothing else changes when it does."""


@dataclass(frozen=True)
class DayFacts:
    """A clinician's day."""

    patients: tuple[AppointmentRow, ...]
    statuses: dict[UUID, str]
    results: tuple[CriticalRow | InboxRow, ...]
    notes: tuple[UnsignedNote, ...]

    def whom(self) -> set[UUID]:
        """Everybody in the three lists."""
        named = [row.patient for row in (*self.patients, *self.results, *self.notes)]
        return {name.patient for name in named if name is not None}


def read_day(reader: Any) -> DayFacts:
    """The patients, results and notes that wait for this person."""
    rows = my_patients(reader)
    visits = {r.id: ehr.visit(reader, r.encounter).status for r in rows if r.encounter is not None}
    results: tuple[CriticalRow | InboxRow, ...] = (*lab.critical_rows(reader), *lab.inbox(reader))
    return DayFacts(tuple(rows), visits, results, ehr.unsigned_notes(reader))


class MyDayPage(Page):
    """The first screen of a doctor."""

    def __init__(self, desk: Desk, route: MyDay) -> None:
        super().__init__(desk)
        self.title = _("My day")
        today = desk.now().date()
        self.context = _("{weekday} {day}").format(weekday=weekday_names()[today.weekday()], day=show_day(today))
        self._facts: DayFacts | None = None
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.results = self._make_results()
        self.notes = self._make_notes()
        self._look = ListLook(desk, self, "my day", DayFacts.whom, self._show)
        self._lay_out()
        self._connect()
        self.refresh()

    def _make_table(self) -> Table:
        columns = [
            Column("time", _("Time"), _time_cell, 78, figures="tables"),
            Column("patient", _("Patient"), lambda r: patient_cell(r.patient), 190, 3, fixed=True, wraps=True),
            Column("reason", _("Reason"), lambda r: r.reason or "", 150, 3, wraps=True),
            Column("state", _("State"), lambda r: Cell(chip=self._chip(r)), 140, 1),
            Column("waiting", _("Waiting"), self._waiting, 92, figures="tables"),
        ]
        nothing = Notice("calendar-blank", _("No patients for you today."))
        fetch = from_list(lambda: self._facts.patients if self._facts else (), matches=self._fits)
        return Table(columns, fetch, lambda r: r.id, name=_("Patients of today"), two_lines=True, nothing_yet=nothing)

    def _make_results(self) -> Table:
        columns = [
            Column(
                "patient",
                _("Patient"),
                lambda r: named_cell(r.patient, _result_words(r)),
                116,
                2,
                fixed=True,
                wraps=True,
            ),
            Column("state", _("Result"), lambda r: Cell(chip=_result_chip(r)), 120),
            Column("at", _("When"), lambda r: Cell(ago(r.at, self.desk.now()), tone="secondary"), 118),
        ]
        nothing = Notice("flask", _("No result waits for you."))
        fetch = from_list(lambda: self._facts.results if self._facts else ())
        name = _("Results to review")
        return Table(columns, fetch, lambda r: r.release, name=name, two_lines=True, nothing_yet=nothing)

    def _make_notes(self) -> Table:
        columns = [
            Column("patient", _("Patient"), lambda r: named_cell(r.patient, r.author), 116, 2, fixed=True, wraps=True),
            Column("state", _("Note"), lambda r: Cell(chip=_note_chip(r)), 150),
        ]
        nothing = Notice("note-pencil", _("No note waits for your signature."))
        fetch = from_list(lambda: self._facts.notes if self._facts else ())
        return Table(columns, fetch, lambda r: r.note, name=_("Notes to sign"), two_lines=True, nothing_yet=nothing)

    def _lay_out(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        for heading, table in ((_("Results to review"), self.results), (_("Notes to sign"), self.notes)):
            card = Card(heading, flush=True)
            table.setMinimumHeight(theme.row_height(True) * 4)
            card.add(table, 1)
            column.addWidget(card, 1)
        self.split = WorklistDetail(self.list, side, share=64)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.split)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        for table in (self.table, self.notes):
            table.chosen.connect(lambda row: self._open(row, beside=False))
            table.opened.connect(lambda row: self._open(row, beside=False))
            table.opened_beside.connect(lambda row: self._open(row, beside=True))
        self.results.chosen.connect(self._open_found)
        self.results.opened.connect(lambda row: self._open(row, beside=False))
        self.desk.tasks.changed.connect(self._changed)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self.refresh)
        self._tick.start()

    def leave(self) -> None:
        """Stop looking whether a call is overdue."""
        self._tick.stop()

    def keys(self) -> Sequence[Key]:
        """Next patient, and the three lists."""
        return (
            Key("]", _("Next patient"), self.open_next, "caret-right", hint=True),
            Key("E", _("Results to review"), lambda: self.results.setFocus(), "flask", hint=True),
            Key("U", _("Notes to sign"), lambda: self.notes.setFocus(), "pen-nib"),
            Key("T", _("Patients of today"), lambda: self.table.setFocus(), "users"),
        )

    def refresh(self) -> None:
        """Read the day again."""
        self.desk.tasks.read(read_day, self._look.show, self.desk.show_error, owner=self, replaces="day")

    def visit(self, route: Route) -> bool:
        """There is one such day."""
        self.refresh()
        return isinstance(route, MyDay)

    def open_next(self) -> None:
        """Open the chart of the first patient who waits."""
        rows = self._facts.patients if self._facts else ()
        waiting = [r for r in rows if self._status(r) in ("arrived", "triaged")]
        if waiting:
            self._open(waiting[0], beside=False)
        else:
            self.desk.hint(_("Nobody waits for you now."))

    def _open_found(self, row: CriticalRow | InboxRow) -> None:
        if isinstance(row, CriticalRow):
            chart = lambda: self._open(row, beside=False)  # noqa: E731
            show_critical(self.desk, self, row, chart)
        else:
            open_result(self.desk, self, row.release)

    def _open(self, row: AppointmentRow | UnsignedNote | InboxRow | CriticalRow, *, beside: bool) -> None:
        if row.patient is not None:
            section = "results" if isinstance(row, InboxRow | CriticalRow) else "summary"
            self.desk.routes.open(PatientChart(row.patient.patient, section), beside=beside)

    def _show(self, facts: DayFacts) -> None:
        first = self._facts is None
        self._facts = facts
        self.list.show_counts(self._segments())
        for table in (self.table, self.results, self.notes):
            if first:
                table.reload()
            else:
                table.notice_changes()
        if first:
            waiting = [r for r in facts.patients if self._status(r) in ("arrived", "triaged")]
            self.table.select((waiting or list(facts.patients))[0].id if facts.patients else None)
            self._take_focus()

    def _take_focus(self) -> None:
        """The patients have the keyboard when the day opens, unless the person went to another list meanwhile."""
        focus: QWidget | None = self.window().focusWidget()
        if focus is None or not self.isAncestorOf(focus):
            self.table.setFocus()

    def _segments(self) -> list[Segment]:
        rows = self._facts.patients if self._facts else ()
        counts = [sum(key in self._kinds(r) for r in rows) for key in ("waiting", "seen")]
        return [
            Segment("", _("All"), len(rows)),
            Segment("waiting", _("Waiting"), counts[0]),
            Segment("seen", _("Seen"), counts[1]),
        ]

    def _fits(self, row: AppointmentRow, ask: Ask) -> bool:
        if ask.filter and ask.filter not in self._kinds(row):
            return False
        text = ask.text.casefold()
        return not text or text in f"{row.patient.listed} {row.patient.mrn} {row.reason or ''}".casefold()

    def _kinds(self, row: AppointmentRow) -> set[str]:
        status = self._status(row)
        if status in ("arrived", "triaged", "onleave", "in-progress"):
            return {"waiting"}
        return {"seen"} if status == "finished" else set()

    def _status(self, row: AppointmentRow) -> str:
        return self._facts.statuses.get(row.id, "") if self._facts else ""

    def _chip(self, row: AppointmentRow) -> ChipFace:
        return {
            "arrived": ChipFace("info", _("Waiting"), "hourglass-medium"),
            "triaged": ChipFace("info", _("Vitals taken"), "heartbeat"),
            "in-progress": ChipFace("success", _("With you"), "stethoscope"),
            "onleave": ChipFace("neutral", _("Away"), "pause"),
            "finished": ChipFace("neutral", _("Seen"), "check"),
        }.get(self._status(row), ChipFace("neutral", _("Not arrived")))

    def _waiting(self, row: AppointmentRow) -> Cell:
        if self._status(row) not in ("arrived", "triaged"):
            return Cell()
        waited = row.waited(self.desk.now())
        return Cell(show_minutes(waited)) if waited is not None else Cell()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()


def _time_cell(row: AppointmentRow) -> Cell:
    return Cell(row.clock, strong=True, amended=_("moved from another time") if row.moved else "")


def _result_words(row: CriticalRow | InboxRow) -> str:
    what = f"{row.display} {row.value}" if isinstance(row, CriticalRow) else row.display
    return _("{test}, ordered by {name}").format(test=what, name=row.ordered_by) if row.ordered_by else what


def _result_chip(row: CriticalRow | InboxRow) -> ChipFace:
    if isinstance(row, CriticalRow):
        return ChipFace("critical", _("Critical, overdue") if row.overdue else _("Critical, to be told"), "siren")
    if row.critical:
        return ChipFace("critical", _("Critical"))
    if row.corrected:
        return ChipFace("warning", _("Corrected"), "pencil-simple")
    return ChipFace("warning", _("Not normal")) if row.abnormal else ChipFace("neutral", _("Normal"))


def _note_chip(row: UnsignedNote) -> ChipFace:
    return ChipFace("warning", _("Countersign"), "pen-nib") if row.cosign else ChipFace("neutral", _("Not signed"))


def waiting_count(reader: Any) -> int:
    """What waits for this person: results and countersignatures; for the badge on the rail."""
    results = len(lab.critical_rows(reader)) + len(lab.inbox(reader))
    return results + sum(note.cosign for note in ehr.unsigned_notes(reader))
