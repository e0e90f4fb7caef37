# SPDX-License-Identifier: Apache-2.0
"""Booking: patient, with whom, one of the next free times, reason; the first free time is offered at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.appointments import service
from hms_desktop.clinic.appointments.queries_slots import Slot
from hms_desktop.clinic.appointments.rules import Clash
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.patients.service import look
from hms_desktop.core.changes import Changes
from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.appointments.finds import wanted, with_whom
from hms_desktop.ui.appointments.slot_list import SlotList
from hms_desktop.ui.desk import REFUSED, Desk, Key, Page, held_back_words
from hms_desktop.ui.routes import BookAppointment, DayView
from hms_desktop.ui.widgets.alerts import AlertFace, CheckBar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, finds_in
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.patient_picker import finds_patients, patient_name, patient_option
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.worklist import WorklistDetail, scrolled

DRAFT = "booking"
TABLES = ("appointment", "session_template", "lease", "lease_end", "lease_spend")


class BookingPage(Page):
    """The booking form with the list of free times beside it."""

    def __init__(self, desk: Desk, route: BookAppointment) -> None:
        super().__init__(desk)
        self.title, self.context = _("New booking"), ""
        self._day, self._key = route.day, route.draft or DRAFT
        self.patient = route.patient
        self.form = Form(self._keep)
        self.who = ChoiceField("patient", _("&Patient"), finds_patients(desk, self), required=True)
        self.whom = ChoiceField("with", _("&With"), self._finds_whom, optional=True)
        self.reason = TextField("reason", _("&Reason"), optional=True, longest=200)
        self._offered: list[Option] = []
        self.slots = SlotList(desk)
        self.book = Button(_("Book"), "primary", icon="calendar-plus", key="Ctrl+Enter", large=True)
        self.summary = Text("", "body", "secondary", wrap=True)
        self.wrong = Text("", "body", "critical", wrap=True)
        self._clash: CheckBar | None = None
        self._lay_out()
        self._connect()
        desk.tasks.read(with_whom, self._offer, desk.show_error, owner=self)
        self.slots.ask_for(practitioner=None, service=None, first_day=self._day)
        self._begin(route.patient)

    def _lay_out(self) -> None:
        for field in (self.who, self.whom, self.reason):
            self.form.add(field)
        self._left = Card(_("Who and why"))
        self._left.add(self.form)
        self._left.add(self.summary)
        self._left.add(self.wrong)
        self._alerts = QVBoxLayout()
        self._left.add(self._alerts)
        foot = QHBoxLayout()
        foot.addWidget(self.book, 1)
        self._left.add(foot)
        times = Card(_("Free times"), flush=True)
        times.add(self.slots, 1)
        self.wrong.hide()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._left)
        column.addStretch(1)
        pane = QWidget()
        room = QVBoxLayout(pane)
        room.setContentsMargins(0, 0, 0, 0)
        room.addWidget(times)
        whole.addWidget(WorklistDetail(scrolled(side), pane, share=38))
        QWidget.setTabOrder(self.reason.control, self.slots.view)
        QWidget.setTabOrder(self.slots.view, self.book)

    def _connect(self) -> None:
        self.form.finished.connect(self._finish)
        self.form.edited.connect(self._say)
        self.book.clicked.connect(lambda: self.form.finish())
        self.whom.edited.connect(self._ask)
        self.slots.current_changed.connect(lambda _slot: self._say())
        self.slots.chosen.connect(lambda _slot: self.form.finish())
        self.desk.tasks.changed.connect(self._changed)

    def keys(self) -> Sequence[Key]:
        """Finish, and the first fields by letter."""
        return (
            Key("Ctrl+Return", _("Book"), lambda: self.form.finish(), "calendar-plus", hint=True),
            Key("F4", _("Free times"), lambda: self.slots.setFocus(), "clock", hint=True),
        )

    def refresh(self) -> None:
        """Read the free times again."""
        self.slots.read()

    def has_unsaved(self) -> bool:
        """Whether something typed is in no draft yet."""
        return self.form.has_unsaved()

    def save_draft(self) -> None:
        """Keep what is typed."""
        self.form.save_draft()

    def _begin(self, patient: UUID | None) -> None:
        if patient is None:
            self.desk.drafts.load(self._key, self._restore, owner=self)
            self.who.take_focus()
        else:
            act = partial(look, patient=patient, place="booking", purpose="operations")
            self.desk.tasks.run(act, self._read_name, self.desk.show_error, owner=self)
            self.whom.take_focus()

    def _read_name(self, patient: UUID) -> None:
        self.desk.tasks.read(partial(patient_name, patient=patient), self._know, self.desk.show_error, owner=self)

    def _know(self, name: PatientName | None) -> None:
        if name is not None:
            self.form.set_values({"patient": patient_option(name)})
            self._say()

    def _restore(self, kept: dict[str, Any] | None) -> None:
        if kept and not self.form.changed:
            self.form.load_draft(kept)
            self._ask()
            self._say()
            if why := kept.get(REFUSED):
                self._tell_wrong(held_back_words(why))

    def _keep(self, typed: dict[str, Any]) -> None:
        self.desk.drafts.save(self._key, typed, _("New booking"))

    def _finds_whom(self, typed: str, found: Any) -> None:
        finds_in(self._offered)(typed, found)

    def _offer(self, options: list[Option]) -> None:
        self._offered = options

    def _ask(self) -> None:
        chosen = self.whom.chosen
        self.slots.ask_for(first_day=self._day, **wanted(chosen.key if chosen else None))

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.slots.read()

    def _say(self) -> None:
        slot: Slot | None = self.slots.current_row()
        patient = self.who.chosen
        self.book.setEnabled(slot is not None)
        if slot is None:
            self.book.set_words(_("Book"))
            self.summary.setText("")
            return
        self.book.set_words(_("Book {time} with {clinician}").format(
            time=slot.time.clock, clinician=slot.session.clinician))  # fmt: skip
        firm = (
            _("This place is held for this desk.")
            if slot.lent
            else _("This desk holds no place here: the booking is provisional until the server has confirmed it.")
        )
        day = show_day(slot.time.starts.astimezone(self.desk.place.zone).date())
        who = (
            _("{patient}, {day} {time}.").format(patient=patient.words, day=day, time=slot.time.clock)
            if patient
            else ""
        )
        self.summary.setText(f"{who} {firm}".strip())

    def _finish(self, values: dict[str, Any]) -> None:
        slot: Slot | None = self.slots.current_row()
        if self.book.busy:
            return
        if slot is None:
            self._tell_wrong(_("No free time is chosen. Choose one in the list."))
            self.slots.setFocus()
            return
        self._book(slot, values, accept_clash=False)

    def _book(self, slot: Slot, values: dict[str, Any], *, accept_clash: bool) -> None:
        self._put_away()
        self.book.set_busy(True)
        act = partial(
            service.book, patient=UUID(values["patient"]), session=slot.session.id, starts=slot.time.starts,
            reason=values["reason"], accept_clash=accept_clash,
        )  # fmt: skip
        failed = partial(self._refused, slot=slot, values=values)
        left = partial(self.desk.drafts.drop, self._key)
        self.desk.tasks.run(act, partial(self._booked, slot=slot), failed, owner=self, left=left)

    def _booked(self, made: UUID, slot: Slot) -> None:
        self.form.settle()
        self.desk.drafts.drop(self._key)
        words = _("Booked {time} with {clinician}") if slot.lent else _("Booked {time} with {clinician}, provisional")
        undo = partial(self.desk.tasks.run, partial(service.enter_in_error, appointment=made, reason=_("Undone")))
        self.desk.toast(words.format(time=slot.time.clock, clinician=slot.session.clinician), undo)
        day = slot.time.starts.astimezone(self.desk.place.zone).date()
        self.desk.routes.open(DayView(day, made))

    def _refused(self, error: ClinicError, slot: Slot, values: dict[str, Any]) -> None:
        self.book.set_busy(False)
        if isinstance(error, Clash):
            face = AlertFace(_("Two appointments at once"), str(error))
            self._offer_both(face, slot, values)
        else:
            self._tell_wrong(str(error))
            self.slots.read()

    def _offer_both(self, face: AlertFace, slot: Slot, values: dict[str, Any]) -> None:
        self._clash = CheckBar(face)
        both = Button(_("Book both"), clicked=lambda: self._book(slot, values, accept_clash=True))
        self._clash.layout().addWidget(both)  # type: ignore[union-attr]
        self._alerts.addWidget(self._clash)
        both.setFocus()

    def _tell_wrong(self, words: str) -> None:
        self.wrong.setText(words)
        self.wrong.show()

    def _put_away(self) -> None:
        self.wrong.hide()
        if self._clash is not None:
            self._alerts.removeWidget(self._clash)
            self._clash.hide()
            self._clash.deleteLater()
            self._clash = None
