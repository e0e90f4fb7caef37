# SPDX-License-Identifier: Apache-2.0
"""The front desk's day (picture 03): clinicians' strip, list by stage, and what is missing before the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from hms_desktop.clinic.appointments.queries import StripSlot
from hms_desktop.clinic.patients.queries import TaskRow
from hms_desktop.core.changes import Changes
from hms_desktop.core.dates import show_day, weekday_names
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.appointments import words
from hms_desktop.ui.appointments.day_detail import DayDetail
from hms_desktop.ui.appointments.day_facts import (
    DayFacts,
    DetailFacts,
    Line,
    Payment,
    read_day,
    read_detail,
    read_payments,
    with_payments,
)
from hms_desktop.ui.appointments.day_strip import DayStrip
from hms_desktop.ui.appointments.line_acts import LineActs
from hms_desktop.ui.appointments.todo_card import TodoCard
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.routes import (
    BookAppointment,
    CheckIn,
    DayView,
    Route,
)
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.patient_facts import TABLES as PATIENT_TABLES
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail, scrolled

TABLES = PATIENT_TABLES | {
    "appointment", "check_in", "queue_call", "session_template", "practitioner", "place", "encounter", "charge",
    "charge_void", "invoice", "payment", "payment_void", "credit_note", "coverage", "patient_contact", "task",
}  # fmt: skip
TICK_MS = 20_000
MOST_STRIPS, FEWEST_STRIPS = 6, 2
ROOMY = 520


class DayPage(Page):
    """The appointments of one day."""

    def __init__(self, desk: Desk, route: DayView) -> None:
        super().__init__(desk)
        self.title = _("Front desk")
        self._on = route.day
        self._facts: DayFacts | None = None
        self._payments: dict[UUID, Payment] = {}
        self._detail: DetailFacts | None = None
        self._wanted = route.appointment
        self._check_in_for: UUID | None = None
        self._shown: tuple[UUID, str, str] | None = None
        self._turning = False
        self.strip = DayStrip(desk.place.zone)
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.detail = DayDetail()
        self.acts = LineActs(self, self._line, self._walked_in)
        self.todo = TodoCard(self._open_task, self.acts.finish_task if desk.may("task.work") else None)
        self._lay_out()
        self._connect()
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._pass_time)
        self._tick.start()
        self._look = ListLook(desk, self, "day list", DayFacts.patients, self._show, self._failed, purpose="operations")
        self._say_day()
        self.refresh()

    def _make_table(self) -> Table:
        columns = [
            Column("time", _("Time"), words.time_cell, 76, sort="time", figures="tables"),
            Column("patient", _("Patient"), words.patient_cell, 184, 3, sort="name", fixed=True, wraps=True),
            Column("reason", _("Reason"), lambda n: n.row.reason or "", 96, 3, wraps=True, gives_way=3),
            Column("clinician", _("Clinician"), words.clinician_words, 80, 1, sort="clinician", gives_way=4),
            Column("status", _("Status"), lambda n: Cell(chip=words.status_chip(n)), 126, 1),
            Column(
                "waiting",
                _("Waiting"),
                lambda n: words.waiting_cell(n, self.desk.now()),
                84,
                figures="tables",
                gives_way=1,
            ),
        ]
        if self.desk.may("invoice.read"):
            columns.append(Column("payment", _("Payment"), words.payment_cell, 96, 1, gives_way=2))
        sorts = {
            "time": lambda n: n.row.starts,
            "name": lambda n: n.row.patient.listed.casefold(),
            "clinician": lambda n: n.row.clinician or "",
        }
        nothing = Notice("calendar-blank", _("No appointments on this day."), _("New booking"), self.book)
        return Table(
            columns, from_list(self._lines, sorts, _matches), lambda n: n.id, name=_("Appointments"), two_lines=True,
            nothing_yet=nothing,
        )  # fmt: skip

    def _lines(self) -> Sequence[Line]:
        return (*self._facts.lines, *self._facts.waitlist) if self._facts else ()

    def _lay_out(self) -> None:
        strip = Card()
        strip.add(scrolled(self.strip))
        self._strip_card = strip
        filter_button = Button(_("Filter"), icon="funnel", key="/", clicked=self.list.open_typed)
        self.list.bar.insertWidget(self.list.bar.count() - 1, filter_button)
        if self.desk.may("appointment.book"):
            self.list.add_button(Button(_("New booking"), "primary", icon="plus", key="N", clicked=self.book))
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        column.addWidget(strip)
        column.addWidget(self.list, 1)
        right = QWidget()
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(theme.space(4))
        side.addWidget(self.detail)
        side.addWidget(self.todo)
        side.addStretch(1)
        self.split = WorklistDetail(left, right, share=74)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.split)
        self.setFocusProxy(self.table)

    def _connect(self) -> None:
        self.table.current_changed.connect(self._choose)
        for came in (self.table.rows.arrived, self.table.rows.reordered):
            came.connect(self.tell)  # what can be done with a line depends on how far it is by now
        self.table.rows.reordered.connect(self._let_go)
        self.table.chosen.connect(lambda _line: self.acts.main())
        self.table.opened.connect(self.acts.open_record)
        self.table.opened_beside.connect(lambda line: self.acts.open_record(line, beside=True))
        self.strip.booked.connect(self._select)
        self.strip.free_chosen.connect(self._book_block)
        self.desk.tasks.changed.connect(self._changed)

    def keys(self) -> Sequence[Key]:
        """The acts of the front desk."""
        keys = self.acts.keys()
        if self.desk.may("appointment.book"):
            keys.insert(1, Key("N", _("New booking"), self.book, "plus", hint=True))
        return (
            *keys,
            Key("[", _("Day before"), lambda: self._go(-1), "caret-left"),
            Key("]", _("Day after"), lambda: self._go(1), "caret-right"),
            Key("T", _("Today"), self._go_today, "calendar-blank"),
        )

    def refresh(self) -> None:
        """Read the day again."""
        query = partial(read_day, on=self._on)
        self.desk.tasks.read(query, self._look.show, self._failed, owner=self, replaces="day")

    def visit(self, route: Route) -> bool:
        """Another day, or another appointment, in this screen."""
        if isinstance(route, CheckIn):
            self._on, self._wanted, self._check_in_for = None, route.appointment, route.patient
        elif isinstance(route, DayView):
            self._on, self._wanted = route.day, route.appointment or self._wanted
        else:
            return False
        self._say_day()
        self.refresh()
        return True

    def check_in_patient(self, patient: UUID, appointment: UUID | None) -> None:
        """Once the day is read, check this patient in, or take them in without a booking."""
        self._check_in_for, self._wanted = patient, appointment

    def scanned(self, code: str) -> bool:
        """A scanned record number selects the patient's appointment."""
        for line in self._lines():
            if line.row.patient.mrn == code.strip().upper():
                self._select(line.id)
                return True
        return False

    def leave(self) -> None:
        """Stop counting minutes."""
        self._tick.stop()

    # what is shown

    def _show(self, facts: DayFacts) -> None:
        first = self._facts is None or self._facts.day != facts.day
        self._facts = self._paid(facts)
        self.strip.show_day(facts.strips, self.desk.now() if facts.day == self.desk.now().date() else None)
        self._strip_card.setVisible(bool(facts.strips))
        self._strip_card.setFixedHeight(self._strip_height(len(facts.strips)))
        self.list.show_counts(self._segments())
        nothing_chosen = self.table.current_row() is None and not self.table.narrowed
        if first or nothing_chosen or self._wanted is not None:
            wanted, self._wanted = self._wanted or self._next_line(), None
            self._turning = wanted is not None
            self.table.reload()
            self.table.select(wanted)
            self._turning = False
            self._take_focus()
        else:
            self.table.notice_changes()
        self.todo.show_tasks(facts.tasks, self.desk.now())
        if not facts.lines:
            self.detail.show_nothing(_("Select an appointment to see what is missing before the doctor."))
        self._begin_check_in()
        if self.desk.may("invoice.read"):
            query = partial(read_payments, rows=[line.row for line in (*facts.lines, *facts.waitlist)])
            self.desk.tasks.read(query, self._show_payments, self._failed, owner=self, replaces="payments")

    def _paid(self, facts: DayFacts) -> DayFacts:
        """The day with what is known of paying so far; the rest follows."""
        lines, waiting = (with_payments(lines, self._payments) for lines in (facts.lines, facts.waitlist))
        return replace(facts, lines=lines, waitlist=waiting)

    def _show_payments(self, payments: dict[UUID, Payment]) -> None:
        changed = payments != self._payments
        self._payments = payments
        if self._facts is not None and changed:
            self._facts = self._paid(self._facts)
            self.table.notice_changes()

    def _take_focus(self) -> None:
        """The list has the keyboard when the day opens, unless the person is typing somewhere."""
        focus: QWidget | None = self.window().focusWidget()
        inside = focus is not None and self.isAncestorOf(focus)
        if self.isVisible() and not inside and not isinstance(focus, QLineEdit):
            self.table.setFocus()

    def _strip_height(self, rows: int) -> int:
        one, most = theme.grow(38), MOST_STRIPS if self.height() > theme.grow(ROOMY) else FEWEST_STRIPS
        return theme.grow(28) + one * min(rows, most) + 2 * theme.space(5) + theme.space(4)

    def _next_line(self) -> UUID | None:
        lines = self._lines()
        waiting = [n for n in lines if n.stage in ("waiting", "to_arrive")]
        shown = waiting or [n for n in lines if n.stage != "waitlist"]
        return shown[0].id if shown else None

    def _segments(self) -> list[Segment]:
        facts = self._facts
        count = facts.count if facts else lambda _stage: 0
        waitlist = [Segment("waitlist", _("Waitlist"), len(facts.waitlist))] if facts and facts.waitlist else []
        return [
            Segment("", _("All"), len(facts.lines) if facts else 0),
            Segment("to_arrive", _("To arrive"), count("to_arrive")),
            Segment("waiting", _("Waiting"), count("waiting")),
            Segment("with_doctor", _("With doctor"), count("with_doctor")),
            Segment("seen", _("Seen"), count("seen")),
            *waitlist,
        ]

    def _say_day(self) -> None:
        day = self._on or self.desk.now().date()
        words_ = _("{weekday} {day}").format(weekday=weekday_names()[day.weekday()], day=show_day(day))
        self.context = words_
        self.tell()

    def _choose(self, line: Line | None) -> None:
        if line is None and self._turning:
            return  # the line that is wanted is shown next: nothing in between
        if line is None:
            line = self._left_here()  # what was done with it took it out of the stages that are listed
        self._shown = (line.id, *self._listed()) if line is not None else None
        self.tell()
        if line is None:
            self._detail = None
            self.desk.tasks.forget(self, "detail")
            self.detail.show_nothing(_("Select an appointment to see what is missing before the doctor."))
            return
        query = partial(
            read_detail, appointment=line.id, money=self.desk.may("invoice.read"), confusable=line.row.confusable
        )
        self.desk.tasks.read(query, self._show_detail, self.desk.show_error, owner=self, replaces="detail")

    def _show_detail(self, facts: DetailFacts) -> None:
        self._detail = facts
        self.detail.show_line(facts, self.acts.detail_acts(facts), self.desk.now())

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()
            line = self._line()
            if line is not None:
                self._choose(line)

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)

    def _pass_time(self) -> None:
        self.strip.show_now(self.desk.now() if self._on in (None, self.desk.now().date()) else None)
        self.table.view.viewport().update()

    def _line(self) -> Line | None:
        line = self.table.current_row()
        return line if isinstance(line, Line) else self._left_here()

    def _left_here(self) -> Line | None:
        """The line that is shown beside a list that has it no more, though nobody narrowed the list since."""
        if self._shown is None or self._shown[1:] != self._listed() or not self.table.narrowed:
            return None
        return next((line for line in self._lines() if line.id == self._shown[0]), None)

    def _let_go(self) -> None:
        """Somebody narrowed the list otherwise: who left it before stands beside it no more."""
        if self._shown is not None and self._line() is None:
            self._choose(None)

    def _listed(self) -> tuple[str, str]:
        """Which lines the list shows: a stage, and what was typed."""
        return self.table.rows.ask.filter, self.table.rows.ask.text

    def _select(self, appointment: UUID) -> None:
        self.table.select(appointment)
        self.table.setFocus()

    def _begin_check_in(self) -> None:
        """Somebody chose “Check in” on a patient elsewhere: their appointment of today, else a walk-in."""
        patient, self._check_in_for = self._check_in_for, None
        if patient is None:
            return
        mine = [n for n in self._lines() if n.row.patient.patient == patient]
        due = [n for n in mine if n.stage in ("to_arrive", "missed")]
        if due:
            self.table.select(due[0].id)
            QTimer.singleShot(0, self, self.acts.check_in)
        elif mine:
            self._select(mine[0].id)
        else:
            self.acts.walk_in(patient)

    def _walked_in(self, appointment: UUID) -> None:
        self._on, self._wanted = None, appointment
        self.desk.toast(_("Checked in"))
        self.refresh()

    def book(self) -> None:
        """Make a booking, for the day that is shown."""
        if self.desk.may("appointment.book"):
            self.desk.routes.open(BookAppointment(day=self._on))

    def _book_block(self, block: StripSlot) -> None:
        if self.desk.may("appointment.book"):
            day = block.slot.time.starts.astimezone(self.desk.place.zone).date()
            self.desk.routes.open(BookAppointment(day=day))

    def _open_task(self, task: TaskRow) -> None:
        """To the booking or the patient that a task is about."""
        waiting = next((n for n in self._lines() if n.id == task.subject), None)
        if waiting is not None:
            self.list.filter.choose("waitlist" if waiting.stage == "waitlist" else "")
            self._select(waiting.id)
        else:
            self.acts.open_task(task)

    def _go(self, days: int) -> None:
        self._on = (self._on or self.desk.now().date()) + timedelta(days=days)
        self._say_day()
        self.refresh()

    def _go_today(self) -> None:
        self._on = None
        self._say_day()
        self.refresh()


def _matches(line: Any, ask: Ask) -> bool:
    if line.stage != ask.filter if ask.filter else line.stage == "waitlist":
        return False
    row = line.row
    text = f"{row.clock} {row.patient.listed} {row.patient.mrn} {row.reason or ''} {row.clinician or ''}".casefold()
    return all(part in text for part in ask.text.casefold().split())
