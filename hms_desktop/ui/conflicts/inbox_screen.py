# SPDX-License-Identifier: Apache-2.0
"""The conflict inbox (picture 08): what met while apart, side by side, until a person chooses; nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.conflicts.queries import Entry, OpenConflict
from hms_desktop.clinic.conflicts.queries_settled import SettledByRule
from hms_desktop.clinic.conflicts.rules import PERSON_TWICE, RIGHT_TO_SETTLE
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError, NotFound
from hms_desktop.core.text import _
from hms_desktop.ui.conflicts.alike import alike, ask_for_all
from hms_desktop.ui.conflicts.detail_pane import DetailPane, PaneActs
from hms_desktop.ui.conflicts.dialogs import ask_someone
from hms_desktop.ui.conflicts.inbox_facts import InboxFacts, OpenLine, open_line, read_inbox
from hms_desktop.ui.conflicts.inbox_list import InboxList
from hms_desktop.ui.conflicts.questions import JOIN, WHAT, WHO, Act
from hms_desktop.ui.conflicts.words import role_title, rule_words, settled_words
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.routes import ConflictInbox, PatientChart, PatientRecord, Route
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.labels import Rule, Text
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.rolling import Rolling
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import WorklistDetail

SOON_MS = 150
MOST_SIDES = 9


class InboxPage(Page):
    """The list, and beside it the line that is chosen."""

    def __init__(self, desk: Desk, route: ConflictInbox) -> None:
        super().__init__(desk)
        self.title, self.context = _("Conflicts"), _("Changes that met while offline")
        self._facts: InboxFacts | None = None
        self._wanted = route.conflict
        self.pane: DetailPane | None = None
        self._opening: tuple[OpenConflict, ...] = ()
        self.list = InboxList()
        self.count = Chip("conflict", "0")
        self.card = self._list_card()
        self._room = QWidget()
        self._column = QVBoxLayout(self._room)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._shown: QWidget | None = None
        self._lay_out()
        self.list.chosen.connect(self._choose)
        self.list.entered.connect(self._go_in)
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.refresh)
        desk.tasks.changed.connect(self._changed)
        self.refresh()

    def _list_card(self) -> Card:
        card = Card(flush=True)
        card.set_heading(_("To review"))
        card.add_to_head(self.count)
        card.body.setSpacing(0)
        words = QHBoxLayout()
        words.setContentsMargins(theme.space(5), 0, theme.space(5), theme.space(3))
        words.addWidget(Text(_("You can keep working. Nothing is lost either way."), "body", "secondary", wrap=True))
        card.add(words)
        card.add(Rule())
        card.add(self.list, 1)
        return card

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.split = WorklistDetail(self.card, self._room, share=29)
        self.page = Rolling(self.split)
        whole.addWidget(self.page)
        self.setFocusProxy(self.list)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "page"):
            self._fit()

    def _fit(self) -> None:
        self.card.setMinimumSize(theme.grow(280), theme.grow(240))

    def keys(self) -> Sequence[Key]:
        """Sides by digit, lines by J and K."""
        pane = lambda: self.pane is not None  # noqa: E731
        several = lambda: self._facts is not None and self._facts.lines > 1  # noqa: E731
        ready = self.pane is not None and not self.pane.left
        ask = [Key("A", _("Ask someone else"), self.ask, "users", enabled=pane)] if self.desk.may("task.create") else []
        keys = [
            Key("J", _("Next"), lambda: self.list.step(1), "arrow-down", hint=True, enabled=several),
            Key("K", _("Previous"), lambda: self.list.step(-1), "arrow-up", enabled=several),
            Key("Ctrl+Return", _("Save what was chosen"), self.save, "check", ready, pane),
            Key("O", _("Open the chart"), self.open_chart, "arrow-square-out", enabled=lambda: bool(self.patient)),
            *ask,
            Key("B", _("Settle all of this kind by one rule"), self.settle_alike, "stack",
                enabled=lambda: len(self._alike()) > 1),
        ]  # fmt: skip
        for number in range(1, MOST_SIDES + 1):
            text = _("Pick side {number}").format(number=number)
            keys.append(Key(str(number), text, partial(self.pick, number), "radio-button", number == 1, pane))
        return keys

    def visit(self, route: Route) -> bool:
        """Go to a conflict of the list."""
        if not isinstance(route, ConflictInbox):
            return False
        self._wanted = route.conflict
        self.refresh()
        return True

    def refresh(self) -> None:
        """Read the list again."""
        self.desk.tasks.read(read_inbox, self._show, lambda e: self.desk.show_error(e, self.refresh), owner=self,
                             replaces="inbox")  # fmt: skip

    # what is shown

    def _show(self, facts: InboxFacts) -> None:
        first, self._facts = self._facts is None, facts
        self.count.show_face(ChipFace("conflict", str(len(facts.entries)), "git-merge"))
        self.count.setVisible(bool(facts.entries))
        wanted, self._wanted = self._wanted, None
        entry = next((e for e in facts.entries if wanted in [c.id for c in e.conflicts]), None)
        self.list.show_facts(facts, self.desk.now(), entry.key if entry else None)
        if not (facts.entries or facts.settled):
            self._show_nothing()
        self.tell()
        if first and facts.entries:
            self.list.setFocus()

    def _show_nothing(self) -> None:
        card = Card()
        card.add(EmptyState(Notice("check-circle", _("Nothing to review. Every change that met is settled."))), 1)
        self._fill(card, None)

    def _fill(self, widget: QWidget, patient: UUID | None) -> None:
        if self._shown is not None:
            self._column.removeWidget(self._shown)
            self._shown.hide()
            self._shown.deleteLater()
        self._shown = widget
        self.pane = widget if isinstance(widget, DetailPane) else None
        if isinstance(widget, DetailPane):
            self.page.unroll(widget.area)
        self._column.addWidget(widget)
        self.patient = patient
        self.tell()

    def _choose(self, subject: Entry | SettledByRule | None) -> None:
        """Open what the keyboard is on; a line that is open already stays as it is, with what was chosen in it."""
        if isinstance(subject, Entry):
            asked = subject.conflicts
            shown = self.pane is not None and self.pane.line.details.entry.conflicts == asked
            if not shown and asked != self._opening:
                self._keep_draft()
                self.pane = None  # until the chosen line is read, no key acts on the one before
                self.tell()
                opened, failed = partial(self._opened, asked), partial(self._not_opened, asked)
                self.desk.tasks.run(partial(open_line, conflict=asked[0].id), opened, failed, owner=self)
            self._opening = () if shown else asked
        elif isinstance(subject, SettledByRule):
            self._keep_draft()
            self._opening = ()
            self._fill(_settled_card(subject), subject.patient.patient if subject.patient else None)
        elif self._facts is not None:
            self._show_nothing()

    def _opened(self, asked: tuple[OpenConflict, ...], line: OpenLine) -> None:
        if asked != self._opening:
            return
        self._opening = ()
        entry = line.details.entry
        first = entry.conflicts[0]
        may = self.desk.may(RIGHT_TO_SETTLE.get(first.module, ""))
        reason = "" if may else _("the {role} settles this").format(role=role_title(first.owner_role).lower())
        chart = self.open_chart if entry.patient else None
        ask = self.ask if self.desk.may("task.create") else None
        pane = DetailPane(self.desk, line, PaneActs(self.save, self.later, ask, chart, reason))
        pane.answered.connect(self._answered)
        self._fill(pane, entry.patient.patient if entry.patient else None)
        self.desk.drafts.load(self._draft_key(line.conflict), lambda kept: self._put_back(pane, kept), owner=pane)

    def _put_back(self, pane: DetailPane, kept: dict[str, Any] | None) -> None:
        if kept:
            pane.put_back(kept)
            self.tell()

    def _answered(self) -> None:
        self._keep_draft()
        self.tell()

    def _not_opened(self, asked: tuple[OpenConflict, ...], error: ClinicError) -> None:
        if asked == self._opening:
            self._opening = ()
        if isinstance(error, NotFound):
            self.refresh()
        else:
            self.desk.show_error(error, self.refresh)

    def _changed(self, changes: Changes) -> None:
        if not changes.tables <= {"access_event", "own_outbox"}:
            self._soon.start()

    def _go_in(self) -> None:
        if self.pane is not None:
            self.pane.take_focus()

    # acts

    def pick(self, number: int) -> None:
        """Choose a side by its number."""
        assert self.pane is not None  # else the digits do nothing
        self.pane.pick(number)

    def save(self) -> None:
        """Settle the line as chosen; linking two charts is asked about first."""
        act = self.pane.ready() if self.pane is not None else None
        if self.pane is None or act is None or self.pane.save.busy:
            return
        line, run = self.pane.line, partial(self._run, self.pane, act)
        if line.details.entry.kind == PERSON_TWICE and self.pane.answers.get(WHAT) == JOIN:
            self._ask_to_link(line, self.pane.answers[WHO], run)
        else:
            run()

    def _ask_to_link(self, opened: OpenLine, goes_on: str, link: Callable[[], object]) -> None:
        number = _("Record")
        about = opened.details.entry.title
        records = {str(record.id): dict(record.facts).get(number, "") for record in opened.details.records}
        kept = records.pop(goes_on, "")
        title = _("Link {other} to {kept}?").format(other=", ".join(records.values()), kept=kept)
        text = _("{name} has one chart from then on, {kept}. Linking can be taken back in the chart's history.").format(
            name=list_name(about.name) if about.name else about.who, kept=kept
        )
        ask_first(self, title, text, _("Link the charts"), link)

    def _run(self, pane: DetailPane, act: Act) -> None:
        """Settle the line of this pane, also when another is shown by now: the act itself says what is in its way."""
        conflict = pane.line.conflict
        if self.pane is pane:
            pane.save.set_busy(True)
        left = partial(self.desk.drafts.drop, self._draft_key(conflict))
        refused = partial(self._refused, pane)
        self.desk.tasks.run(act, lambda _none: self._settled(conflict), refused, owner=self, left=left)

    def _settled(self, conflict: UUID) -> None:
        self.desk.drafts.drop(self._draft_key(conflict))
        self.desk.toast(_("Settled. The other side stays in the history."))
        self.refresh()
        if self.pane is not None and self.pane.line.conflict == conflict:  # else somebody went on to another line
            self.pane = None
            self.list.setFocus()

    def _refused(self, asked: DetailPane, error: ClinicError) -> None:
        if self.pane is not asked or not asked.show_refusal(error):
            self.desk.show_error(error, self.refresh)

    def later(self) -> None:
        """Leave it as it is; what was chosen is kept as a draft."""
        self._keep_draft()
        if not self.desk.routes.back():
            self.list.step(1)

    def ask(self) -> None:
        """Give somebody else the task to look."""
        assert self.pane is not None
        ask_someone(self.desk, self, self.pane.line.details.entry, lambda _task: self.desk.toast(_("Task given")))

    def _alike(self) -> tuple[Entry, ...]:
        return alike(self.desk, self._facts, self.pane.line.details.entry) if self.pane is not None else ()

    def settle_alike(self) -> None:
        """Settle every line of this kind by one rule, after asking which and why."""

        def done(_none: object) -> None:
            self.desk.toast(_("Settled. The other values stay in the history."))
            self.pane = None
            self.refresh()

        ask_for_all(self.desk, self, self._alike(), done)

    def open_chart(self) -> None:
        """Open the patient's chart, or their record."""
        assert self.patient is not None
        chart = self.desk.may("chart.read")
        self.desk.routes.open(PatientChart(self.patient) if chart else PatientRecord(self.patient))

    # drafts

    def _draft_key(self, conflict: UUID) -> str:
        return f"conflict {conflict}"

    def _keep_draft(self) -> None:
        if self.pane is not None and (kept := self.pane.kept()):
            self.desk.drafts.save(self._draft_key(self.pane.line.conflict), kept, _("Conflict"))

    def save_draft(self) -> None:
        """Keep what was chosen, now."""
        self._keep_draft()


def _settled_card(settled: SettledByRule) -> QWidget:
    card = Card(settled_words(settled))
    card.add_to_head(Chip("success", _("Settled by rule")))
    card.add(Text(rule_words(settled), "body", "secondary", wrap=True))
    card.add(Pairs([(_("Shows"), settled.shown), *((_("In the history"), words) for words in settled.others)]))
    card.body.addStretch(1)
    return card
