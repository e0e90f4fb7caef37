# SPDX-License-Identifier: Apache-2.0
"""The chart (pictures 04 and 12): summary with the note in the middle, and its sections; everything by keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError, NotAllowed, Restricted
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.ehr import sections
from hms_desktop.ui.ehr.chart_acts import ChartActs
from hms_desktop.ui.ehr.chart_facts import TABLES, ChartFacts, open_chart, read_chart
from hms_desktop.ui.ehr.chart_papers import papers_of, print_papers
from hms_desktop.ui.ehr.mistakes import TABLES as ENTRY_TABLES
from hms_desktop.ui.ehr.mistakes import ask_mistake, has_history, problems_section, readings_section, show_history
from hms_desktop.ui.ehr.procedures import procedures_section
from hms_desktop.ui.ehr.summary_section import SummarySection
from hms_desktop.ui.routes import PatientChart, Route
from hms_desktop.ui.widgets.buttons import IconButton
from hms_desktop.ui.widgets.chip import Chip, as_of
from hms_desktop.ui.widgets.labels import appear
from hms_desktop.ui.widgets.section_tabs import Section, SectionTabs
from hms_desktop.ui.widgets.states import EmptyState, Notice, could_not_read


class ChartPage(Page):
    """One patient's chart."""

    def __init__(self, desk: Desk, route: PatientChart) -> None:
        super().__init__(desk)
        self.title = _("Clinical")
        self.patient = route.patient
        self.facts: ChartFacts | None = None
        self._allergies_wanted = False
        self._draft_wanted = route.draft
        self._open()
        self.acts = ChartActs(desk, self)
        self.panes = QStackedWidget(self)
        self._blank = EmptyState()
        self.panes.addWidget(self._blank)
        self.summary = SummarySection(desk, self.acts, self.show_section, self.panes)
        self._sections: dict[str, QWidget] = {"summary": self.summary}
        self.tabs = SectionTabs(self._tabs(), _("Sections"))
        self.stale = Chip.of(as_of(""))
        appear(self.stale, False)
        self.tabs.add_note(self.stale)
        self.print = IconButton("printer", _("Print preview"), "quiet", key="Ctrl+P", clicked=self._print)
        appear(self.print, desk.may("document.print"))
        self.tabs.add_note(self.print)
        self._lay_out()
        self.tabs.chosen.connect(self._show_pane)
        desk.tasks.changed.connect(self._changed)
        self.show_section(route.section)

    def _tabs(self) -> list[Section]:
        unseen = self.facts.unseen if self.facts else 0
        return [
            Section("summary", _("Summary")),
            Section("timeline", _("Timeline")),
            Section("results", _("Results"), unseen),
            Section("medicines", _("Medicines")),
            Section("orders", _("Orders")),
            Section("notes", _("Notes")),
            Section("visits", _("Visits")),
            Section("procedures", _("Procedures")),
            Section("readings", _("Vital signs")),
            Section("problems", _("Problems")),
        ]

    def _made(self) -> dict[str, Any]:
        return {
            "summary": None,
            "timeline": sections.timeline_section,
            "results": sections.results_section,
            "medicines": sections.medicines_section,
            "orders": sections.orders_section,
            "notes": sections.notes_section,
            "visits": sections.visits_section,
            "procedures": procedures_section,
            "readings": readings_section,
            "problems": problems_section,
        }

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self.panes, 1)
        self.panes.addWidget(self.summary)
        self._blank.hide()

    def keys(self) -> Sequence[Key]:
        """The acts of the chart."""
        keys = [
            Key("[", _("Previous patient"), partial(self._go, "before"), "caret-left", enabled=self._has("before")),
            Key("]", _("Next patient"), partial(self._go, "after"), "caret-right", True, self._has("after")),
            *self.acts.keys(),
            Key("H", _("History of the entry"), self.show_history, "clock-counter-clockwise", enabled=self._on_told),
        ]
        if self.desk.may("entry.void"):
            keys.append(Key("X", _("The entry was a mistake"), self.ask_mistake, "x", enabled=self._on_entry))
        if self.desk.may("document.print"):
            keys.append(Key("Ctrl+P", _("Print preview"), self._print, "printer"))
        for number, section in enumerate(self._tabs()[:9], start=1):
            keys.append(Key(f"Ctrl+{number}", section.words, partial(self.tabs.choose_number, number)))
        return keys

    def refresh(self) -> None:
        """Read the chart again; the opening was written down already."""
        if self.patient is not None and self.facts is not None:
            query = partial(read_chart, patient=self.patient)
            shows = partial(self._show_opened, self.patient)
            self.desk.tasks.read(query, shows, self.desk.show_error, owner=self, replaces="chart")

    def visit(self, route: Route) -> bool:
        """Another section, or another patient unless words here are in no draft yet: then the frame asks first."""
        if not isinstance(route, PatientChart) or (route.patient != self.patient and self.has_unsaved()):
            return False
        if route.patient != self.patient:
            self._turn_to(route.patient)
        self._draft_wanted = route.draft
        self.show_section(route.section)
        self._open_wanted()
        return True

    def _turn_to(self, patient: UUID) -> None:
        """Nothing of the last patient stays on the screen while the next chart is opened."""
        self.patient, self.facts = patient, None
        self.panes.setCurrentWidget(self._blank)
        self._blank.show_notice(Notice("stethoscope", _("Opening the chart")))
        self.acts.use(None)
        for key in [key for key in self._sections if key != "summary"]:
            pane = self._sections.pop(key)
            self.panes.removeWidget(pane)
            pane.deleteLater()
        self.context = ""
        self.tell()
        self._open()

    def has_unsaved(self) -> bool:
        """Whether the note holds words that no draft has yet."""
        return self.summary.note.form.has_unsaved()

    def save_draft(self) -> None:
        """Keep the note's words as a draft."""
        self.summary.note.form.save_draft()

    def leave(self) -> None:
        """Keep the note's words."""
        self.save_draft()

    def show_section(self, key: str) -> None:
        """Go to a section; `allergies` opens their list over the one that is shown."""
        if key == "allergies":
            self._allergies_wanted = True
            self._open_wanted()
            return
        known = key if key in self._made() else "summary"
        self.tabs.choose(known)
        self._show_pane(known)

    def _open_wanted(self) -> None:
        if self._allergies_wanted and self.facts is not None:
            self._allergies_wanted = False
            self.acts.open_allergies()
        if self._draft_wanted and self.facts is not None:
            draft, self._draft_wanted = self._draft_wanted, ""
            self.acts.take_up(draft)

    def _show_pane(self, key: str) -> None:
        if key not in self._sections:
            made = self._made()[key](self.desk)
            self._sections[key] = made
            self.panes.addWidget(made)
            self.acts.wire(key, made)
        pane = self._sections[key]
        if self.facts is not None and isinstance(pane, sections.ListSection):
            pane.show_facts(self.facts)
        if self.facts is not None:
            self.panes.setCurrentWidget(pane)
            if isinstance(pane, sections.ListSection):
                pane.table.setFocus()

    def _row(self) -> Any:
        """The current row of the list that is shown."""
        pane = self.panes.currentWidget()
        return pane.table.current_row() if isinstance(pane, sections.ListSection) else None

    def _on_entry(self) -> bool:
        return type(self._row()) in ENTRY_TABLES

    def _on_told(self) -> bool:
        return has_history(self._row())

    def ask_mistake(self) -> None:
        """Say that the current entry was a mistake."""
        ask_mistake(self.desk, self, self._row(), lambda _none: self.refresh())

    def show_history(self) -> None:
        """Open the versions of the current entry."""
        show_history(self.desk, self, self._row())

    def _print(self) -> None:
        row = self._row()
        if self.facts is not None:
            print_papers(self.desk, self, papers_of(row, self.facts))

    def _open(self) -> None:
        assert self.patient is not None
        shows = partial(self._show_opened, self.patient)
        self.desk.tasks.run(partial(open_chart, patient=self.patient), shows, self._not_opened, owner=self)

    def _show_opened(self, asked: UUID, facts: ChartFacts) -> None:
        if asked == self.patient:
            self._show(facts)

    def _not_opened(self, error: ClinicError) -> None:
        if isinstance(error, Restricted):
            self.desk.show_error(error)
            notice = Notice("lock-simple", str(error))
        elif isinstance(error, NotAllowed):
            notice = Notice("eye-slash", _("Charts are not shown for your role. Ask who may open this one."))
        else:
            notice = could_not_read(str(error), self._open)
        self._blank.show_notice(notice)
        self.panes.setCurrentWidget(self._blank)
        self._blank.show()  # the first pane of a stack is not shown anew when it already is the current one

    def _show(self, facts: ChartFacts) -> None:
        first = self.facts is None
        self.facts = facts
        self.patient = facts.summary.banner.name.patient
        self.acts.use(facts)
        self.summary.show_facts(facts, self.desk.now())
        for pane in self._sections.values():
            if isinstance(pane, sections.ListSection):
                pane.show_facts(facts)
        self.tabs.show_count(self._tabs()[2])
        self._say_context(facts)
        if first:
            self._show_pane(self.tabs.current())
            if self.tabs.current() == "summary":
                self.summary.take_focus()
        self._open_wanted()
        self.tell()

    def _say_context(self, facts: ChartFacts) -> None:
        near = facts.neighbours
        self.context = _("Patient {n} of {count}").format(n=near.place, count=near.count) if near else _("Chart")

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()

    def _has(self, way: str) -> Any:
        return lambda: bool(self.facts and self.facts.neighbours and getattr(self.facts.neighbours, way))

    def _go(self, way: str) -> None:
        near = self.facts.neighbours if self.facts else None
        wanted: UUID | None = getattr(near, way) if near else None
        if wanted is not None:
            self.desk.routes.open(PatientChart(wanted))
