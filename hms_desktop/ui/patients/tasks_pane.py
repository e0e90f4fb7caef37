# SPDX-License-Identifier: Apache-2.0
"""What is to be done about a patient: take it, finish it, say that it is not needed, give somebody something new."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.queries import TaskRow, tasks
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.patients import dialogs
from hms_desktop.ui.patients.record_words import role_word, task_state
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard

OPEN = ("requested", "in-progress")


class TasksPane(QWidget):
    """The tasks of one patient; Enter takes or finishes the current one."""

    def __init__(self, desk: Desk, patient: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._patient = desk, patient
        self._rows: Sequence[TaskRow] = ()
        columns = [
            Column("state", _("State"), _state_cell, 130),
            Column("title", _("Task"), lambda t: Cell(t.title, sub=role_word(t.role)), 260, 3),
            Column("due", _("Due"), self._due, 130, 1, figures="tables"),
        ]
        self.table = Table(
            columns, from_list(lambda: self._rows, None, _matches), lambda t: t.id, name=_("Tasks"), two_lines=True,
            nothing_yet=Notice("check-circle", _("Nothing is to be done about this patient.")),
        )  # fmt: skip
        self.list = ListCard(self.table, [Segment("", _("Open")), Segment("all", _("All"))])
        if desk.may("task.create"):
            self.list.add_button(Button(_("New task"), "primary", icon="plus", clicked=self.give))
        if desk.may("task.work"):
            self.list.add_button(Button(_("Not needed"), clicked=self.call_off))
            self.list.add_button(Button(_("Take or finish"), key="Enter", clicked=self.step))
        self.table.chosen.connect(lambda _task: self.step())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)

    def read(self) -> None:
        """Read the tasks again."""
        query = partial(tasks, roles=(), patient=self._patient, done=True)
        self._desk.tasks.read(query, self._show, self._desk.show_error, owner=self, replaces="tasks")

    def give(self) -> None:
        """Give a role something to do about this patient."""
        dialogs.ask_task(self._desk, self, self._patient, lambda _made: self._desk.toast(_("Task given")))

    def step(self) -> None:
        """Take the current task, or finish it when it was taken."""
        task = self.table.current_row()
        if task is None or not self._desk.may("task.work"):
            return
        if task.status == "requested":
            self._run(partial(service.take_task, task=task.id), _("Taken"))
        elif task.status == "in-progress":
            dialogs.ask_outcome(self._desk, self, task, lambda _none: self._desk.toast(_("Done")))

    def call_off(self) -> None:
        """Say that the current task is not needed."""
        task = self.table.current_row()
        if task is not None and task.status in OPEN:
            dialogs.ask_not_needed(self._desk, self, task, lambda _none: self._desk.toast(_("Called off")))

    def _run(self, act: Any, said: str) -> None:
        self._desk.tasks.run(act, lambda _none: self._desk.toast(said), self._desk.show_error, owner=self)

    def _show(self, rows: Sequence[TaskRow]) -> None:
        self._rows = rows
        self.table.reload()

    def _due(self, task: TaskRow) -> Cell:
        if task.due is None:
            return Cell()
        at = task.due.astimezone(self._desk.place.zone)
        words = f"{show_day(at.date())}, {show_time(at.time())}"
        late = task.late and task.status in OPEN
        return Cell(words, tone="warning", icon="warning-fill") if late else Cell(words)


def _state_cell(task: TaskRow) -> Cell:
    status, icon = {
        "requested": ("neutral", "circle"),
        "in-progress": ("info", "hourglass-medium"),
        "completed": ("success", "check"),
        "cancelled": ("neutral", "x"),
    }[task.status]
    return Cell(chip=ChipFace(status, task_state(task.status), icon))


def _matches(task: TaskRow, ask: Ask) -> bool:
    if ask.filter != "all" and task.status not in OPEN:
        return False
    return all(part in task.title.casefold() for part in ask.text.casefold().split())
