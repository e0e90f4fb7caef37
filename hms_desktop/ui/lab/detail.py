# SPDX-License-Identifier: Apache-2.0
"""The detail of the bench: steps, critical calls, the result table, what happened since, and the next step."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.lab.queries import CollectPlan
from hms_desktop.clinic.lab.queries_versions import specimen_versions
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab.bench_facts import BenchFacts, CallFacts
from hms_desktop.ui.lab.critical_panel import CriticalPanel
from hms_desktop.ui.lab.entry import Person
from hms_desktop.ui.lab.next_step import NextStep, next_step, progress_words, rights_of
from hms_desktop.ui.lab.plan_card import PlanCard
from hms_desktop.ui.lab.release_card import ReleaseCard
from hms_desktop.ui.lab.result_grid import ResultGrid
from hms_desktop.ui.lab.specimen_card import SpecimenCard
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, draft_here
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text, appear, dress
from hms_desktop.ui.widgets.result_history import show_results
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import scrolled


class BenchDetail(QWidget):
    """Shows a specimen, a plan, or how to begin. `main_wanted` is the main button, `wanted(name)` the others."""

    main_wanted = Signal()
    wanted = Signal(str)
    call_settled = Signal()
    edited = Signal()

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Selected specimen"))
        self._desk = desk
        self.facts: BenchFacts | None = None
        self.step = NextStep("none", "")
        self.call: CriticalPanel | None = None
        self._other: QWidget | None = None
        self.head = SpecimenCard()
        self.grid = ResultGrid(desk.now)
        self.comment = TextField("comment", _("Comment, saved with the values"), optional=True, longest=300)
        self.draft = Chip("local", "")
        self.history = Button(_("History"), "quiet", icon="clock-counter-clockwise", clicked=self.show_history)
        self.released = ReleaseCard()
        self.progress = Text("", "label", "secondary")
        self.main = Button("", "primary", key="Ctrl+Enter", clicked=self.main_wanted.emit)
        self.hold = Text("", "label", "secondary", wrap=True)
        self.refused: CheckBar | None = None
        self._lay_out()
        self.grid.edited.connect(self._typed)
        self.comment.edited.connect(self._typed)
        self.show_nothing()

    def reveal(self) -> None:
        """Scroll to what has the keyboard."""
        focus: QWidget | None = QApplication.focusWidget()
        if focus is not None and self._area.isAncestorOf(focus):
            self._area.ensureWidgetVisible(focus, 0, theme.grow(28))

    def _lay_out(self) -> None:
        body = QWidget()
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(4))
        self._bars = QVBoxLayout()
        self.table = Card(_("Results"), flush=True)
        self.table.add_to_head(self.draft)
        self.table.add_to_head(self.history)
        self.table.add(self.grid)
        below = QHBoxLayout()
        below.setContentsMargins(theme.space(5), theme.space(3), theme.space(5), theme.space(4))
        below.addWidget(self.comment)
        self.table.add(below)
        self._calls = QVBoxLayout()
        self._foot = QWidget()
        foot = QVBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(theme.space(2))
        self.more = FlowRow(theme.space(3), theme.space(2))
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.space(3))
        buttons.addWidget(self.more, 1)
        buttons.addWidget(self.main, 0, Qt.AlignmentFlag.AlignTop)
        said = QHBoxLayout()
        said.addWidget(self.hold, 1)
        said.addStretch(0)
        said.addWidget(self.progress, 0, Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignTop)
        foot.addLayout(said)
        foot.addLayout(buttons)
        self._column.addWidget(self.head)
        self._column.addLayout(self._calls)
        for part in (self.table, self.released):
            self._column.addWidget(part)
        self._column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.space(4))
        whole.addLayout(self._bars)
        self._area = scrolled(body)
        whole.addWidget(self._area, 1)
        whole.addWidget(self._foot)
        dress(self, surface="scroll")

    # what is shown

    def show_nothing(self) -> None:
        """Nothing is selected: say how to begin."""
        card = Card()
        card.add(EmptyState(Notice("flask", _("Scan a sample label, or select a line of the list."))), 1)
        card.setMinimumHeight(theme.grow(220))
        self._show_other(card)

    def show_plan(self, plan: CollectPlan, begin: Callable[[], object] | None) -> None:
        """Show what is to be collected."""
        self._show_other(PlanCard(plan, self._desk.now(), begin))

    def show_specimen(self, facts: BenchFacts) -> None:
        """Show a specimen; what is typed into the one that is shown already stays."""
        fresh = self.facts is None or self.facts.bench.specimen != facts.bench.specimen
        self._clear_other()
        self.facts = facts
        bench = facts.bench
        now = self._desk.now()
        if fresh:
            self.say_refusal("")
            self.comment.start_over()
            self.show_draft("")
        self.head.show_specimen(facts, now)
        received = bench.status == "available"
        self.grid.show_sheets(
            bench.specimen, bench.sheets, Person(bench.age_days, bench.sex), rights_of(self._desk), open_here=received
        )
        self.table.set_heading(_("Results"), ", ".join(sheet.test.display for sheet in bench.sheets))
        shown = received or bool(facts.results)
        for part, on in ((self.head, True), (self.table, shown), (self._foot, True)):
            appear(part, on)
        appear(self.comment, self.grid.editable)
        appear(self.history, any(line.older for sheet in bench.sheets for line in sheet.lines))
        self.released.show_releases(facts.releases, now)
        self._show_call(facts.calls)
        self.show_step()

    def show_history(self) -> None:
        """Show every version of the specimen's values: before, after, who, when, where and why."""
        if self.facts is not None:
            show_results(self._desk, self, partial(specimen_versions, specimen=self.facts.bench.specimen))

    def show_step(self) -> None:
        """The next step as it is with what is typed."""
        if self.facts is None:
            return
        self.step = next_step(self._desk, self.facts, len(self.grid.typed()))
        self.main.set_words(self.step.words)
        self.main.set_kind("secondary" if self.step.act == "call" else "primary")  # to record the call is primary then
        self.main.set_icon(self.step.icon)
        self.main.setEnabled(self.step.holds is None)
        appear(self.main, self.step.act != "none")
        self.progress.setText(progress_words(self.facts, len(self.grid.typed())))
        self.hold.setText(self.step.holds or "")
        appear(self.hold, bool(self.step.holds))

    def show_acts(self, acts: list[tuple[str, str, str, str]]) -> None:
        """The further acts: name, words, icon, key."""
        buttons = [
            Button(words, icon=icon, key=key, clicked=lambda n=name: self.wanted.emit(n))  # type: ignore[misc]
            for name, words, icon, key in acts
        ]
        self.more.fill(buttons)

    def say_refusal(self, sentence: str) -> None:
        """Say in place why an act was refused; nothing takes it away but the next act."""
        if self.refused is not None:
            self._bars.removeWidget(self.refused)
            self.refused.hide()
            self.refused.deleteLater()
            self.refused = None
        if sentence:
            self.refused = CheckBar(AlertFace(sentence, "", acts=(AlertAct("close", _("Close")),)), "warning")
            self.refused.acted.connect(lambda _name: self.say_refusal(""))
            self._bars.addWidget(self.refused)

    def show_draft(self, time: str) -> None:
        """Say that what is typed is kept as a draft since this time; nothing for ""."""
        if time:
            self.draft.show_face(draft_here(time))
        appear(self.draft, bool(time))

    def typed(self) -> dict[str, str]:
        """What is typed and not saved, by line, and the comment."""
        kept = self.grid.typed()
        if self.comment.typed().strip():
            kept["comment"] = self.comment.typed()
        return kept

    def put_draft(self, kept: dict[str, str]) -> None:
        """Put back what was typed before."""
        self.grid.put_draft(kept)
        self.comment.type_in(kept.get("comment", ""))
        self.show_step()

    @property
    def specimen(self) -> UUID | None:
        """The specimen that is shown."""
        return self.facts.bench.specimen if self.facts else None

    def _typed(self) -> None:
        self.show_step()
        self.edited.emit()

    def _show_call(self, calls: tuple[CallFacts, ...]) -> None:
        first = calls[0] if calls and self._desk.may("critical.call") else None
        if self.call is not None and (first is None or first.result.id != self.call.result):
            self._calls.removeWidget(self.call)
            self.call.hide()
            self.call.deleteLater()
            self.call = None
        if first is None:
            return
        if self.call is None:
            self.call = CriticalPanel(self._desk, first)
            self.call.settled.connect(self.call_settled)
            self.call.overdue.connect(self.call_settled)
            self._calls.addWidget(self.call)
        else:
            self.call.show_facts(first)

    def _show_other(self, widget: QWidget) -> None:
        self._clear_other()
        self.facts = None
        self._show_call(())
        self.say_refusal("")
        for part in (self.head, self.table, self.released, self._foot):
            part.hide()
        self._other = widget
        self._column.insertWidget(0, widget)

    def _clear_other(self) -> None:
        if self._other is not None:
            self._column.removeWidget(self._other)
            self._other.hide()
            self._other.deleteLater()
            self._other = None
