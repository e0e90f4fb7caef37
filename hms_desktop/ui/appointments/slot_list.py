# SPDX-License-Identifier: Apache-2.0
"""The list of free times: day, time, who, where, and whether a booking there is firm or to be confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.clinic.appointments.queries_slots import Slot, free_slots
from hms_desktop.core.dates import show_day, weekday_names
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column

SHOWN = 40


class SlotList(Table):
    """Free times, the first one current; `chosen` (Enter) and `current_changed` carry a Slot."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._slots: Sequence[Slot] = ()
        self._ask: dict[str, Any] = {}
        columns = [
            Column("day", _("Day"), self._day, 116, 1),
            Column("time", _("Time"), lambda s: Cell(s.time.clock, strong=True), 70, figures="tables"),
            Column("who", _("Clinician"), lambda s: Cell(s.session.clinician, sub=s.session.service), 170, 1),
            Column("place", _("Place"), lambda s: s.session.place_name or "", 90, 1),
            Column("firm", _("Booking"), lambda s: Cell(chip=firm_chip(s)), 156),
        ]
        nothing = Notice("calendar-x", _("No free time in the next weeks. Choose another clinician or the waitlist."))
        super().__init__(
            columns, from_list(lambda: self._slots), lambda s: s.id, name=_("Free times"), two_lines=True,
            nothing_yet=nothing,
        )  # fmt: skip

    def ask_for(self, *, practitioner: UUID | None, service: str | None, first_day: date | None) -> None:
        """Read the free times of a clinician or a service, from a day on."""
        self._ask = {"practitioner": practitioner, "service": service, "first_day": first_day}
        self.read()

    def read(self) -> None:
        """Read again."""
        query = partial(free_slots, limit=SHOWN, **self._ask)
        self._desk.tasks.read(query, self._show, self._desk.show_error, owner=self, replaces="slots")

    def select_slot(self, slot: UUID) -> None:
        """Make a slot current once it is read."""
        self.select(slot)

    def _show(self, slots: Sequence[Slot]) -> None:
        before = self.current_row()
        self._slots = slots
        self.reload()
        if before is None and slots and self._go_to is None:
            self.select(slots[0].id)

    def _day(self, slot: Slot) -> Cell:
        day = slot.time.starts.astimezone(self._desk.place.zone).date()
        today = self._desk.now().date()
        words = _("Today") if day == today else weekday_names()[day.weekday()]
        return Cell(words, sub=show_day(day))


def firm_chip(slot: Slot) -> ChipFace:
    """Whether this station may promise the place, or the server has to confirm it."""
    if slot.lent > 0:
        return ChipFace("success", _("Firm"), "check-circle")
    return ChipFace("local", _("To be confirmed"), "clock")
