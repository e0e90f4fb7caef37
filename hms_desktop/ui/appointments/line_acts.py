# SPDX-License-Identifier: Apache-2.0
"""What the front desk does with the line it stands on: check in, call, move, cancel, pay, print, open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.clinic.appointments import service
from hms_desktop.clinic.appointments.queries import AppointmentRow
from hms_desktop.clinic.appointments.queries_versions import booking_versions
from hms_desktop.clinic.conflicts.queries import about_pair
from hms_desktop.clinic.patients.queries import TaskRow
from hms_desktop.clinic.patients.service import finish_task
from hms_desktop.clinic.patients.service_details import confirm_contact
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.appointments import dialogs, words
from hms_desktop.ui.appointments.day_detail import DetailActs
from hms_desktop.ui.appointments.day_facts import DetailFacts, Line
from hms_desktop.ui.appointments.finds import with_whom
from hms_desktop.ui.desk import Key, Page
from hms_desktop.ui.routes import BillingDesk, ConflictInbox, PatientRecord
from hms_desktop.ui.widgets.choice_field import Option
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.patient_picker import patient_name, patient_option
from hms_desktop.ui.widgets.versions_window import VersionsWindow

DUE = ("to_arrive", "missed")
PLACED = (*DUE, "waitlist")


class LineActs:
    """The acts on the current line of a page; `walked_in` is told the appointment of somebody without a booking."""

    def __init__(self, page: Page, current: Callable[[], Line | None], walked_in: Callable[[UUID], object]) -> None:
        self._page, self._current, self._walked_in = page, current, walked_in
        self.desk = page.desk
        self._checked: AppointmentRow | None = None

    def keys(self) -> list[Key]:
        """The acts that this person may do, with their keys."""
        placed, due, some = self._at(*PLACED), self._at(*DUE), self._at()
        move = Key("M", _("Move the appointment"), self.move_booking, "calendar-dots", enabled=placed)
        offered = [
            ("appointment.check_in", Key("F2", _("Check in"), self.check_in, "sign-in", hint=True, enabled=due)),
            ("", Key("Ctrl+P", _("Print the appointment slip"), self.print_slip, "printer", enabled=some)),
            ("appointment.check_in", Key("W", _("Walk-in"), self.walk_in, "user-plus")),
            ("appointment.move", move),
            ("appointment.cancel", Key("C", _("Cancel the appointment"), self.cancel, "calendar-x", False, placed)),
            ("appointment.cancel", Key("X", _("The booking was a mistake"), self.ask_mistake, "x", False, placed)),
            (
                "appointment.no_show",
                Key("D", _("Did not come"), self.did_not_come, "prohibit", enabled=self._at("to_arrive")),
            ),
            ("payment.take", Key("P", _("Take payment"), self.take_payment, "money", enabled=some)),
        ]
        return [key for right, key in offered if not right or self.desk.may(right)]

    def detail_acts(self, facts: DetailFacts) -> DetailActs:
        """What the buttons of the detail do for this line."""
        may, knows, phone = self.desk.may, self.desk.routes.knows, facts.phone
        return DetailActs(
            main=self.main,
            take=self.take_payment if self.desk.may("payment.take") else None,
            confirm_phone=partial(self._confirm_phone, phone.id) if phone and may("patient.update") else None,
            open_record=partial(self.open_record, facts.line),
            settle=(lambda: self.desk.routes.open(ConflictInbox())) if knows(ConflictInbox) else None,
            history=partial(self.show_history, facts.line.id),
            more=tuple(self._more(facts.line)),
        )

    def _more(self, line: Line) -> list[tuple[str, Callable[[], object]]]:
        more: list[tuple[str, Callable[[], object]]] = [
            (_("Open the patient's record"), partial(self.open_record, line)),
            (_("Print the appointment slip"), self.print_slip),
        ]
        for right, stages, said, act in (
            ("appointment.move", PLACED, _("Move…"), self.move_booking),
            ("appointment.cancel", PLACED, _("Cancel…"), self.cancel),
            ("appointment.no_show", ("to_arrive",), _("Did not come"), self.did_not_come),
            ("appointment.cancel", PLACED, _("Entered in error…"), self.ask_mistake),
        ):
            if self.desk.may(right) and line.stage in stages:
                more.append((said, act))
        return more

    def show_history(self, appointment: UUID) -> None:
        """Show which time a booking had before, who moved it, when, where and why."""
        query = partial(booking_versions, appointment=appointment)
        named = (words.field_word, words.part_word)
        VersionsWindow(self.desk, self._page, query, _("History of the appointment"), named).open()

    def _at(self, *stages: str) -> Callable[[], bool]:
        """Whether a line is current, at one of these stages if any are named."""

        def holds() -> bool:
            line = self._current()
            return line is not None and (not stages or line.stage in stages)

        return holds

    def main(self) -> None:
        """The next step of the current line."""
        self._on_line(self._go_on)

    def _on_line(self, act: Callable[[Line], object]) -> None:
        """Act on the current line; nothing happens while none is."""
        if (line := self._current()) is not None:
            act(line)

    def _go_on(self, line: Line) -> None:
        if line.stage in ("to_arrive", "missed") and self.desk.may("appointment.check_in"):
            self.check_in()
        elif line.stage == "waitlist" and self.desk.may("appointment.move"):
            self.move_booking()
        elif line.stage == "waiting" and line.row.called_at is None and self.desk.may("queue.call"):
            self.run(partial(service.call_in, appointment=line.id), _("Called in"))
        else:
            self.open_record(line)

    def check_in(self) -> None:
        """Check the current patient in; asks for a second identifier, the day or the site when there is a doubt."""
        self._on_line(self._check_in)

    def _check_in(self, line: Line) -> None:
        row, done = line.row, partial(self._checked_in, line.row)
        if row is self._checked:
            return  # it is being checked in, or is in already, and the list that says so has not come yet
        day = row.starts.astimezone(self.desk.place.zone).date() != self.desk.now().date()
        site = bool(row.elsewhere)
        if day or site:
            dialogs.ask_other(self.desk, self._page, row, done, day=day, site=site)
        elif row.confusable:
            dialogs.ask_second_identifier(self.desk, self._page, row, done)
        else:
            self._checked = row
            act = partial(service.check_in, appointment=line.id)
            self.desk.tasks.run(act, done, partial(self._check_in_failed, row), owner=self._page)

    def _check_in_failed(self, row: AppointmentRow, error: ClinicError) -> None:
        self._checked = None
        if isinstance(error, BadInput):
            dialogs.ask_second_identifier(self.desk, self._page, row, partial(self._checked_in, row))
        else:
            self.desk.show_error(error)

    def _checked_in(self, row: AppointmentRow, _encounter: Any) -> None:
        self._checked = row
        self.desk.toast(_("Checked in"))

    def walk_in(self, patient: UUID | None = None) -> None:
        """Take in somebody without a booking, perhaps a patient who is known already."""

        def ask(found: tuple[Option | None, list[Option]]) -> None:
            dialogs.ask_walk_in(self.desk, self._page, found[1], self._walked_in, found[0])

        query = partial(_name_and_offers, patient=patient)
        self.desk.tasks.read(query, ask, self.desk.show_error, owner=self._page)

    def move_booking(self) -> None:
        """Move the current booking."""
        done = lambda _none: self.desk.toast(_("Moved"))  # noqa: E731
        self._on_line(lambda line: dialogs.ask_move(self.desk, self._page, line.row, done))

    def cancel(self) -> None:
        """Call the current booking off."""
        done = lambda _none: self.desk.toast(_("Cancelled"))  # noqa: E731
        self._on_line(lambda line: dialogs.ask_cancel(self.desk, self._page, line.row, done))

    def ask_mistake(self) -> None:
        """Say that the current booking should never have been made."""
        done = lambda _none: self.desk.toast(_("Marked as a mistake"))  # noqa: E731
        self._on_line(lambda line: dialogs.ask_mistake(self.desk, self._page, line.row, done))

    def did_not_come(self) -> None:
        """Note that the patient did not come; can be undone."""
        self._on_line(self._note_no_show)

    def _note_no_show(self, line: Line) -> None:
        undo = partial(self.desk.tasks.run, partial(service.take_back_no_show, appointment=line.id))
        self.run(partial(service.note_no_show, appointment=line.id), _("Noted: did not come"), undo)

    def take_payment(self) -> None:
        """Go to the cash desk with this patient."""
        self._on_line(lambda line: self.desk.routes.open(BillingDesk(patient=line.row.patient.patient)))

    def print_slip(self) -> None:
        """Show the slip for the patient's pocket; a provisional booking says so on it."""
        self._on_line(lambda line: show_paper(self.desk, self._page, "appointment-slip", line.id))

    def run(self, act: Any, said: str, undo: Any = None) -> None:
        """Do an action and say so."""
        self.desk.tasks.run(act, lambda _done: self.desk.toast(said, undo), self.desk.show_error, owner=self._page)

    def finish_task(self, task: TaskRow) -> None:
        """A task of the role is done."""
        self.run(partial(finish_task, task=task.id), _("Done"))

    def open_task(self, task: TaskRow) -> None:
        """To what a task is about: two charts side by side while that is open, else the patient."""
        if task.patient is None:
            return
        patient = task.patient.patient
        record = partial(self.desk.routes.open, PatientRecord(patient))
        if task.kind != "review_look_alike" or task.subject is None:
            record()
            return

        def go(conflict: UUID | None) -> None:
            if conflict is None:
                record()
            else:
                self.desk.routes.open(ConflictInbox(conflict))

        query = partial(about_pair, one=patient, other=task.subject)
        self.desk.tasks.read(query, go, self.desk.show_error, owner=self._page)

    def _confirm_phone(self, contact: UUID) -> None:
        self.run(partial(confirm_contact, contact=contact), _("Telephone confirmed"))

    def open_record(self, line: Line, *, beside: bool = False) -> None:
        """Go to the patient of a line."""
        self.desk.routes.open(PatientRecord(line.row.patient.patient), beside=beside)


def _name_and_offers(reader: Any, patient: UUID | None) -> tuple[Option | None, list[Option]]:
    name = patient_name(reader, patient) if patient else None
    return (patient_option(name) if name else None), with_whom(reader)
