# SPDX-License-Identifier: Apache-2.0
"""A patient's record: timeline, what is to be done and every change, with who it is beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from hms_desktop.clinic.billing.queries import item_words
from hms_desktop.clinic.patients import service, service_cover, service_details
from hms_desktop.clinic.patients.queries import RecordPage, record_page
from hms_desktop.clinic.patients.queries_people import home_region
from hms_desktop.clinic.patients.queries_restricted import owners
from hms_desktop.core.changes import Changes
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.patients import dialogs
from hms_desktop.ui.patients.cover_dialog import ask_correct_cover, ask_cover
from hms_desktop.ui.patients.cover_words import cover_lines
from hms_desktop.ui.patients.history_pane import HistoryPane
from hms_desktop.ui.patients.link_dialog import LinkDialog
from hms_desktop.ui.patients.record_side import RecordSide, SideActs
from hms_desktop.ui.patients.restricted_dialogs import ask_lift, ask_restrict
from hms_desktop.ui.patients.tasks_pane import TasksPane
from hms_desktop.ui.patients.timeline_pane import TimelinePane
from hms_desktop.ui.routes import BookAppointment, CheckIn, PatientChart, PatientRecord, Route
from hms_desktop.ui.widgets.section_tabs import Section, SectionTabs
from hms_desktop.ui.widgets.worklist import WorklistDetail

SIDE_TABLES = (
    "patient", "patient_identifier", "patient_contact", "patient_flag", "patient_link", "patient_link_void", "coverage",
    "patient_restriction", "patient_restriction_end",
)  # fmt: skip


class RecordScreen(Page):
    """One patient. The look is written to the access log before anything is shown."""

    def __init__(self, desk: Desk, route: PatientRecord) -> None:
        super().__init__(desk)
        self.title, self.context = _("Patient record"), ""
        self._route = route
        self.patient = route.patient
        self._page: RecordPage | None = None
        self._items: dict[str, str] = {}
        self.timeline = TimelinePane(desk, route.patient)
        self.tasks = TasksPane(desk, route.patient)
        self.history = HistoryPane(desk, route.patient)
        self.side = RecordSide()
        sections = [Section("timeline", _("Timeline")), Section("tasks", _("Tasks")), Section("history", _("History"))]
        self.tabs = SectionTabs(sections, _("Sections"))
        self.panes = QStackedWidget()
        for pane in (self.timeline, self.tasks, self.history):
            self.panes.addWidget(pane)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.tabs)
        whole.addWidget(WorklistDetail(self.panes, self.side, share=68), 1)
        self.tabs.chosen.connect(self._choose)
        desk.tasks.changed.connect(self._changed)
        act = partial(service.open_record, patient=route.patient)
        desk.tasks.run(act, self._open, self.desk.show_error, owner=self)
        self.setFocusProxy(self.timeline.table)
        self.tabs.choose(route.section)

    def visit(self, route: Route) -> bool:
        """Another section of the same patient's record."""
        if not isinstance(route, PatientRecord) or route.patient != self.patient:
            return False
        self.tabs.choose(route.section)
        return True

    def keys(self) -> Sequence[Key]:
        """The acts on this patient."""
        may, knows = self.desk.may, self.desk.routes.knows
        keys = [Key(f"Ctrl+{n}", words, partial(self.tabs.choose_number, n)) for n, words in enumerate(
            (_("Timeline"), _("Tasks"), _("History")), 1)]  # fmt: skip
        if may("appointment.check_in") and knows(CheckIn):
            keys.append(Key("F2", _("Check in"), self._go(CheckIn), "sign-in", hint=True))
        if may("appointment.book") and knows(BookAppointment):
            keys.append(Key("B", _("Book appointment"), self._go(BookAppointment), "calendar-plus", hint=True))
        if may("chart.read") and knows(PatientChart):
            keys.append(Key("H", _("Open chart"), self._go(PatientChart), "stethoscope"))
        if may("interaction.record"):
            keys.append(Key("L", _("Write down a contact"), self.log_contact, "chats-circle", hint=True))
        if may("patient.update"):
            keys.append(Key("E", _("Change details"), self.change_details, "pencil-simple"))
            keys.append(Key("D", _("Record or take back a death"), self.record_death, "user"))
        if may("patient.link"):
            keys.append(Key("U", _("Join with another chart"), self.join, "link"))
        return keys

    def refresh(self) -> None:
        """Read the shown section and the side again."""
        query = partial(record_page, patient=self._route.patient)
        self.desk.tasks.read(query, self._show, self.desk.show_error, owner=self, replaces="page")
        self._read_pane()

    def _go(self, kind: type[Any]) -> Any:
        return lambda: self.desk.routes.open(kind(self.patient))

    def _open(self, page: RecordPage) -> None:
        self._show(page)
        self._read_pane()

    def _show(self, page: RecordPage) -> None:
        self._page = page
        self.context = page.banner.name.mrn
        self._show_side()
        codes = {code for cover in page.covers for code in (*cover.excluded, *cover.package)}
        if codes:
            query = partial(item_words, codes=codes, on=self.desk.now().date())
            self.desk.tasks.read(query, self._name_items, self.desk.show_error, owner=self, replaces="items")
        self.tell()

    def _show_side(self) -> None:
        assert self._page is not None
        said = partial(cover_lines, currency=self.desk.place.currency, names=self._items)
        self.side.show_page(self._page, self._acts(), self.desk.now(), said)

    def _name_items(self, items: dict[str, str]) -> None:
        """What covers leave out or pay whole is named as the price list has it, where it is known."""
        if items != self._items:
            self._items = items
            self._show_side()

    def _choose(self, key: str) -> None:
        self.panes.setCurrentIndex(("timeline", "tasks", "history").index(key))
        self._read_pane()

    def _read_pane(self) -> None:
        pane = self.panes.currentWidget()
        if isinstance(pane, TimelinePane | TasksPane | HistoryPane):
            pane.read()

    def _changed(self, changes: Changes) -> None:
        if self._page is None:
            return
        if changes.touch(*SIDE_TABLES):
            self.refresh()
        elif changes.touch("timeline_entry", "task"):
            self._read_pane()

    # acts

    def change_details(self) -> None:
        """Complete or correct who this is."""
        page = self._page
        if page is not None:
            ask = lambda region: dialogs.ask_details(self.desk, self, page, region, self._said(_("Saved")))  # noqa: E731
            self.desk.tasks.read(home_region, ask, self.desk.show_error, owner=self)

    def log_contact(self) -> None:
        """Write down a call, letter, complaint or talk."""
        if self._page is not None:
            dialogs.ask_interaction(self.desk, self, self._page.banner.name.patient, self._said(_("Written down")))

    def record_death(self) -> None:
        """Record a death, or take it back when it stood on the wrong chart."""
        if self._page is None:
            return
        patient = self._page.banner.name.patient
        if self._page.banner.name.deceased_on:
            dialogs.ask_no_death(self.desk, self, patient, self._said(_("Taken back")))
        else:
            dialogs.ask_death(self.desk, self, patient, self._said(_("Recorded")))

    def join(self) -> None:
        """Join this person with another chart."""
        if self._page is not None:
            LinkDialog(self.desk, self, self._page, self._said(_("Joined"))).ask()

    def restrict(self) -> None:
        """Show who it is only to those who care for this patient."""
        if self._page is not None:
            patient = self._page.banner.name.patient
            ask = lambda people: ask_restrict(self.desk, self, patient, people, self._said(_("Restricted")))  # noqa: E731
            self.desk.tasks.read(owners, ask, self.desk.show_error, owner=self)

    def _said(self, words: str) -> Any:
        return lambda _result: self.desk.toast(words)

    def _run(self, act: Any, said: str) -> None:
        self.desk.tasks.run(act, self._said(said), self.desk.show_error, owner=self)

    def _end(self, what: str, act: Callable[..., Any]) -> None:
        words = (_("End {what}?").format(what=what), _("End it"))
        dialogs.ask_why_end(self.desk, self, words, act, self._said(_("Ended")))

    def _acts(self) -> SideActs:
        desk, details = self.desk, service_details
        patient = self._page.banner.name.patient if self._page else self._route.patient
        covers = self._page.covers if self._page else ()
        return SideActs(
            may=desk.may("patient.update"),
            may_link=desk.may("patient.link"),
            may_cover=desk.may("coverage.record"),
            details=self.change_details,
            add_identifier=lambda: dialogs.ask_identifier(desk, self, patient, self._said(_("Added"))),
            end_identifier=lambda i: dialogs.ask_end_identifier(desk, self, i.id, i.value, self._said(_("Ended"))),
            add_contact=lambda: dialogs.ask_contact(desk, self, patient, self._said(_("Added"))),
            correct_contact=lambda c: dialogs.ask_correct_contact(desk, self, c, self._said(_("Saved"))),
            confirm_contact=lambda c: self._run(partial(details.confirm_contact, contact=c.id), _("Confirmed")),
            end_contact=lambda c: self._end(c.shown, partial(details.end_contact, contact=c.id)),
            add_cover=lambda: ask_cover(desk, self, patient, covers, self._said(_("Added"))),
            correct_cover=lambda c: ask_correct_cover(desk, self, c, self._said(_("Saved"))),
            end_cover=lambda c: self._end(c.payer, partial(service_cover.end_coverage, coverage=c.id)),
            add_flag=lambda: dialogs.ask_flag(desk, self, patient, self._said(_("Added"))),
            lower_flag=lambda f: self._end(f[2], partial(service.lower_flag, flag=f[0])),
            history=lambda: self.tabs.choose("history"),
            join=self.join,
            part=lambda j: dialogs.ask_unlink(desk, self, j.link, j.mrn, self._said(_("Taken apart"))),
            may_restrict=desk.may("patient.restrict"),
            restrict=self.restrict,
            lift=lambda r: ask_lift(desk, self, r.id, r.record, self._said(_("Lifted"))),
        )
