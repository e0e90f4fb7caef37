# SPDX-License-Identifier: Apache-2.0
"""Picking at the counter: by scan or by eye, a part of it, from another batch for a reason, and putting it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from hms_desktop.clinic.pharmacy import service
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Page
from hms_desktop.ui.pharmacy import dialogs, kept
from hms_desktop.ui.pharmacy.at_counter import AtCounter
from hms_desktop.ui.pharmacy.counter_pane import CounterPane
from hms_desktop.ui.pharmacy.prepared import (
    Prepared,
    can_be_picked,
    largest_part,
    leaves_order,
    pick_proposed,
    pick_scanned,
)


class Picking:
    """Each act is about one line of the patient at the counter; `show` shows the lines as they are now."""

    def __init__(self, desk: Desk, page: Page, pane: CounterPane, show: Callable[[], object]) -> None:
        self._desk, self._page, self._pane, self._show = desk, page, pane, show

    def scan(self, code: str, at: AtCounter, line: CounterLine) -> None:
        """Pick from the pack that was scanned; a pack that proves nothing picks nothing and says why."""
        self._pane.pick.say("")
        self._call_for_rest(line)
        if not can_be_picked(line):
            self._pane.pick.say(_("Settle the alert of this line first."))
            return
        known = at.picked_of(line)
        try:
            scan, found = pick_scanned(
                line, code, known.quantity if known else largest_part(line), self._desk.now().date()
            )
        except BadInput as error:
            self._pane.pick.say(str(error))
            return
        if found is None:
            self._pane.pick.say(scan.problem or "")
            self._desk.announce(scan.problem or "")
        else:
            self._take(at, line, found)

    def by_eye(self, at: AtCounter, line: CounterLine) -> None:
        """Pick the batches that expire first, checked by eye; nothing of a line that is collected."""
        if line.fill.owing <= 0:
            return
        self._call_for_rest(line)
        if not can_be_picked(line):
            self._pane.pick.say(_("Settle what stands in the way of this line first."))
            return
        self._take(at, line, pick_proposed(line, largest_part(line), self._desk.now().date()))

    def part(self, at: AtCounter, line: CounterLine) -> None:
        """Choose a smaller (or, by override, larger) quantity."""
        if not can_be_picked(line):
            self.by_eye(at, line)
            return
        today = self._desk.now().date()
        dialogs.ask_part(
            self._desk, self._page, line, lambda quantity: self._take(at, line, pick_proposed(line, quantity, today))
        )

    def put_back(self, at: AtCounter, line: CounterLine) -> None:
        """Undo the pick."""
        if at.prepared.pop(line.medicine.id, None) is not None:
            self._keep(at)
            self._show()

    def _call_for_rest(self, line: CounterLine) -> None:
        """Who picks wants to supply: what another counter holds and has not used is on its way by the hand-over."""
        if (line.fill.owing > (line.lent or 0) or line.short) and self._desk.may("dispense.supply"):
            call = partial(service.call_for_rest, patient=line.medicine.patient, prescription=line.medicine.id)
            self._desk.tasks.run(call, None, self._failed, owner=self._page)

    def _take(self, at: AtCounter, line: CounterLine, found: Prepared) -> None:
        if leaves_order(line, found, self._desk.now().date()) and not found.batch_reason:
            took = lambda reason: self._took(at, line, replace(found, batch_reason=reason))  # noqa: E731
            dialogs.ask_batch_reason(self._desk, self._page, line, found.picks[0].lot, took)
        else:
            self._took(at, line, found)

    def _took(self, at: AtCounter, line: CounterLine, found: Prepared) -> None:
        at.pick(line, found)
        self._pane.pick.say("")
        self._keep(at)
        self._desk.announce(_("{medicine} picked").format(medicine=line.medicine.display))
        self._show()

    def _keep(self, at: AtCounter) -> None:
        self._desk.drafts.save(kept.draft_key(at.patient), kept.as_draft(at.prepared), _("Dispensing"))

    def _failed(self, error: ClinicError) -> None:
        self._desk.show_error(error, self._page.refresh)
