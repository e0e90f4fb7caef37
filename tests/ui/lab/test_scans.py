# SPDX-License-Identifier: Apache-2.0
"""Labels by keyboard and scanner: collecting, printing, checking, receiving, rejecting, and what a code is."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.queries import Bench
from hms_desktop.clinic.lab.service import Collected
from hms_desktop.core.clock import SetClock
from hms_desktop.documents import printing
from hms_desktop.ui.lab.bench_facts import BenchList, read_list
from hms_desktop.ui.lab.label_check import LabelCheck
from hms_desktop.ui.lab.ticks_field import TicksField
from hms_desktop.ui.widgets.alerts import StopPanel
from hms_desktop.ui.widgets.choice_field import RadioField
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.print_preview import PrintPreview
from hms_desktop.ui.widgets.toggles import Tick
from tests.clinic.lab.laboratory import Laboratory
from tests.desk import MONDAY_09_00
from tests.ui.lab.seat import CTRL, Key, Seat

Sits = Any


def bench_of(lab: Laboratory, specimen: UUID) -> Bench:
    return lab.ask(queries.bench, specimen)


def specimens_of(lab: Laboratory) -> list[UUID]:
    return [row.specimen for row in lab.ask(queries.worklist)]


def ticks_of(form: FormDialog) -> list[Tick]:
    """The ticks of what was checked with the patient."""
    field = form.form.fields["identified"]
    assert isinstance(field, TicksField)
    return field.boxes


def collect_here(seat: Seat, *checked: int) -> FormDialog:
    """Enter on the first line opens the form; the n-th identifiers are ticked by Tab and Space."""
    table = seat.page.list.table
    seat.until(table.view.hasFocus)
    seat.until(lambda: table.current_row() is not None)
    seat.key(Key.Key_Return)
    box: FormDialog = seat.dialog(FormDialog)
    for at in range(5):
        seat.until(ticks_of(box)[at].hasFocus)
        if at in checked:
            seat.key(Key.Key_Space)
        seat.key(Key.Key_Tab)
    return box


def test_collecting_fills_the_fewest_tubes_and_shows_their_labels(lab: Laboratory, sits: Sits, tmp_path: Path) -> None:
    patient = lab.patient("Nel", "Willem")
    lab.ordered(patient, "UE", "urgent")
    lab.ordered(patient, "K")
    lab.ordered(patient, "HBA1C")
    seat = sits(lab.technologist)
    assert seat.page.patient in (None, patient)
    collect_here(seat, 0, 1)
    seat.finish()
    box = seat.dialog(LabelCheck)
    assert [(t.container, len(t.orders)) for t in box.tubes] == [("gel tube", 2), ("EDTA tube", 1)]
    seat.key(Key.Key_L, CTRL)
    page = seat.dialog(PrintPreview)
    page.save_to(tmp_path / "label.pdf")
    seat.until(lambda: lab.ask(printing.was_printed, "specimen-label", box.tubes[0].specimen))
    seat.key(Key.Key_Escape)
    seat.dialog(LabelCheck)
    for tube in list(box.tubes):
        seat.key(Key.Key_F3)
        seat.enter(tube.accession)
    assert box.checked == {tube.accession for tube in box.tubes}
    seat.finish()
    seat.alone()
    seat.shows(box.tubes[0].specimen, "collected")
    assert seat.page.patient == patient


@pytest.mark.hazard("H09")
@pytest.mark.accepts("LAB-03")
def test_a_label_that_does_not_match_stops_the_work(lab: Laboratory, sits: Sits) -> None:
    """Mismatch stops; missing identifiers, no label and a mismatch lead to a way out; a new label is on record."""
    lab.ordered(lab.patient("Nel", "Willem"))
    foreign = lab.collected(lab.ordered(lab.patient("Smit", "Rina")))[0]
    seat = sits(lab.technologist)
    seat.page.list.table.select(next(line.id for line in seat.page._facts.lines if line.plan is not None))
    one_identifier_is_not_enough(seat, [foreign.specimen])
    box = seat.dialog(LabelCheck)
    own = box.tubes[0]
    seat.enter(foreign.accession)
    stop_at_the_tube(seat, box, f"the tube carries {foreign.accession}, but this is {own.accession}")
    new = make_a_new_label(seat, box)
    last = bench_of(lab, own.specimen).custody[-1]
    assert (last.step, last.by, last.reason) == ("relabelled", "Palesa Kgosi", "Label torn")
    seat.key(Key.Key_F3)
    seat.enter(new.accession)
    seat.finish()
    seat.alone()
    seat.scan(own.accession)
    seat.until(lambda: "old label that was replaced" in seat.said)

    seat.shows(new.specimen, "collected")
    another_patients_tube_is_rejected(seat, foreign.accession, new.accession)
    assert bench_of(lab, foreign.specimen).reject_code == "RM"
    seat.shows(new.specimen, "collected")
    the_unlabelled_tube_is_rejected(seat)
    assert seat.shows(new.specimen, "rejected").bench.reject_code == "RI"
    assert "Its orders wait for a new specimen" in seat.page.detail.head.reason.text()


def one_identifier_is_not_enough(seat: Seat, there: list[UUID]) -> None:
    form = collect_here(seat, 0)
    seat.finish()
    seat.until(lambda: form.wrong.isVisible())
    assert form.wrong.text().startswith("Check two identifiers with the patient")
    assert specimens_of(seat.lab) == there, "nothing is collected on one identifier"
    ticks_of(form)[1].setFocus()
    seat.key(Key.Key_Space)
    seat.finish()


def stop_at_the_tube(seat: Seat, box: LabelCheck, reason: str) -> None:
    seat.until(lambda: isinstance(box.stop, StopPanel))
    assert box.stop is not None
    seat.until(box.stop.buttons[2].isVisible)
    assert reason in box.stop.face.reason
    assert not box.finish.isEnabled()
    assert not box.scan.isEnabled()
    seat.key(Key.Key_Escape)
    seat.finish()
    assert box.isVisible(), "a stop is settled, not escaped"


def make_a_new_label(seat: Seat, box: LabelCheck) -> Collected:
    """Tab to the second way on, say why, look at the new label."""
    own = box.tubes[0]
    seat.key(Key.Key_Tab)
    seat.key(Key.Key_Space)
    seat.dialog(FormDialog)
    seat.enter("Label torn")
    seat.dialog(PrintPreview)
    seat.key(Key.Key_Escape)
    seat.dialog(LabelCheck)
    assert box.tubes[0].accession != own.accession
    return box.tubes[0]


def another_patients_tube_is_rejected(seat: Seat, foreign: str, own: str) -> None:
    """Receiving for one patient, a tube of another stops everything until it is settled."""
    seat.page.detail.main.setFocus()
    seat.finish()
    seat.until(seat.page.list.scan.hasFocus)
    seat.enter(foreign)
    seat.until(lambda: seat.page.list.stopped)
    said = seat.page.list.said
    assert isinstance(said, StopPanel)
    seat.until(said.buttons[1].isVisible)
    assert "belongs to another patient" in said.face.reason
    seat.page.scanned(own)
    assert seat.page.list.stopped, "no scan counts before the stop is settled"
    seat.key(Key.Key_Tab)
    seat.key(Key.Key_Space)
    reject = seat.dialog(FormDialog)
    assert reject.form.fields["code"].shown() == "Label does not match the patient"
    seat.finish()
    seat.alone()


def the_unlabelled_tube_is_rejected(seat: Seat) -> None:
    seat.page.list.table.view.setFocus()
    seat.key(Key.Key_R)
    reasons = seat.dialog(FormDialog).form.fields["code"]
    assert isinstance(reasons, RadioField)
    next(button for button in reasons.buttons if "Label missing" in button.text()).setFocus()
    seat.key(Key.Key_Space)
    seat.finish()
    seat.alone()


@pytest.mark.accepts("LAB-25")
def test_no_two_stations_make_one_number_and_every_other_code_is_named(
    lab: Laboratory, sits: Sits, tmp_path: Path
) -> None:
    """Two stations without a line give different numbers; foreign, old, mistyped and other codes say what they are."""
    folder = tmp_path / "other"
    folder.mkdir()
    elsewhere = Laboratory(folder, author=2, clock=SetClock(MONDAY_09_00))
    made: list[str] = []
    for one in (elsewhere, lab):
        one.ordered(one.patient("Nel", "Willem"))
        seat = sits(one.technologist, one)
        collect_here(seat, 0, 1)
        seat.finish()
        box = seat.dialog(LabelCheck)
        made.append(box.tubes[0].accession)
        seat.finish()
        seat.alone()
    assert made[0] != made[1]
    assert made[0].split("-")[1] != made[1].split("-")[1], "the station's code stands in the number"

    own = made[1]
    wrong = own[:-1] + ("A" if own[-1] != "A" else "B")
    said = {
        made[0]: "is a specimen of this clinic that is not on this device yet",
        wrong: "has a wrong check character",
        lab.desk.do(_record_number): "is a patient's record number, not a specimen",
        lab.desk.do(_receipt_number): "is a number of this clinic, but not a specimen's",
        "6001234567899": "is a product code",
        "QX-77/1": "is not one of our labels",
    }
    for code, words in said.items():
        seat.scan(code)
        seat.until(lambda words=words: words in seat.said)

    old = lab.received(lab.ordered(lab.patient("Smit", "Rina")))
    accession = bench_of(lab, old).accession
    lab.do(service.reject, old, "RH", "", who=lab.technologist)
    seat.scan(accession)
    seat.until(lambda: "was rejected 23-Nov-2026 09:00: Haemolysed" in seat.said)
    assert bench_of(lab, old).status == "unsatisfactory", "nothing changes by a scan that is refused"
    elsewhere.close()


def _record_number(unit: Any) -> str:
    unit.action = "test.number"
    return str(unit.number("MRN"))


def _receipt_number(unit: Any) -> str:
    unit.action = "test.number"
    return str(unit.number("RCT"))


def test_a_scanner_is_heard_wherever_the_keyboard_is(lab: Laboratory, sits: Sits) -> None:
    first = lab.received(lab.ordered(lab.patient("Nel", "Willem"), "UE"))
    tube = lab.collected(lab.ordered(lab.patient("Smit", "Rina")))[0]
    seat = sits(lab.technologist)
    seat.open(first)
    seat.until(seat.page.detail.grid.lines[0].value.hasFocus)
    seat.enter("140")
    seat.enter(tube.accession)
    seat.shows(tube.specimen, "received")
    seat.open(first)
    seat.until(lambda: seat.page.detail.grid.typed())
    assert list(seat.page.detail.grid.typed().values()) == ["140"], "what was typed is kept, without the code"


def test_a_nurse_who_collects_sees_what_waits_and_nothing_of_the_bench(lab: Laboratory, sits: Sits) -> None:
    lab.received(lab.ordered(lab.patient("Nel", "Willem")))
    waiting = lab.patient("Smit", "Rina")
    lab.ordered(waiting)
    facts = lab.ask(_only_to_collect, who=lab.nurse)
    assert [line.id for line in facts.lines] == [waiting]


def _only_to_collect(reader: Any) -> BenchList:
    return read_list(reader, bench_too=False)
