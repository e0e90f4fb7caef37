# SPDX-License-Identifier: Apache-2.0
"""A specimen goes over the bench by keyboard alone: received, entered, phoned, verified, released, corrected."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.service_results import SEPARATE_DUTIES
from hms_desktop.core.errors import Refused
from hms_desktop.documents import printing
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.ui.lab.result_row import Struck
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.clinic.ehr.practice import by_role
from tests.clinic.lab.laboratory import Laboratory
from tests.ui.lab.seat import CTRL, Key, Seat

Sits = Any


def values_of(lab: Laboratory, order: UUID) -> dict[str, Decimal | None]:
    return {line.test.code: line.result.value for line in lab.sheet(order).lines if line.result is not None}


def phone(seat: Seat, value: str) -> None:
    """F4, the way from the list, the time that stands there, the value read back."""
    panel = seat.page.detail.call
    assert panel is not None
    seat.key(Key.Key_F4)
    seat.until(panel.way.line.hasFocus)
    seat.write("pho")
    seat.until(panel.way.list.isVisible)
    seat.key(Key.Key_Return)
    seat.key(Key.Key_Tab)
    seat.until(panel.at.line.hasFocus)
    seat.key(Key.Key_Tab)
    seat.until(panel.read_back.line.hasFocus)
    seat.write(value)
    seat.finish()


def release_shown(seat: Seat) -> None:
    """Ctrl+Enter asks; the safe button has the keyboard; the other one is one Tab away."""
    seat.finish()
    box = seat.dialog(Confirm)
    assert box.stay.hasFocus()
    seat.key(Key.Key_Tab)
    seat.until(box.go.hasFocus)
    seat.key(Key.Key_Space)
    seat.alone()


def verified_by_a_colleague(second: Seat, specimen: UUID) -> None:
    """The normal values together, the critical one by itself; then it is the physician's turn."""
    second.open(specimen, "verify")
    assert second.page.detail.main.words == "Verify 4 results"
    second.finish()
    second.until(lambda: second.page.detail.main.words == "Verify Potassium")
    second.finish()
    second.until(lambda: all(row.technical for row in second.shows(specimen).results))
    assert second.page.detail.hold.text() == "A laboratory physician verifies it medically."


def released_by_the_physician(physician: Seat, specimen: UUID) -> None:
    """Both again, medically; then the report goes out."""
    physician.open(specimen, "verify")
    physician.finish()
    physician.until(lambda: physician.page.detail.main.words == "Verify Potassium medically")
    physician.finish()
    physician.shows(specimen, "release")
    physician.until(lambda: physician.page.detail.main.words == "Release the report")
    release_shown(physician)
    physician.shows(specimen, "released")


def test_a_critical_potassium_goes_from_scan_to_release_by_keyboard(lab: Laboratory, sits: Sits) -> None:
    patient = lab.patient("Hendricks", "Paul", sex="male", born="1960-09-02")
    order = lab.ordered(patient, "UE", "stat")
    tube = lab.collected(order)[0]
    bench = sits(lab.technologist)
    bench.scan(tube.accession.lower())
    bench.shows(tube.specimen, "received")
    grid = bench.page.detail.grid
    bench.until(grid.lines[0].value.hasFocus)
    assert bench.page.patient == patient
    bench.enter("140")
    bench.enter("7.1")
    bench.until(lambda: bench.page.detail.call is not None)
    assert values_of(lab, order) == {"NA": Decimal(140), "K": Decimal("7.1")}, "a critical value is saved at once"
    panel = bench.page.detail.call
    assert panel is not None
    assert panel.told.shown() == "Thabo Mbeki"
    assert panel.read_back.is_empty(), "the value read back is never filled in"
    assert panel.clock.face.words == "Call by 09:30"
    for value in ("101", "5.5", "80"):
        bench.enter(value)
    bench.finish()
    bench.until(lambda: len(values_of(lab, order)) == 5)
    phone(bench, "1.7")
    bench.until(lambda: panel.read_back.error)
    assert bench.page.detail.call is panel, "it stays until the same value is read back"
    bench.write("7.1")
    bench.finish()
    bench.until(lambda: bench.page.detail.call is None)
    assert lab.ask(queries.critical_open, who=lab.technologist) == []
    bench.shows(tube.specimen, "verify")
    assert not bench.page.detail.main.isEnabled()
    assert bench.page.detail.hold.text() == "You entered Sodium yourself. A colleague has to verify it."

    verified_by_a_colleague(sits(lab.second), tube.specimen)
    released_by_the_physician(sits(lab.verifier), tube.specimen)
    assert [row.critical for row in lab.ask(queries.inbox, who=lab.doctor)] == [True]


@pytest.mark.accepts("LAB-11")
def test_two_steps_by_two_people_and_together_only_what_is_normal(lab: Laboratory, sits: Sits) -> None:
    """Technical before medical, nobody their own, bulk for normal values only; the policy is a setting."""
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    lab.entered(specimen, order, NA="140", K="5.9", CL="101", UREA="5", CREA="80")

    own = sits(lab.technologist)
    own.open(specimen, "verify")
    assert not own.page.detail.main.isEnabled()
    assert "A colleague has to verify it." in own.page.detail.hold.text()
    own.finish()
    own.until(lambda: own.refused)
    assert own.refused == "You entered Sodium yourself. A colleague has to verify it."
    line = own.page.detail.grid.lines[1]
    line.button.setFocus()
    own.key(Key.Key_Space)
    own.until(lambda: "Potassium" in own.refused)
    assert not any(row.technical for row in own.shows(specimen).results)

    both = sits(lab.verifier)
    both.open(specimen, "verify")
    assert both.page.detail.main.words == "Verify 4 results", "potassium is high: it is looked at by itself"
    both.finish()
    both.until(lambda: both.page.detail.main.words == "Verify Potassium")
    both.finish()
    both.until(lambda: all(row.technical for row in both.shows(specimen).results))
    assert not any(row.medical for row in both.shows(specimen).results)
    assert both.page.detail.hold.text() == ("You verified Sodium technically. A colleague has to verify it medically.")
    other = by_role("Anna Meyer", "lab_verifier")
    with pytest.raises(Refused, match="not normal"):
        lab.do(service.validate, [row.id for row in both.shows(specimen).results], who=other)

    lab.add(SiteSetting, site="", key=SEPARATE_DUTIES, value=False)
    alone = sits(lab.verifier)
    alone.open(specimen, "verify")
    assert alone.page.detail.main.words == "Verify 4 results medically"
    alone.finish()
    alone.until(lambda: alone.page.detail.main.words == "Verify Potassium medically")
    alone.finish()
    alone.shows(specimen, "release")


def test_an_impossible_value_is_refused_where_it_stands(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    bench = sits(lab.technologist)
    bench.open(specimen, "received")
    lines = bench.page.detail.grid.lines
    bench.until(lines[0].value.hasFocus)
    bench.enter("140")
    bench.enter("71")
    potassium = lines[1]
    assert potassium.value.hasFocus(), "the keyboard stays"
    assert potassium.note.text().startswith("Potassium 71 mmol/L is not possible.")
    assert potassium.value.accessibleDescription() == potassium.note.text()
    bench.finish()
    assert values_of(lab, order) == {}, "nothing is saved while one value can't be"
    bench.enter("7x")
    assert "is not a number" in potassium.note.text()
    bench.enter("4,15")
    assert potassium.note.text() == "Kept as 4.2"
    assert lines[2].value.hasFocus()
    bench.finish()
    bench.until(lambda: values_of(lab, order) == {"NA": Decimal(140), "K": Decimal("4.2")})


def test_half_typed_values_come_back_to_their_author_only(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "UE")
    specimen = lab.received(order)
    first = sits(lab.technologist)
    first.open(specimen, "received")
    first.until(first.page.detail.grid.lines[0].value.hasFocus)
    first.enter("140")
    first.write("4.")
    assert first.page.detail.draft.face.words == "Draft saved here 09:00"

    other = sits(lab.second)
    other.open(specimen, "received")
    assert other.page.detail.grid.typed() == {}

    again = sits(lab.technologist)
    again.open(specimen, "received")
    again.until(lambda: again.page.detail.grid.lines[0].value.text() == "140")
    assert again.page.detail.grid.lines[1].value.text() == "4."
    assert values_of(lab, order) == {}


def test_who_is_not_reached_gives_way_to_the_next_with_a_new_clock(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "K", "stat")
    specimen = lab.received(order)
    lab.entered(specimen, order, K="7.1")
    lab.later(minutes=5)
    bench = sits(lab.technologist)
    bench.open(specimen, "critical")
    panel = bench.page.detail.call
    assert panel is not None
    bench.until(panel.way.line.hasFocus)
    bench.write("rad")
    bench.until(panel.way.list.isVisible)
    bench.key(Key.Key_Return)
    panel.missed.setFocus()
    bench.key(Key.Key_Space)
    bench.until(lambda: panel.told.shown() == "Sipho Nel")
    assert panel.clock.face.words == "Call by 09:15"
    assert panel.read_back.is_empty()
    assert not lab.ask(queries.critical_open, who=lab.technologist)[0].result.calls[0].reached
    lab.later(minutes=20)
    panel.show_clock()
    assert panel.clock.face.words == "Call overdue by 10 min"


def test_who_went_on_scanning_keeps_the_keyboard_when_the_call_is_written_down(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient(), "K", "stat")
    specimen = lab.received(order)
    lab.entered(specimen, order, K="7.1")
    bench = sits(lab.technologist)
    bench.open(specimen, "critical")
    panel = bench.page.detail.call
    assert panel is not None
    bench.until(panel.way.line.hasFocus)
    bench.write("rad")
    bench.until(panel.way.list.isVisible)
    bench.key(Key.Key_Return)
    panel.missed.setFocus()
    bench.key(Key.Key_Space)
    bench.key(Key.Key_F3)
    bench.until(panel.at.is_empty)
    assert bench.page.list.scan.hasFocus(), "the next call is begun by whoever goes there"
    bench.key(Key.Key_F4)
    panel.read_back.take_focus()
    bench.write("1.7")
    bench.finish()
    bench.key(Key.Key_F3)
    bench.until(lambda: panel.read_back.error)
    assert bench.page.list.scan.hasFocus()


def test_a_critical_value_stays_in_sight_beside_other_work(lab: Laboratory, sits: Sits) -> None:
    order = lab.ordered(lab.patient("Hendricks", "Paul"), "K", "stat")
    specimen = lab.received(order)
    other = lab.received(lab.ordered(lab.patient("Smit", "Rina"), "K"))
    lab.entered(specimen, order, K="7.1")
    bench = sits(lab.technologist)
    bench.open(other)
    bench.until(lambda: bench.page.room.alarm is not None)
    assert bench.page.room.alarm.face.reason == "Potassium 7.1 mmol/L, Hendricks, Paul, call by 09:30"
    bench.key(Key.Key_F4)
    bench.shows(specimen, "critical")
    bench.until(lambda: bench.page.room.alarm is None)


@pytest.mark.accepts("X-03")
def test_a_corrected_value_is_struck_and_everybody_is_told_again(lab: Laboratory, sits: Sits) -> None:
    patient = lab.patient("Hendricks", "Paul")
    order, result, release = lab.released(patient, "4.2")
    lab.do(service.acknowledge, release, "noted", who=lab.doctor)
    specimen = lab.ask(queries.result, result).specimen
    bench = sits(lab.verifier)
    bench.open(specimen, "released")
    bench.page.detail.grid.lines[0].button.setFocus()
    bench.key(Key.Key_E)
    bench.dialog(FormDialog)
    bench.enter("5.4")
    bench.enter("Tubes were mixed up")
    bench.alone()
    bench.until(lambda: bench.shows(specimen).bench.sheets[0].changed)
    line = bench.page.detail.grid.lines[0]
    struck = line._older[0].accessibleName()
    assert struck.startswith("4.2 mmol/L no longer stands: corrected")
    assert struck.endswith("Tubes were mixed up")
    assert line._older[0].findChild(Struck) is not None
    new = lab.sheet(order).lines[0].result
    assert new is not None
    other = by_role("Anna Meyer", "lab_verifier")
    lab.do(service.verify, [new.id], who=lab.second)
    lab.do(service.validate, [new.id], who=other)
    bench.until(lambda: bench.page.detail.main.words == "Release corrected report")
    bench.page.detail.main.setFocus()
    release_shown(bench)
    bench.until(lambda: bench.shows(specimen).releases[0].version == 2)
    assert bench.shows(specimen).releases[0].waiting_for == ("Thabo Mbeki",), "told again, must acknowledge again"
    assert lab.ask(queries.inbox, who=lab.doctor)[0].corrected


def test_a_report_printed_before_says_copy(lab: Laboratory, sits: Sits, tmp_path: Path) -> None:
    patient = lab.patient()
    _order, result, release = lab.released(patient)
    specimen = lab.ask(queries.result, result).specimen
    bench = sits(lab.technologist)
    bench.open(specimen, "released")
    bench.key(Key.Key_P, CTRL)
    box = bench.dialog(PrintPreview)
    box.save_to(tmp_path / "report.pdf")
    bench.until(lambda: lab.ask(printing.was_printed, "lab-report", release))
    bench.key(Key.Key_Escape)
    bench.alone()
    found = lab.do(printing.preview, kind="lab-report", subject=release, who=lab.technologist)
    assert found.copy
