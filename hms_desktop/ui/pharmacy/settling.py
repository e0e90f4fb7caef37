# SPDX-License-Identifier: Apache-2.0
"""What stands in the way at the counter is settled: go on for a reason, ask the prescriber, ask about allergies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from hms_desktop.clinic.ehr import service_allergies as allergies
from hms_desktop.clinic.pharmacy.queries_counter import CounterLine, LineAlert
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Page
from hms_desktop.ui.pharmacy import dialogs
from hms_desktop.ui.pharmacy.alert_stack import Ways
from hms_desktop.ui.pharmacy.at_counter import AtCounter
from hms_desktop.ui.routes import ConflictInbox


class Settling:
    """The ways on from an alert; `again` opens the patient at the counter anew."""

    def __init__(self, desk: Desk, page: Page, again: Callable[[], object]) -> None:
        self._desk, self._page, self._again = desk, page, again

    def ways(self, at: AtCounter) -> Ways:
        """What an alert of this patient can be answered with."""
        return Ways(
            ask=self.ask_prescriber, go_on=partial(self._go_on, at), settle=self.settle,
            none_known=partial(self._none_known, at), record=partial(self._record, at),
            could_not_ask=partial(self._could_not_ask, at),
        )  # fmt: skip

    def ask_prescriber(self, line: CounterLine) -> None:
        """Send a question about a line to its prescriber."""
        dialogs.ask_prescriber(self._desk, self._page, line, lambda _id: self._desk.toast(_("The question was sent.")))

    def _go_on(self, at: AtCounter, line: CounterLine, alert: LineAlert) -> None:
        dialogs.ask_go_on(self._desk, self._page, line, alert, at.second_needed, lambda _id: self._again())

    def settle(self, *_line: object) -> None:
        """To the inbox, where somebody chooses between two versions."""
        self._desk.routes.open(ConflictInbox())

    def _none_known(self, at: AtCounter) -> None:
        act = partial(allergies.state_no_allergies, patient=at.patient)
        self._desk.tasks.run(act, lambda _id: self._again(), self._failed, owner=self._page)

    def _record(self, at: AtCounter) -> None:
        dialogs.ask_allergy(self._desk, self._page, at.patient, lambda _id: self._again())

    def _could_not_ask(self, at: AtCounter) -> None:
        first = at.waiting[0].medicine.id  # the reason stands for the patient; a line that waits carries it
        dialogs.ask_could_not(self._desk, self._page, first, lambda _id: self._again())

    def _failed(self, error: ClinicError) -> None:
        self._desk.show_error(error, self._page.refresh)
