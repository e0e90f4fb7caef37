# SPDX-License-Identifier: Apache-2.0
"""What the night's check of all balances found, over the stock: a bar for each until somebody has counted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries import TaskRow
from hms_desktop.clinic.patients.service import finish_task
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme

SHOWN = 3


class StockChecks(QWidget):
    """Hidden while every balance agrees. `opened` carries the batch that a person wants to see."""

    opened = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._tasks: tuple[TaskRow, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.space(5), theme.space(3), theme.space(5), 0)
        self._column.setSpacing(theme.space(3))
        self.hide()

    def show_tasks(self, tasks: Sequence[TaskRow]) -> None:
        """Show the first of these; the others come when they are settled."""
        if tuple(tasks) == self._tasks:
            return
        self._tasks = tuple(tasks)
        clear(self._column)
        for task in self._tasks[:SHOWN]:
            self._column.addWidget(self._bar(task))
        self.setVisible(bool(self._tasks))

    def _bar(self, task: TaskRow) -> CheckBar:
        acts = (AlertAct("open", _("Show the batch")), AlertAct("settle", _("Counted…")))
        bar = CheckBar(AlertFace(task.title, "", acts=acts))
        bar.acted.connect(partial(self._act, task))
        for button in bar.buttons:
            button.setAccessibleName(f"{button.words}, {task.title}")
        return bar

    def _act(self, task: TaskRow, name: str) -> None:
        if name == "open":
            self.opened.emit(task.subject)
        else:
            self._ask_outcome(task.id, task.title)

    def _ask_outcome(self, task: UUID, title: str) -> None:
        def acts(values: dict[str, Any]) -> Any:
            return partial(finish_task, task=task, outcome=values["outcome"])

        dialog = FormDialog(self._desk, self, title, _("Finish"), acts, lambda _done: None)
        dialog.form.add(TextField("outcome", _("&What was counted"), required=True, longest=200))
        dialog.ask()
