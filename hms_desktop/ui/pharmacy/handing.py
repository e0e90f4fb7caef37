# SPDX-License-Identifier: Apache-2.0
"""Handing over at the counter: the question that names it, witness or reason where one is needed, undo, label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.clinic.pharmacy import service
from hms_desktop.clinic.pharmacy.queries import SupplyRow
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Page
from hms_desktop.ui.pharmacy import dialogs, kept
from hms_desktop.ui.pharmacy.at_counter import AtCounter
from hms_desktop.ui.pharmacy.counter_pane import CounterPane
from hms_desktop.ui.pharmacy.prepared import Prepared, hand_over_of, judged, largest_part, pick_proposed
from hms_desktop.ui.pharmacy.words import amount
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.patient_amended import birth_day, full_name


class Handing:
    """What leaves the counter and what comes back; `again` opens the patient at the counter anew."""

    def __init__(self, desk: Desk, page: Page, pane: CounterPane, again: Callable[[], object]) -> None:
        self._desk, self._page, self._pane, self._again = desk, page, pane, again

    def hand_over(self, at: AtCounter) -> None:
        """Hand over everything that is picked, after a question that names it."""
        if self._pane.hand_over.busy:
            return
        picked = at.picked
        doubts = [verdict.why or "" for verdict in (judged(*one) for one in picked) if not verdict.firm]
        facts = [(tall_man(line.medicine.display), amount(found.quantity, line)) for line, found in picked]
        make = partial(_asked, picked, self._pane.tell.told() or None)
        if any(line.item is not None and line.item.controlled for line, _found in picked):
            dialogs.ask_witness(
                self._desk, self._page, full_name(at.name), facts, doubts, make, partial(self._witnessed, at)
            )
        elif doubts:
            dialogs.ask_override(self._desk, self._page, doubts, make, partial(self._handed_over, at))
        else:
            self._ask(at, facts, lambda: self._do(at, make(None)))

    def _ask(self, at: AtCounter, facts: Sequence[tuple[str, str]], act: Callable[[], object]) -> None:
        count = ngettext("Hand over {count} medicine", "Hand over {count} medicines", len(facts))
        ask_first(
            self._page, _("Hand over to {name}?").format(name=full_name(at.name)),
            _("Born {born}, record {record}. Ask for both before you hand over.").format(
                born=birth_day(at.name), record=at.name.mrn),
            count.format(count=len(facts)), act, facts=facts,
        )  # fmt: skip

    def _do(self, at: AtCounter, asked: list[service.HandOver]) -> None:
        self._pane.hand_over.set_busy(True)
        act = partial(service.dispense_several, hand_overs=asked)
        left = partial(self._desk.drafts.drop, kept.draft_key(at.patient))
        done = partial(self._handed_over, at)
        self._desk.tasks.run(act, done, self._not_handed_over, owner=self._page, left=left)

    def _handed_over(self, at: AtCounter, made: list[UUID]) -> None:
        self._tell(at, made, partial(self._desk.tasks.run, partial(_undo, dispenses=tuple(made))))

    def _witnessed(self, at: AtCounter, made: list[UUID]) -> None:
        self._tell(at, made, None)

    def _tell(self, at: AtCounter, made: list[UUID], undo: Callable[[], object] | None) -> None:
        self._pane.hand_over.set_busy(False)
        at.prepared = {}
        self._desk.drafts.drop(kept.draft_key(at.patient))
        words = ngettext("{count} medicine handed over", "{count} medicines handed over", len(made))
        self._desk.toast(words.format(count=len(made)), undo)
        self._again()

    def _not_handed_over(self, error: ClinicError) -> None:
        self._pane.hand_over.set_busy(False)
        self._desk.show_error(error, self._page.refresh)
        self._again()

    def take_back(self, row: SupplyRow) -> None:
        """Take a hand-over back."""
        dialogs.ask_take_back(
            self._desk, self._page, row.id, tall_man(row.display), lambda _id: self._again(), controlled=row.controlled
        )

    def print_label(self, at: AtCounter, line: CounterLine) -> None:
        """The label of a line; once it is collected, that of the last hand-over: a copy when it was printed before."""
        if line.fill.owing > 0:
            ready = at.picked_of(line) or pick_proposed(line, largest_part(line), self._desk.now().date())
            show_paper(
                self._desk, self._page, "prepared-label", line.medicine.id, quantity=ready.quantity, picks=ready.picks
            )
        elif (row := at.supply_of(line)) is not None:
            show_paper(self._desk, self._page, "medicine-label", row.id)


def _asked(
    picked: Sequence[tuple[CounterLine, Prepared]], told: str | None, reason: str | None
) -> list[service.HandOver]:
    """What was picked and told when it was asked whether it leaves the counter."""
    return [
        replace(hand_over_of(line.medicine.id, found, reason, told), seen_dose=line.medicine.dose_line)
        for line, found in picked
    ]


def _undo(unit: Any, dispenses: tuple[UUID, ...]) -> None:
    service.reverse_several(unit, dispenses=dispenses, reason=_("Undone at the counter"))
