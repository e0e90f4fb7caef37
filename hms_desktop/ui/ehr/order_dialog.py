# SPDX-License-Identifier: Apache-2.0
"""Ordering a test into the visit's basket: found by typing, last result shown, a second order asks why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.queries import OrderRow
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.clinic.lab.queries_catalogue import LabTestRow
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.words import ago, order_chip, result_face
from hms_desktop.ui.widgets.choice_field import ChoiceField, Finds, Found, Option, RadioField, finds_in
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.result_cell import result_words
from hms_desktop.ui.widgets.text_fields import TextField

LAB = "laboratory"


def ask_order(
    desk: Desk,
    parent: QWidget,
    patient: UUID,
    encounter: UUID | None,
    done: Callable[[Any], object],
    draft: str = "",
) -> None:
    """Read what can be ordered and open the form, filled with a draft if one is named."""

    def read(reader: Any) -> tuple[list[LabTestRow], tuple[ChartResult, ...]]:
        return lab.orderable(reader), lab.chart_results(reader, patient)

    def opened(found: tuple[list[LabTestRow], tuple[ChartResult, ...]]) -> None:
        OrderDialog(desk, parent, patient, encounter, found[0], found[1], done).ask().take_up(draft)

    desk.tasks.read(read, opened, desk.show_error, owner=parent)


class OrderDialog(FormDialog):
    """One order. Ordered already: the field for why it is needed again appears, and the order waits for it."""

    def __init__(
        self,
        desk: Desk,
        parent: QWidget,
        patient: UUID,
        encounter: UUID | None,
        tests: Sequence[LabTestRow],
        results: Sequence[ChartResult],
        done: Callable[[Any], object],
    ) -> None:
        self._tests = {test.code: test for test in tests}
        self._results = {row.test: row for row in results}
        self._patient, self._encounter = patient, encounter
        super().__init__(desk, parent, _("Order a test"), _("Add to the visit"), self._action, done)
        options = [Option(t.code, t.display, _members(t, self._tests)) for t in tests]
        self.test = ChoiceField("code", _("&Test"), _named_first(options), required=True)
        urgent = [Option("routine", _("Routine")), Option("urgent", _("Urgent")), Option("stat", _("STAT"))]
        self.priority = RadioField("priority", _("How urgent"), urgent, required=True)
        self.again = TextField("again", _("Why is it needed &again"), required=True, longest=200)
        self.said = Text("", "label", "secondary", wrap=True)
        self.form.add(self.test)
        self.form.add_widget(self.said)
        self.form.add(self.priority)
        self.form.add(TextField("reason", _("&Reason, for the laboratory"), optional=True, longest=200))
        self.form.add(self.again)
        self.again.hide()
        self.said.hide()
        self.test.edited.connect(self._say_last)

    def _action(self, values: dict[str, Any]) -> Callable[[Any], Any]:
        test = self._tests[values["code"]]
        return partial(
            service.draft_order,
            patient=self._patient,
            encounter=self._encounter,
            category=LAB,
            code=test.code,
            display=test.display,
            definition=test.id,
            parts=test.parts,
            priority=values["priority"],
            reason=values["reason"],
            again=values["again"],
        )

    def _say_last(self) -> None:
        chosen = self.test.chosen
        self.again.hide()
        self.again.type_in("")
        if chosen is None:
            self.said.hide()
            return
        self._tell_results(self._tests[chosen.key])
        query = partial(queries.duplicate_orders, patient=self._patient, code=chosen.key)
        self._desk.tasks.read(query, self._warn, self._refused, owner=self, replaces="duplicates")

    def _tell_results(self, test: LabTestRow) -> None:
        codes = test.members or (test.code,)
        rows = [self._results[code] for code in codes if code in self._results]
        lines = [
            _("{result}, {time}").format(result=result_words(result_face(r)), time=ago(r.at, self._desk.now()))
            for r in rows[:3]
        ]
        self.said.setText("\n".join(lines) or _("No earlier result here."))
        self.said.show()

    def _warn(self, orders: tuple[OrderRow, ...]) -> None:
        if not orders:
            return
        state = order_chip(orders[0].status).words
        at = orders[0].placed
        time = ago(at, self._desk.now()) if at else _("in this visit")
        words = _("Ordered already: {name}, {state}, {time}. Say why it is needed again, or leave it out.")
        self.again.show()
        self.again.show_warning(words.format(name=orders[0].display, state=state.lower(), time=time))

    def _refused(self, error: ClinicError) -> None:
        if isinstance(error, service.OrderedAlready):
            self.go.set_busy(False)
            self._warn(error.orders)
            self.again.take_focus()
            return
        super()._refused(error)


def _named_first(options: Sequence[Option]) -> Finds:
    """A search in which tests that are called so stand before panels that hold them."""
    search = finds_in(options)

    def find(typed: str, found: Found) -> None:
        first = typed.casefold().strip()
        search(typed, lambda rows: found(sorted(rows, key=lambda o: not o.words.casefold().startswith(first))))

    return find


def _members(test: LabTestRow, known: dict[str, LabTestRow]) -> str:
    if not test.members:
        return test.specimen_type
    return ", ".join(known[code].display if code in known else code for code in test.members)
