# SPDX-License-Identifier: Apache-2.0
"""The bell: what needs this person (conflicts, changes held back), then the small news that has gone by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries import TaskRow, own_tasks
from hms_desktop.clinic.patients.service import finish_task
from hms_desktop.core.changes import Changes
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.appointments.todo_card import TodoCard
from hms_desktop.ui.desk import Desk, Page
from hms_desktop.ui.routes import ConflictInbox, PatientRecord, Route, SyncDetails
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.notices import Message, Notices
from hms_desktop.ui.shell.sync_facts import SyncFacts
from hms_desktop.ui.shell.words import day_words, time_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.states import EmptyState
from hms_desktop.ui.widgets.states import Notice as Nothing
from hms_desktop.ui.widgets.theme import theme


class MessageListScreen(Page):
    """Opening the list marks every message as seen."""

    def __init__(self, desk: Desk, notices: Notices, facts: SyncFacts) -> None:
        super().__init__(desk)
        self.title = _("Messages")
        self.context = _("Since you signed in")
        needs = [
            (
                facts.conflicts,
                ngettext("{count} conflict to review", "{count} conflicts to review", facts.conflicts),
                _("Open conflicts"),
                ConflictInbox(),
            ),
            (
                facts.held_back,
                ngettext("{count} change held back", "{count} changes held back", facts.held_back),
                _("Open sync details"),
                SyncDetails(),
            ),
        ]
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.space(5), theme.space(5), theme.space(5), theme.space(5))
        column.setSpacing(theme.space(4))
        for count, words, verb, route in needs:
            if count and desk.routes.knows(type(route)):
                column.addWidget(self._need(words.format(count=count), verb, route))
        self.todo = TodoCard(self._open_task, self._finish)
        column.addWidget(self.todo)
        messages = list(notices.messages)
        if messages:
            card = Card(_("News"))
            for message in messages:
                card.body.addWidget(self._line(message))
            column.addWidget(card)
            column.addStretch(1)
        elif not any(count for count, *_rest in needs):
            column.addWidget(EmptyState(Nothing("bell", _("Nothing has happened that you would need to know."))), 1)
        else:
            column.addStretch(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPane(inner, name=_("News since you signed in")))
        notices.mark_seen()
        desk.tasks.changed.connect(self._changed)
        self.refresh()

    def refresh(self) -> None:
        """Read again what is to be done by this person by name."""
        if self.desk.may("task.work"):
            self.desk.tasks.read(own_tasks, self._show_tasks, self.desk.show_error, owner=self, replaces="own")

    def _show_tasks(self, tasks: Sequence[TaskRow]) -> None:
        self.todo.show_tasks(tasks, self.desk.now())
        self.todo.set_heading(_("To do by you"), str(len(tasks)))

    def _changed(self, changes: Changes) -> None:
        if changes.touch("task"):
            self.refresh()

    def _open_task(self, task: TaskRow) -> None:
        if task.patient is not None:
            self.desk.routes.open(PatientRecord(task.patient.patient, "tasks"))

    def _finish(self, task: TaskRow) -> None:
        self.desk.tasks.run(partial(finish_task, task=task.id), None, self.desk.show_error, owner=self)

    def _need(self, words: str, verb: str, route: Route) -> Notice:
        notice = Notice("warning", "git-merge")
        notice.say(words)
        notice.set_buttons(Button(verb, clicked=lambda: self.desk.routes.open(route)))
        return notice

    def _line(self, message: Message) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(5))
        today = message.at.date() == self.desk.now().date()
        when = time_words(message.at) if today else f"{day_words(message.at)} {time_words(message.at)}"
        row.addWidget(Text(when, "body", "secondary", figures="tables"))
        row.addWidget(Text(message.text, "body" if message.seen else "bodyStrong", wrap=True), 1)
        return line
