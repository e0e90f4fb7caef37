# SPDX-License-Identifier: Apache-2.0
"""The timeline of a person: one list over all their charts, filtered by kind, station, time and words."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.patients.queries_history import Timeline, TimelineRow, timeline
from hms_desktop.clinic.patients.rules import kind_word
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.choice_box import ChoiceBox
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard

SHOWN = 500
GROUPS: dict[str, tuple[str, ...]] = {
    "visits": ("appointment", "arrival", "visit", "note", "procedure"),
    "results": ("order", "specimen", "result", "result_correction", "critical_call"),
    "medicines": ("prescription", "dispense"),
    "payments": ("invoice", "payment"),
    "calls": ("call", "registration", "conflict", "import"),
}
ICONS = {
    "registration": "user-plus", "appointment": "calendar-blank", "arrival": "sign-in", "visit": "stethoscope",
    "note": "note-pencil", "procedure": "bandaids", "order": "list-checks", "specimen": "eyedropper", "result": "flask",
    "result_correction": "pencil-simple", "critical_call": "phone", "prescription": "pen-nib", "dispense": "pill",
    "invoice": "receipt", "payment": "money", "call": "chats-circle", "conflict": "git-merge",
    "import": "download-simple",
}  # fmt: skip


class TimelinePane(QWidget):
    """Reads and shows a timeline; `read` reads it again."""

    def __init__(self, desk: Desk, patient: UUID, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk, self._patient = desk, patient
        self._found = Timeline((), {}, {}, False)
        columns = [
            Column("when", _("When"), self._when, 112, figures="tables", sort="at"),
            Column("kind", _("Kind"), _kind_cell, 140, 1),
            Column("what", _("What"), lambda r: Cell(tall_man(r.title), sub=r.detail or ""), 190, 4),
            Column("station", _("Station"), lambda r: Cell(r.station, tone="secondary"), 100, 1),
            Column("here", "", lambda r: Cell(chip=saved_here()) if r.saved_here else Cell(), 116),
        ]
        self.table = Table(
            columns, from_list(lambda: self._found.rows, {"at": lambda r: r.at}, _matches), lambda r: r.id,
            name=_("Timeline, events"), two_lines=True,
            nothing_yet=Notice("clock-counter-clockwise", _("Nothing has happened with this patient yet.")),
        )  # fmt: skip
        self.list = ListCard(self.table, self._segments())
        self.station = ChoiceBox(_("Station"))
        self.since = ChoiceBox(_("Since"))
        for words, days in ((_("All time"), 0), (_("Last 7 days"), 7), (_("Last 30 days"), 30), (_("Last year"), 365)):
            self.since.addItem(words, days)
        self.station.addItem(_("All stations"), None)
        for box in (self.since, self.station):
            self.list.add_button(box)
            box.activated.connect(lambda _at: self.read())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list)

    def read(self) -> None:
        """Read the timeline again, as filtered."""
        days = self.since.currentData()
        since = self._desk.now() - timedelta(days=days) if days else None
        query = partial(timeline, patient=self._patient, author=self.station.currentData(), since=since, limit=SHOWN)
        self._desk.tasks.read(query, self._show, self._desk.show_error, owner=self, replaces="timeline")

    def _show(self, found: Timeline) -> None:
        self._found = found
        known = {self.station.itemData(at) for at in range(self.station.count())}
        for author, name in found.authors.items():
            if author not in known:
                self.station.addItem(name, author)
        self.list.show_counts(self._segments())
        self.table.reload()

    def _segments(self) -> list[Segment]:
        def count(group: str) -> int:
            return sum(r.kind in GROUPS[group] for r in self._found.rows)

        return [
            Segment("", _("All"), len(self._found.rows)),
            Segment("visits", _("Visits"), count("visits")),
            Segment("results", _("Results"), count("results")),
            Segment("medicines", _("Medicines"), count("medicines")),
            Segment("payments", _("Payments"), count("payments")),
            Segment("calls", _("Contacts"), count("calls")),
        ]

    def _when(self, row: TimelineRow) -> Cell:
        at: datetime = row.at.astimezone(self._desk.place.zone)
        return Cell(show_day(at.date()), sub=show_time(at.time()))


def _kind_cell(row: TimelineRow) -> Cell:
    return Cell(chip=ChipFace("neutral", kind_word(row.kind), ICONS.get(row.kind, "circle"), plain=True))


def _matches(row: TimelineRow, ask: Ask) -> bool:
    if ask.filter and row.kind not in GROUPS[ask.filter]:
        return False
    text = f"{row.title} {row.detail or ''} {kind_word(row.kind)}".casefold()
    return all(part in text for part in ask.text.casefold().split())
