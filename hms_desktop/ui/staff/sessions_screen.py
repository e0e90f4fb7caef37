# SPDX-License-Identifier: Apache-2.0
"""The directory: who works here, and the weekly hours in which each can be booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.staff.queries import Clinician, PlaceRow, Session, clinicians, places, sessions_of
from hms_desktop.clinic.staff.queries_versions import staff_versions
from hms_desktop.clinic.staff.rules import weekday_word
from hms_desktop.core.changes import Changes
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.routes import Route, StaffList
from hms_desktop.ui.staff import dialogs
from hms_desktop.ui.staff.words import field_word, part_word
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.versions_window import VersionsWindow
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail

TABLES = ("practitioner", "practitioner_role", "session_template", "place")


@dataclass(frozen=True)
class StaffFacts:
    """Everybody, and the places."""

    people: tuple[Clinician, ...]
    places: tuple[PlaceRow, ...]


def read_staff(reader: Any) -> StaffFacts:
    """The directory as one reading."""
    return StaffFacts(clinicians(reader), places(reader))


class SessionsPage(Page):
    """People left, their weekly hours right."""

    def __init__(self, desk: Desk, route: StaffList) -> None:
        super().__init__(desk)
        self.title = _("Staff and sessions")
        self._facts = StaffFacts((), ())
        self._sessions: Sequence[Session] = ()
        self._wanted = route.person
        self.people = Table(
            [
                Column("name", _("Name"), _name_cell, 200, 2, sort="name"),
                Column("services", _("Services"), lambda c: ", ".join(c.services), 160, 1),
            ],
            from_list(lambda: self._facts.people, {"name": lambda c: c.family.casefold()}, _matches),
            lambda c: c.id,
            name=_("People"),
            two_lines=True,
            nothing_yet=Notice("users", _("Nobody is in the directory yet."), _("Add person"), self.add_person),
        )
        self.list = ListCard(self.people, heading=_("People"))
        self.hours = self._make_hours()
        self._lay_out()
        self.people.current_changed.connect(self._choose)
        self.hours.chosen.connect(lambda _session: self.change_capacity())
        desk.tasks.changed.connect(self._changed)
        self.setFocusProxy(self.people)
        self.refresh()

    def _make_hours(self) -> Table:
        columns = [
            Column("day", _("Day"), lambda s: Cell(weekday_word(s.hours.weekday), strong=True), 96, 1),
            Column("time", _("Time"), lambda s: f"{s.hours.starts} – {s.hours.ends}", 108, figures="tables"),
            Column("slot", _("Slot"), lambda s: _("{n} min").format(n=s.hours.slot_minutes), 66, figures="tables"),
            Column("capacity", _("Patients"), _capacity_cell, 84, end=True),
            Column("service", _("Service"), lambda s: Cell(s.service, sub=s.place_name or ""), 120, 2),
            Column("valid", _("Holds"), _valid_cell, 140, 1, figures="tables"),
        ]
        nothing = Notice(
            "calendar-blank", _("No weekly hours yet. Bookings need some."), _("Open hours"), self.open_hours
        )
        return Table(
            columns, from_list(lambda: self._sessions), lambda s: s.id, name=_("Weekly hours"), two_lines=True,
            nothing_yet=nothing,
        )  # fmt: skip

    def _lay_out(self) -> None:
        if self.desk.may("staff.manage"):
            self.list.add_button(Button(_("Add place"), clicked=self.add_place))
            self.list.add_button(Button(_("Add person"), "primary", icon="user-plus", key="N", clicked=self.add_person))
        self.card = Card(_("Weekly hours"), flush=True)
        self.card.add(self.hours, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.space(5), theme.space(3), theme.space(5), theme.space(3))
        foot.setSpacing(theme.space(3))
        foot.addWidget(
            Text(_("All times are the clinic's own, by the clock on the wall."), "label", "secondary", wrap=True), 1
        )
        history = Button(_("History"), "quiet", icon="clock-counter-clockwise", key="H", clicked=self.show_history)
        foot.addWidget(history)
        if self.desk.may("session.plan"):
            foot.addWidget(Button(_("End hours"), "danger", clicked=self.end_hours))
            foot.addWidget(Button(_("Open hours"), "primary", icon="plus", key="O", clicked=self.open_hours))
        self.card.add(foot)
        left, right = QWidget(), QWidget()
        for pane, card in ((left, self.list), (right, self.card)):
            column = QVBoxLayout(pane)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(card)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(WorklistDetail(left, right, share=42))

    def keys(self) -> Sequence[Key]:
        """The acts of the directory."""
        some = lambda: self.people.current_row() is not None  # noqa: E731
        keys = [Key("H", _("History"), self.show_history, "clock-counter-clockwise", enabled=some)]
        if self.desk.may("staff.manage"):
            keys.append(Key("N", _("Add person"), self.add_person, "user-plus", hint=True))
            keys.append(Key("R", _("Give a role"), self.give_role, "identification-badge", enabled=some))
        if self.desk.may("session.plan"):
            keys.append(Key("O", _("Open hours"), self.open_hours, "plus", hint=True, enabled=some))
        return keys

    def refresh(self) -> None:
        """Read the directory again."""
        self.desk.tasks.read(read_staff, self._show, self.desk.show_error, owner=self, replaces="staff")

    def visit(self, route: Route) -> bool:
        """Another person in this screen."""
        if not isinstance(route, StaffList):
            return False
        self._wanted = route.person
        self.refresh()
        return True

    def _show(self, facts: StaffFacts) -> None:
        first = not self._facts.people
        self._facts = facts
        self.people.reload()
        if self._wanted or (first and facts.people):
            self.people.select(self._wanted or facts.people[0].id)
            self._wanted = None

    def _choose(self, person: Clinician | None) -> None:
        self.tell()
        if person is None:
            self.desk.tasks.forget(self, "hours")
            self._show_hours("", ())
            return
        query = partial(sessions_of, practitioner=person.id, on_or_after=self.desk.now().date())
        show = partial(self._show_hours, person.name)
        self.desk.tasks.read(query, show, self.desk.show_error, owner=self, replaces="hours")

    def _show_hours(self, name: str, sessions: Sequence[Session]) -> None:
        self._sessions = sessions
        self.card.set_heading(_("Weekly hours"), name)
        self.hours.reload()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()
            self._choose(self._person())

    def _person(self) -> Clinician | None:
        person = self.people.current_row()
        return person if isinstance(person, Clinician) else None

    # acts

    def add_person(self) -> None:
        """Add somebody to the directory."""
        if self.desk.may("staff.manage"):
            dialogs.ask_person(self.desk, self, self._added)

    def add_place(self) -> None:
        """Add a place."""
        dialogs.ask_place(self.desk, self, lambda _made: self.desk.toast(_("Added")))

    def give_role(self) -> None:
        """Give the chosen person a role."""
        if person := self._person():
            dialogs.ask_role(
                self.desk, self, person, self._facts.places, lambda _made: self.desk.toast(_("Role given"))
            )

    def open_hours(self) -> None:
        """Open weekly hours of the chosen person."""
        person = self._person()
        if person is not None and self.desk.may("session.plan"):
            told = lambda _made: self.desk.toast(_("Open for booking"))  # noqa: E731
            dialogs.ask_session(self.desk, self, person, self._facts.places, told)

    def end_hours(self) -> None:
        """End the chosen hours."""
        if (session := self.hours.current_row()) is not None:
            dialogs.ask_end(self.desk, self, session, lambda _none: self.desk.toast(_("Ended")))

    def change_capacity(self) -> None:
        """Change how many patients fit a slot of the chosen hours."""
        session = self.hours.current_row()
        if session is not None and self.desk.may("session.plan"):
            dialogs.ask_capacity(self.desk, self, session, lambda _none: self.desk.toast(_("Saved")))

    def show_history(self) -> None:
        """Show every version of the chosen person's work and hours: before, after, who, when, where and why."""
        if person := self._person():
            query = partial(staff_versions, practitioner=person.id)
            title = _("History of {name}").format(name=person.name)
            VersionsWindow(self.desk, self, query, title, (field_word, part_word)).open()

    def _added(self, person: UUID) -> None:
        self._wanted = person
        self.desk.toast(_("Added"))
        self.refresh()


def _name_cell(person: Clinician) -> Cell:
    changed = _("changed: {why}").format(why=person.why) if person.why else ""
    return Cell(person.name, sub=person.speciality or "", amended=changed, strong=True)


def _capacity_cell(session: Session) -> Cell:
    return Cell(str(session.hours.capacity), amended=_("changed: {why}").format(why=session.why)
                if session.why else "")  # fmt: skip


def _valid_cell(session: Session) -> Cell:
    first, last = session.hours.valid_from, session.hours.valid_to
    since = _("since {day}").format(day=show_day(first))
    until = _("until {day}").format(day=show_day(last)) if last else ""
    ended = _("ended: {why}").format(why=session.stop_reason) if session.stop_reason else ""
    return Cell(since, sub=until, amended=ended)


def _matches(person: Clinician, ask: Ask) -> bool:
    text = f"{person.name} {person.given or ''} {person.speciality or ''} {' '.join(person.services)}".casefold()
    return all(part in text for part in ask.text.casefold().split())
