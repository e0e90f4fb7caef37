# SPDX-License-Identifier: Apache-2.0
"""What the front desk has to do: the tasks of the role, the overdue first, each with its next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries import TaskRow
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.theme import theme

SHOWN = 5


class TodoCard(Card):
    """Tasks with “Open” and “Done”; hidden while there are none."""

    def __init__(self, opens: Callable[[TaskRow], object], done: Callable[[TaskRow], object] | None) -> None:
        super().__init__(_("To do"))
        self._opens, self._done = opens, done
        self._rows = QVBoxLayout()
        self._rows.setSpacing(theme.space(3))
        self.add(self._rows)
        self.hide()

    def show_tasks(self, tasks: Sequence[TaskRow], now: datetime) -> None:
        """Show the first of these tasks, and how many more there are."""
        clear(self._rows)
        for task in tasks[:SHOWN]:
            self._rows.addWidget(self._row(task, now))
        more = len(tasks) - SHOWN
        if more > 0:
            words = ngettext("{n} more", "{n} more", more).format(n=more)
            self._rows.addWidget(Text(words, "label", "secondary"))
        self.set_heading(_("To do"), str(len(tasks)) if tasks else "")
        self.setVisible(bool(tasks))

    def _row(self, task: TaskRow, now: datetime) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(task.title, "body", "warning" if task.late else "primary", wrap=True))
        who = list_name(task.patient) if task.patient else ""
        about = ", ".join(part for part in (who, _due(task, now)) if part)
        if about:
            words.addWidget(Text(about, "label", "secondary", wrap=True))
        row.addLayout(words, 1)
        buttons = [Button(_("Open"), clicked=partial(self._opens, task))]
        if self._done is not None:
            buttons.append(Button(_("Done"), "quiet", clicked=partial(self._done, task)))
        for button in buttons:
            button.setAccessibleName(f"{button.words}, {task.title}")
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        return box


def _due(task: TaskRow, now: datetime) -> str:
    if task.due is None:
        return ""
    at = task.due.astimezone(now.tzinfo)
    when = show_time(at.time()) if at.date() == now.date() else show_day(at.date())
    return _("overdue since {when}").format(when=when) if task.late else _("due {when}").format(when=when)
