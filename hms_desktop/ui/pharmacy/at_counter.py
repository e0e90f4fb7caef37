# SPDX-License-Identifier: Apache-2.0
"""One patient at the counter: the lines as last read, what is picked of them, which is current. No widgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hms_desktop.clinic.patients.queries import Banner
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.pharmacy.queries import SupplyRow
from hms_desktop.clinic.pharmacy.queries_counter import Counter, CounterLine
from hms_desktop.ui.pharmacy import kept
from hms_desktop.ui.pharmacy.prepared import Prepared, can_be_picked, open_lines


class AtCounter:
    """The patient whose lines are shown; another patient is another one of these."""

    def __init__(self, counter: Counter, who: Banner, second_needed: bool) -> None:
        self.prepared: dict[UUID, Prepared] = {}
        self.current: UUID | None = None
        self.take(counter, who, second_needed)

    def take(self, counter: Counter, who: Banner, second_needed: bool) -> None:
        """The same patient was opened again; what is picked stays."""
        self.counter, self.who, self.second_needed = counter, who, second_needed

    def read_again(self, counter: Counter) -> None:
        """The lines are as another hand left them: only what can still be picked stays picked."""
        self.counter = counter
        self._keep(self.prepared)

    def restore(self, content: Mapping[str, Any]) -> None:
        """Pick again what was kept as a draft, as far as it still can be; what is picked by now comes first."""
        if not self.prepared:
            self._keep(kept.from_draft(content))

    def _keep(self, prepared: Mapping[UUID, Prepared]) -> None:
        still = {line.medicine.id for line in self.pickable}
        self.prepared = {id: line for id, line in prepared.items() if id in still}

    @property
    def patient(self) -> UUID:
        """Whose chart it is."""
        return self.who.name.patient

    @property
    def name(self) -> PatientName:
        """What the patient is called."""
        return self.who.name

    @property
    def waiting(self) -> list[CounterLine]:
        """The lines that something is still owed of."""
        return open_lines(self.counter.lines)

    @property
    def pickable(self) -> list[CounterLine]:
        """The waiting lines that nothing stands in the way of."""
        return [line for line in self.waiting if can_be_picked(line)]

    @property
    def picked(self) -> list[tuple[CounterLine, Prepared]]:
        """The lines that are picked, each with what is picked of it."""
        lines = self.counter.lines
        return [(line, self.prepared[line.medicine.id]) for line in lines if line.medicine.id in self.prepared]

    @property
    def line(self) -> CounterLine | None:
        """The current line; None when the patient has none."""
        return next((line for line in self.counter.lines if line.medicine.id == self.current), None)

    def picked_of(self, line: CounterLine) -> Prepared | None:
        """What is picked of a line."""
        return self.prepared.get(line.medicine.id)

    @property
    def standing_supply(self) -> SupplyRow | None:
        """The latest hand-over that nobody took back."""
        return next((row for row in self.counter.supplied_before if row.void_reason is None), None)

    def supply_of(self, line: CounterLine) -> SupplyRow | None:
        """The latest hand-over of a line that nobody took back."""
        rows = self.counter.supplied_before
        return next((r for r in rows if r.prescription == line.medicine.id and r.void_reason is None), None)

    def settle_current(self) -> None:
        """Some line is current: the first that can be picked, else the first that waits, else the first."""
        if self.line is None:
            best = next(iter([*self.pickable, *self.waiting, *self.counter.lines]), None)
            self.current = best.medicine.id if best else None

    def pick(self, line: CounterLine, found: Prepared) -> None:
        """A line is picked; the next that can be and is not becomes current."""
        self.prepared[line.medicine.id] = found
        left = [one for one in self.pickable if one.medicine.id not in self.prepared]
        self.current = left[0].medicine.id if left else line.medicine.id
