# SPDX-License-Identifier: Apache-2.0
"""The less usual ways at the bench: a key that can't act says why, who only collects, two reports, rivals, drafts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.ui.desk import Page
from hms_desktop.ui.lab.label_check import LabelCheck
from hms_desktop.ui.lab.refill import refill_correction
from hms_desktop.ui.routes import CriticalCalls, LabWorklist, PatientChart, PatientRecord
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.clinic.lab.laboratory import Laboratory
from tests.ui.lab.seat import CTRL, Key, Seat
from tests.ui.lab.test_scans import collect_here

Sits = Any
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def toasts(seat: Seat) -> list[str]:
    """What the window said in passing, from now on."""
    told: list[str] = []
    seat.page.desk.toast = lambda words, *_undo: told.append(words)
    return told


def to_list(seat: Seat) -> None:
    """The keyboard in the list."""
    seat.page.list.table.view.setFocus()
    seat.until(seat.page.list.table.view.hasFocus)


def test_a_key_that_can_do_nothing_says_why(lab: Laboratory, sits: Sits) -> None:
    tube = lab.collected(lab.ordered(lab.patient("Smit", "Rina")))[0]
    seat = sits(lab.technologist)
    for _twice in (1, 2):  # the second time it is open already
        seat.open(tube.specimen, "collected")
        seat.until(seat.page.list.scan.hasFocus)
        assert seat.page.list.scan.placeholderText() == f"Scan the label of {tube.accession}"
    to_list(seat)
    for key, told in ((Key.Key_N, "No order of this patient waits for a specimen."),
                      (Key.Key_E, "No value is entered here yet.")):  # fmt: skip
        seat.key(key)
        seat.until(lambda told=told: seat.refused == told)
    seat.key(Key.Key_V)
    seat.key(Key.Key_P, CTRL)
    assert QApplication.activeModalWidget() is None and seat.refused == told, "nothing to verify, no report yet"

    lab.do(service.receive, tube.accession, who=lab.technologist)
    lab.do(service.relabel, tube.specimen, "Label torn", who=lab.technologist)
    seat.key(Key.Key_F5)
    seat.shows(tube.specimen, "replaced")
    seat.finish()
    assert QApplication.activeModalWidget() is None and seat.refused == told, "a replaced tube has no next step"
    assert not seat.page.visit(CriticalCalls()), "another place has its own screen"


def test_values_are_reopened_or_corrected_by_who_may(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    made = lab.entered(specimen, order, NA="140", K="4.2", CL="101", UREA="5", CREA="80")
    lab.verified(*made)
    seat = sits(lab.technologist)
    seat.open(specimen, "release")
    assert seat.page.detail.hold.text() == "A laboratory physician releases it."
    seat.key(Key.Key_E)
    sodium, potassium = seat.page.detail.grid.lines[:2]
    seat.until(sodium.value.hasFocus)
    seat.write("141")
    seat.key(Key.Key_Down)
    assert not potassium.value.isVisible(), "only the value that was asked for is open"
    seat.finish()
    seat.until(lambda: lab.sheet(order).lines[0].result.value == Decimal(141))  # type: ignore[union-attr]
    lab.verified(lab.sheet(order).lines[0].result.id)  # type: ignore[union-attr]
    lab.do(service.release, order, who=lab.verifier)
    seat.key(Key.Key_F5)
    seat.shows(specimen, "released")
    to_list(seat)
    seat.key(Key.Key_E)
    seat.until(lambda: seat.refused == "Your role can't do this step. Ask the laboratory.")


def test_arrows_move_between_values_and_a_refused_save_is_said_in_place(lab: Laboratory, sits: Sits) -> None:
    specimen = lab.received(lab.ordered(lab.patient("Nel"), "UE"))
    waiting = lab.patient("Smit")
    lab.ordered(waiting)
    seat = sits(lab.technologist)
    seat.open(specimen, "received")
    lines = seat.page.detail.grid.lines
    seat.until(lines[0].value.hasFocus)
    seat.key(Key.Key_Down)
    assert lines[1].value.hasFocus()
    seat.write("4.2")
    seat.key(Key.Key_Up)
    assert lines[0].value.hasFocus()
    told = toasts(seat)
    seat.page.list.table.select(waiting)
    seat.until(lambda: seat.page.patient == waiting)
    assert len(told) == 1 and told[0].startswith("Draft kept for"), "who leaves half typed work is told that it is kept"
    seat.open(specimen, "received")
    seat.until(lambda: lines_of(seat)[1].value.text() == "4.2")
    lab.do(service.reject, specimen, "RH", "", who=lab.technologist)
    seat.finish()
    seat.until(lambda: "not received" in seat.refused)
    assert lab.ask(queries.bench, specimen).sheets[0].lines[1].result is None


def lines_of(seat: Seat) -> list[Any]:
    """The lines of the result table."""
    return seat.page.detail.grid.lines


def test_with_two_reports_the_person_chooses_one(lab: Laboratory, sits: Sits) -> None:
    patient = lab.patient()
    orders = [lab.ordered(patient, code) for code in ("K", "UE")]
    specimen = lab.received(*orders)
    made = [*lab.entered(specimen, orders[0], K="4.2")]
    made += lab.entered(specimen, orders[1], NA="140", K="4.2", CL="101", UREA="5", CREA="80")
    lab.verified(*made)
    for order in orders:
        lab.do(service.release, order, who=lab.verifier)
    seat = sits(lab.verifier)
    seat.open(specimen, "released")
    seat.key(Key.Key_P, CTRL)
    seat.until(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [act.text() for act in menu.actions()] == ["Potassium", "Urea and electrolytes"]
    QTest.keyClick(menu, Key.Key_Up)
    QTest.keyClick(menu, Key.Key_Return)
    seat.dialog(PrintPreview)
    seat.key(Key.Key_Escape)
    seat.alone()


def test_what_two_benches_entered_is_settled_by_naming_the_mistake(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient())
    specimen = lab.received(order)
    row = lab.row(LabResult, lab.entered(specimen, order, K="4.2")[0])
    lab.add(
        LabResult, order=order, specimen=specimen, patient=row.patient, test="K", definition=row.definition, version=1,
        value=Decimal("4.4"), unit="mmol/L", flag="N", critical=False, delta_exceeded=False, status="preliminary",
        entered_by=lab.second.person.id, resulted_at=lab.later(minutes=1),
    )  # fmt: skip
    seat = sits(lab.technologist)
    seat.open(specimen)
    line = seat.page.detail.grid.lines[0]
    assert line.plain.text() == "4.2 / 4.4" and not line.editable
    assert line.note.text() == "Entered on two benches: mark the wrong value as a mistake."
    line.button.setFocus()
    seat.key(Key.Key_Space)
    assert seat.dialog(FormDialog).accessibleName() == "Mark Potassium 4.2 mmol/L as a mistake?"
    seat.enter("First run, air in the tube")
    seat.alone()
    seat.until(lambda: not lab.sheet(order).lines[0].rivals)
    assert lab.sheet(order).lines[0].result.value == Decimal("4.4")  # type: ignore[union-attr]


def test_who_only_collects_goes_on_with_the_list(lab: Laboratory, sits: Sits) -> None:
    lab.received(lab.ordered(lab.patient("Nel", "Willem")))
    waiting = lab.patient("Smit", "Rina")
    lab.ordered(waiting)
    seat = sits(lab.nurse)
    assert [line.id for line in seat.page._facts.lines] == [waiting], "nothing of the bench"
    form = collect_here(seat, 0, 1)
    orders = form.form.fields["orders"]
    orders.setFocus()
    seat.finish()
    box = seat.dialog(LabelCheck)
    seat.enter(box.tubes[0].accession)
    seat.finish()
    seat.alone()
    seat.until(lambda: seat.page._facts.lines == ())
    seat.until(lambda: seat.page.patient is None)
    assert seat.page.detail.facts is None


def test_a_tube_whose_label_is_wrong_is_rejected_from_the_check(lab: Laboratory, sits: Sits) -> None:
    lab.ordered(lab.patient("Nel", "Willem"))
    foreign = lab.collected(lab.ordered(lab.patient("Smit", "Rina")))[0]
    seat = sits(lab.technologist)
    seat.page.list.table.select(next(line.id for line in seat.page._facts.lines if line.plan is not None))
    collect_here(seat, 0, 1)
    seat.finish()
    box = seat.dialog(LabelCheck)
    own = box.tubes[0]
    seat.enter(foreign.accession)
    seat.until(lambda: box.stop is not None and box.stop.buttons[2].isVisible())
    box.take_scan(own.accession)
    assert not box.checked, "no scan counts before the stop is settled"
    assert box.stop is not None
    box.stop.buttons[2].setFocus()
    seat.key(Key.Key_Space)
    form = seat.dialog(FormDialog)
    assert form.form.fields["code"].shown() == "Label does not match the patient"
    seat.finish()
    seat.alone()
    seat.shows(own.specimen, "rejected")
    seat.scan(own.accession)
    seat.until(lambda: "was rejected" in seat.said)
    to_list(seat)
    seat.open(foreign.specimen)
    seat.scan(own.accession)
    seat.until(lambda: "was rejected" in seat.said and seat.page.list.said.buttons[0].isVisible())
    seat.page.list.said.buttons[0].setFocus()
    seat.key(Key.Key_Space)
    seat.shows(own.specimen, "rejected")


def test_a_half_told_call_is_there_again_and_needs_a_way_for_who_was_not_reached(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "K", "stat")
    specimen = lab.received(order)
    result = lab.entered(specimen, order, K="7.1")[0]
    seat = sits(lab.technologist)
    seat.open(specimen, "critical")
    panel = seat.page.detail.call
    panel.missed.setFocus()
    seat.key(Key.Key_Space)
    seat.until(panel.way.line.hasFocus)
    assert panel.way.error, "how it was tried is asked for first"
    seat.write("pho")
    seat.until(panel.way.list.isVisible)
    seat.key(Key.Key_Return)
    panel.read_back.take_focus()
    seat.write("7.")
    seat.page.save_draft()
    seat.page.desk.drafts.flush()

    again = sits(lab.technologist)
    again.open(specimen, "critical")
    again.until(lambda: again.page.detail.call.read_back.typed() == "7.")
    assert again.page.detail.call.way.shown() == "Phone"
    lab.do(service.void_result, result, "Wrong tube", who=lab.technologist)
    again.page.detail.call.read_back.take_focus()
    again.write("1")
    again.finish()
    again.until(again.workstation.window.frame.error.isVisible)


def test_a_line_of_the_list_opens_what_the_person_may_read(lab: Laboratory, sits: Sits) -> None:
    patient = lab.patient()
    lab.received(lab.ordered(patient))
    for who, place in ((lab.technologist, PatientRecord(patient)), (lab.verifier, PatientChart(patient))):
        seat = sits(who)
        routes = seat.workstation.desk.routes
        for kind in (PatientRecord, PatientChart):
            routes.register(kind, lambda desk, _route: Page(desk))
        to_list(seat)
        seat.key(Key.Key_O, CTRL)
        seat.until(lambda routes=routes, place=place: routes.current == place)


def test_the_bench_opens_at_a_scanned_code(lab: Laboratory, sits: Sits) -> None:
    tube = lab.collected(lab.ordered(lab.patient()))[0]
    seat = sits(lab.technologist)
    routes = seat.workstation.desk.routes
    routes.open(CriticalCalls())
    routes.open(LabWorklist(scan=tube.accession))
    seat.page = seat.workstation.window.shown
    seat.shows(tube.specimen, "received")


def test_an_answer_in_words_is_corrected_by_choosing_another(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "MALS")
    specimen = lab.received(order)
    (first, _flag), (other, _other) = lab.sheet(order).lines[0].test.answers[:2]
    seat = sits(lab.technologist)
    seat.open(specimen, "received")
    line = seat.page.detail.grid.lines[0]
    seat.until(line.value.hasFocus)
    seat.key(Key.Key_Down)
    seat.until(line.value.list.isVisible)
    seat.key(Key.Key_Return)
    seat.until(lambda: line.value.text() == first)
    assert _unchanged(lab, order)
    seat.finish()
    seat.until(lambda: lab.sheet(order).lines[0].result is not None)
    made = lab.sheet(order).lines[0].result
    assert made is not None and made.text == first
    lab.verified(made.id)
    lab.do(service.release, order, who=lab.verifier)
    physician = sits(lab.verifier)
    physician.open(specimen, "released")
    physician.key(Key.Key_E)
    box = physician.dialog(FormDialog)
    physician.write(other[:6])
    physician.until(box.form.fields[made.test].list.isVisible)
    physician.key(Key.Key_Return)
    box.form.fields["reason"].take_focus()
    physician.enter("Read again")
    physician.alone()
    physician.until(lambda: lab.sheet(order).lines[0].result.text == other)  # type: ignore[union-attr]


def _unchanged(lab: Laboratory, order: UUID) -> bool:
    return lab.sheet(order).lines[0].result is None


@dataclass(frozen=True)
class Wrote:
    """One record of refused work."""

    values: dict[str, Any]
    table: str = "lab_result"
    new: bool = True
    record: UUID | None = None


@pytest.mark.parametrize(("code", "value", "wrote"), [("K", "4.2", {"value": Decimal("4.6")}), ("MALS", "", {})])
def test_a_refused_correction_is_its_form_again(
    lab: Laboratory, sits: Sits, code: str, value: str, wrote: dict[str, Any]
) -> None:
    order = lab.ordered(lab.patient(), code)
    specimen = lab.received(order)
    test = lab.sheet(order).lines[0].test
    first: Any = Decimal(value) if value else test.answers[0][0]
    wrote = wrote or {"text_value": test.answers[1][0]}
    result = lab.do(service.enter_results, specimen, order, {test.code: first}, who=lab.technologist)[0]
    lab.verified(result)
    written = Wrote({"specimen": specimen, "replaces": result, "reason": "Read again", **wrote})
    assert lab.ask(refill_correction, 7, [written]) is None, "it is not out"
    lab.do(service.release, order, who=lab.verifier)
    assert lab.ask(refill_correction, 7, [Wrote({"specimen": result, "replaces": result})]) is None
    found = lab.ask(refill_correction, 7, [written])
    seat = sits(lab.verifier)
    seat.workstation.drafts.save(found.key, found.content, found.title)
    seat.workstation.desk.routes.open(found.route)
    box = seat.dialog(FormDialog)
    seat.until(lambda: box.form.fields["reason"].typed() == "Read again")
    seat.finish()
    seat.alone()
    (right,) = wrote.values()
    seat.until(lambda: newest(lab, order) == right)


def newest(lab: Laboratory, order: UUID) -> Any:
    """The value of an order that stands."""
    row = lab.sheet(order).lines[0].result
    assert row is not None
    return row.value if row.value is not None else row.text
