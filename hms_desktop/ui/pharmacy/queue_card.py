# SPDX-License-Identifier: Apache-2.0
"""The queue at the counter: who waits since when, what stands in the way, who is owed something, who collected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.pharmacy.queries import QueueRow, queue
from hms_desktop.clinic.pharmacy.queries_counter import line_states
from hms_desktop.core.dates import show_minutes, show_time
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.pharmacy.words import queue_chip
from hms_desktop.ui.widgets.chip import Chip, ChipFace, saved_here
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard

GRAVEST = ("conflict", "stopped", "reason", "short", "held", "partial")
LATE_MINUTES = 20


@dataclass(frozen=True)
class QueueLine:
    """A row of the queue with the list it stands in and the word for its chip."""

    row: QueueRow
    stage: str
    state: str

    @property
    def id(self) -> tuple[UUID, UUID | None]:
        """What names it: patient and visit."""
        return self.row.patient, self.row.encounter


def read_queue(reader: Any) -> tuple[QueueLine, ...]:
    """The three lists in one, in the order in which they are worked on."""
    found = queue(reader)
    lines = []
    for stage, rows in (("todo", found.waiting), ("owing", found.owing), ("collected", found.collected)):
        for row in rows:
            state = "complete" if stage == "collected" else _gravest(reader, row)
            lines.append(QueueLine(row, stage, state))
    return tuple(lines)


def _gravest(reader: Any, row: QueueRow) -> str:
    states = set(line_states(reader, row.prescriptions).values())
    return next((state for state in GRAVEST if state in states), "not-started")


class QueueCard(QWidget):
    """The list with its segments and the chip that says how long the oldest waits."""

    def __init__(self, now: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._now = now
        self._lines: Sequence[QueueLine] = ()
        columns = [
            Column("who", _("Prescription"), self._who, 96, 3, fixed=True, wraps=True),
            Column("state", _("State"), lambda n: Cell(chip=self._chip(n)), 124, 2),
            Column("in", _("In"), lambda n: Cell(self._clock(n.row.since)), 64, end=True, figures="tables"),
        ]
        nothing = Notice("pill", _("No prescriptions wait. New ones appear here by themselves."))
        self.table = Table(
            columns, from_list(lambda: self._lines, {}, _matches), lambda n: n.id, name=_("Queue"), two_lines=True,
            nothing_yet=nothing, nothing_in=_nothing_in(nothing),
        )  # fmt: skip
        self.list = ListCard(self.table, self._segments(), _("Queue"))
        self.oldest = Chip("neutral", "")
        self.oldest.hide()
        self.list.add_to_head(self.oldest)
        self.list.columns.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)
        self.setFocusProxy(self.table)

    def show_lines(self, lines: Sequence[QueueLine]) -> None:
        """Show the queue as it is now; a first reading opens the list at "To do"."""
        first = not self._lines
        self._lines = lines
        self.list.show_counts(self._segments())
        if first:
            self.list.filter.choose("todo")
            self.table.show_only(filter="todo")
        else:
            self.table.notice_changes()
        self._say_oldest()

    def line_of(self, prescription: UUID) -> QueueLine | None:
        """The line that holds a prescription."""
        return next((line for line in self._lines if prescription in line.row.prescriptions), None)

    def go_to(self, line: QueueLine) -> None:
        """Show the list that a line stands in, with it selected."""
        if self.list.filter.current() != line.stage:
            self.list.filter.choose(line.stage)
        self.table.select(line.id)

    def _segments(self) -> list[Segment]:
        def count(stage: str) -> int:
            return sum(line.stage == stage for line in self._lines)

        return [
            Segment("todo", _("To do"), count("todo")),
            Segment("owing", _("Owing"), count("owing")),
            Segment("collected", _("Collected"), count("collected")),
        ]

    def _who(self, line: QueueLine) -> Cell:
        count = len(line.row.prescriptions)
        items = ngettext("{count} item", "{count} items", count).format(count=count)
        name, about = line.row.name, ", ".join(part for part in (items, line.row.requester) if part)
        return Cell(name.listed, about, strong=True, amended=corrected(name, "name"))

    def _chip(self, line: QueueLine) -> ChipFace:
        if line.row.saved_here and line.stage == "todo" and line.state == "not-started":
            return saved_here()
        return queue_chip(line.state)

    def _clock(self, moment: datetime) -> str:
        return show_time(moment.astimezone(self._now().tzinfo).time())

    def _say_oldest(self) -> None:
        waiting = [line.row.since for line in self._lines if line.stage == "todo"]
        self.oldest.setVisible(bool(waiting))
        if waiting:
            minutes = max(int((self._now() - min(waiting)).total_seconds() // 60), 0)
            words = _("Oldest {time}").format(time=show_minutes(minutes))
            self.oldest.show_face(ChipFace("warning" if minutes >= LATE_MINUTES else "neutral", words, "hourglass"))


def _nothing_in(todo: Notice) -> dict[str, Notice]:
    return {
        "todo": todo,
        "owing": Notice("pill", _("Nobody is owed anything.")),
        "collected": Notice("pill", _("Nothing has been collected today.")),
    }


def _matches(line: QueueLine, ask: Ask) -> bool:
    words = f"{line.row.name.listed} {line.row.name.mrn} {line.row.requester}".casefold()
    return (not ask.filter or line.stage == ask.filter) and all(w in words for w in ask.text.casefold().split())
