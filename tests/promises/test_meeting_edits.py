# SPDX-License-Identifier: Apache-2.0
"""Two desks edit one patient apart: what can merge merges, what can't is shown side by side, facts only add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Observation, Prescription
from hms_desktop.clinic.inventory.model import StockMove
from hms_desktop.clinic.lab.model import LabResult, Specimen
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.core.ids import is_human_number
from hms_desktop.storage.records import REGISTRY
from hms_desktop.ui.routes import (
    BillingDesk,
    ConflictInbox,
    LabWorklist,
    PatientChart,
    PatientRecord,
    StockList,
)
from installer.day import hands
from tests.promises import bench_scene as scene
from tests.promises import till as cash
from tests.promises.forms import asked, finish
from tests.promises.places import settled
from tests.promises.seats import Seat, ServedClinic, rows_of, served, words_of
from tests.promises.test_counter import hand_over, opened
from tests.promises.test_units_and_dates import type_vitals
from tests.promises.whole_visit import DOCTOR, STATION, Visit, furnish, see_a_patient

FACTS: tuple[Any, ...] = (Observation, LabResult, Payment, StockMove, Dispense)
OTHER, COLLEAGUE = "Pharmacy 2", "t.mbeki"


@dataclass(frozen=True)
class Facts:
    """What is written at one of the desks."""

    pulse: str
    potassium: str
    paid: str
    lot: str


AT_A, AT_B = Facts("88", "4.9", "50", "LATE1"), Facts("91", "4.7", "60", "LATE2")


@pytest.fixture
def met(tmp_path: Path, qapp: QApplication) -> Iterator[tuple[ServedClinic, Visit, Seat, Seat]]:
    """A whole visit that two workstations know, two doctors, and no server."""
    with served(tmp_path, qapp) as clinic:
        furnish(clinic)
        clinic.server.start()
        clinic.station(STATION, "all", DOCTOR)
        visit = see_a_patient(clinic, STATION)
        clinic.station(OTHER, "all", COLLEAGUE)
        clinic.server.kill()
        yield clinic, visit, clinic.sit(STATION, DOCTOR), clinic.sit(OTHER, COLLEAGUE)


@pytest.mark.hazard("H22")
@pytest.mark.accepts("X-02")
@pytest.mark.accepts("X-05")
def test_fields_merge_doses_wait_for_a_person_and_facts_add_up(
    met: tuple[ServedClinic, Visit, Seat, Seat],
) -> None:
    clinic, visit, a, b = met
    before = {fact: ids(a, fact) for fact in FACTS}
    edits_details(a, visit, {"Given names": "Amara Ngozi"}, "As on her passport")
    edits_details(b, visit, {"Language": "Igbo"})
    for seat, often, why, facts in (
        (a, "morning", "Less to swallow", AT_A), (b, "every 12", "Fever not down", AT_B),
    ):  # fmt: skip
        type_vitals(seat, visit, {"Pulse": facts.pulse})
        changes_dose(seat, visit, often, why)
        add_facts(seat, visit, facts)
    numbers_are_of_the_station(a, b)
    apart = [{fact: ids(seat, fact) - before[fact] for fact in FACTS} for seat in (a, b)]
    clinic.server.start()
    clinic.meet(a, b)
    for seat in (a, b):
        hands.until(lambda s=seat: s.says("conflicts") == "1 conflict to review", "only the dose waits", 60)  # type: ignore[misc]
        row = seat.ask(lambda r: r.get(Patient, visit.patient))
        assert (row.given, row.language) == ("Amara Ngozi", "Igbo")
        for fact in FACTS:
            assert ids(seat, fact) == before[fact] | apart[0][fact] | apart[1][fact], fact
    both_deliveries_stand(a, b)
    side_by_side(a, b, visit)


def both_deliveries_stand(a: Seat, b: Seat) -> None:
    """In the windows of both desks: each delivery on its shelf."""
    for seat, here, there in ((a, AT_A, AT_B), (b, AT_B, AT_A)):
        shelves = seat.sit_down().window.shown
        hands.until(partial(lies, shelves, here.lot), f"{here.lot} lies here")
        turns_to(shelves, there.lot)


def turns_to(shelves: Any, lot: str) -> None:
    """Go on from place to place until this lot lies there."""
    for _place in shelves._facts.places:
        if lies(shelves, lot):
            return
        before = shelves._facts.place
        hands.press("N")
        hands.until(lambda before=before: shelves._facts.place != before, "the next place is shown")  # type: ignore[misc]
    raise AssertionError(f"{lot} lies nowhere")


def lies(shelves: Any, lot: str) -> bool:
    """Whether the list of stock has a row of this lot, with what was delivered."""
    return any(f"| {lot}" in row and "| 10" in row for row in rows_of(shelves.table))


def tale(table: Any) -> None:
    """Two hand-overs, two specimens and two receipts of today, one from each desk."""

    def told() -> bool:
        rows = rows_of(table)
        return all(
            any(words in row and desk in row for row in rows)
            for words in ("doxycycline, 1 tablet", "Specimen ACC", "Receipt RCT", "dose changed")
            for desk in (STATION, OTHER)
        )

    hands.until(told, "the timeline has what both desks wrote")


def edits_details(seat: Seat, visit: Visit, typed: dict[str, str], why: str = "") -> None:
    """E on the record, other words in some fields, and why where something is written over."""
    settled(seat.sit_down(), PatientRecord(visit.patient))
    hands.press("E")
    hands.await_field("Family name")
    for name, words in typed.items():
        hands.tab_to(name)
        hands.clear_field()
        hands.type_text(words)
    if why:
        hands.tab_to("Why, if something is corrected")
        hands.type_text(why)
    finish(seat)


def changes_dose(seat: Seat, visit: Visit, often: str, why: str) -> None:
    """Another frequency for the doxycycline, in the chart."""
    settled(seat.sit_down(), PatientChart(visit.patient, "medicines"))
    hands.to_list("Medicines")
    hands.row_of("doxycycline")
    hands.press("Return")
    asked("Change the dose of")
    hands.tab_to("How often")
    hands.clear_field()
    hands.pick(often)
    hands.tab_to("Reason for the change")
    hands.type_text(why)
    finish(seat)


def numbers_are_of_the_station(a: Seat, b: Seat) -> None:
    """Tubes and receipts that both desks numbered alone: each with its own code, its own counter, a check character."""
    for record, column, series in ((Specimen, "accession", "ACC"), (Payment, "number", "RCT")):
        given = [{str(getattr(row, column)) for row in rows_here(seat, record)} for seat in (a, b)]
        new = given[0] - given[1], given[1] - given[0]
        codes = [{number.split("-")[1] for number in numbers} for numbers in new]
        assert [len(numbers) for numbers in new] == [1, 1] and codes[0] != codes[1], new
        assert all(is_human_number(number, series) for numbers in given for number in numbers)


def rows_here(seat: Seat, record: Any) -> list[Any]:
    """All rows of a table at a desk."""
    return seat.ask(lambda r: r.rows(select(record.__table__)))


def add_facts(seat: Seat, visit: Visit, one: Facts) -> None:
    """A result of the same test, a hand-over, its payment and a delivery, all of them by hand."""
    add_result(seat, visit, one.potassium)
    hands_over(seat, visit)
    takes_money(seat, visit, one.paid)
    takes_delivery(seat, one.lot)


def hands_over(seat: Seat, visit: Visit) -> None:
    """One tablet of the prescription that is open at both counters."""
    opened(seat, visit.prescription)
    hands.press("S")
    asked("Supply part of")
    hands.type_text("1")
    finish(seat)
    hand_over(seat)


def takes_money(seat: Seat, visit: Visit, amount: str) -> None:
    """What was done here is invoiced, and some cash is taken for it."""
    page = settled(seat, BillingDesk(patient=visit.patient))
    hands.until(lambda: page.view.account is not None and page.view.is_draft, "the account is open")
    cash.issue(seat)
    hands.until(lambda: not page.view.is_draft, "it is issued")
    seat.rests()
    cash.take(seat, "F7", amount)
    cash.finish(seat)


def takes_delivery(seat: Seat, lot: str) -> None:
    """Ten more of the medicine."""
    shelves = settled(seat, StockList())
    hands.until(lambda: bool(shelves._rows()), "the stock is shown")
    hands.to_list("Stock, batches")
    hands.press("Alt+R")
    asked("Receive at")
    hands.press("Ctrl+A")
    hands.pick("doxycycline")
    for name, words in (("Lot", lot), ("Expires", "+9m"), ("Quantity", "10")):
        hands.tab_to(name)
        hands.type_text(words)
    finish(seat)


def add_result(seat: Seat, visit: Visit, value: str) -> None:
    """Potassium once more, from the order to the value: both desks measure it without knowing of each other."""
    test = next(test for test in seat.ask(orderable) if test.code == "K")
    order = partial(ehr.draft_order, category="laboratory", code="K", display=test.display, definition=test.id)
    asked = seat.do(lambda unit: order(unit, visit.patient, priority="urgent", again="Changed since the morning"))
    seat.do(partial(ehr.place_order, order=asked))
    before = {row.id for row in rows_here(seat, Specimen)}
    collects(seat, "OKONKWO")
    (tube,) = (row for row in rows_here(seat, Specimen) if row.id not in before)
    scene.types_values(seat, tube.accession, [value])
    seat.rests()


def collects(seat: Seat, listed: str) -> None:
    """At the bench list: two identifiers are asked of the patient, the tube gets its number."""
    settled(seat.sit_down(), LabWorklist())
    hands.press("F3")
    hands.tab_to("Bench worklist")
    hands.row_of(listed)
    hands.press("Return")
    asked("Collect from")
    for checked in ("Full name", "Birth date"):
        hands.tab_to(checked)
        hands.press("Space")
    hands.press("Ctrl+Return")
    asked("Label the tubes")
    finish(seat)


def ids(seat: Seat, fact: Any) -> frozenset[UUID]:
    """Every fact of a kind; none of them has groups that could be changed."""
    assert {group.policy.name for group in REGISTRY[fact.__tablename__].groups.values()} == {"once"}
    assert not any(seat.ask(lambda r: [r.heads(fact, row.id) for row in r.rows(select(fact.id))]))
    return frozenset(row.id for row in seat.ask(lambda r: r.rows(select(fact.id))))


def side_by_side(a: Seat, b: Seat, visit: Visit) -> None:
    """The inbox shows both doses with who and where; one is chosen, the other stays in the history."""
    a.sit_down()
    page: Any = settled(a, ConflictInbox())
    hands.until(lambda: page.pane is not None, "the conflict is opened")
    sides = ("Nadia Haddad", "Thabo Mbeki", STATION, OTHER, "Less to swallow", "Fever not down")
    hands.until(lambda: all(words in words_of(page) for words in sides), "who, where and why, on both sides")
    a.sit_down()
    page.list.setFocus()
    tiles = page.pane.grid.rows["dose"]
    hands.press(str(1 + [" 12 " in tile.words for tile in tiles].index(True)))
    hands.until(lambda: page.pane.reason.line.hasFocus(), "everything is chosen")
    hands.press("Ctrl+Return")
    hands.until(lambda: a.says("conflicts") == "", "it is settled here")
    hands.until(lambda: b.says("conflicts") == "", "and there", 60)
    kept = [s.ask(lambda r: r.get(Prescription, visit.prescription)).frequency for s in (a, b)]
    assert kept[0] == kept[1]
    written = {v.values.get("frequency") for v in a.ask(lambda r: r.history(Prescription, visit.prescription))}
    assert {"morning", "12h"} <= written, "nothing was lost"
    record: Any = settled(b.sit_down(), PatientRecord(visit.patient))
    tale(record.timeline.table)
    hands.press("Ctrl+3")
    hands.until(lambda: any("Amara Ngozi" in row for row in rows_of(record.history.table)), "the history has it")
