# SPDX-License-Identifier: Apache-2.0
"""Charges follow what was done: once each, with their source, and one that was taken off never comes back by itself."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing.model import Charge, ChargeVoid
from hms_desktop.clinic.ehr.model import Encounter, Order, Procedure
from hms_desktop.clinic.ehr.model_stays import BedNight
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.storage.reader import Reader
from hms_desktop.ui.routes import BillingDesk, PatientChart, Ward
from installer.day import hands
from tests.promises.conftest import CutOff
from tests.promises.forms import asked, finish
from tests.promises.nights import a_night_passes
from tests.promises.seats import Seat, rows_of
from tests.promises.whole_visit import DOCTOR

SOURCES: dict[str, Any] = {
    "encounter": Encounter, "service_order": Order, "dispense": Dispense, "procedure": Procedure, "bed_night": BedNight,
}  # fmt: skip


def charged(reader: Reader) -> dict[Any, tuple[str, Any]]:
    """Every charge by its id: the table and the record that it came from, which is here."""
    found = {row.id: (row.source_table, row.source) for row in reader.rows(select(Charge.__table__))}
    for table, source in found.values():
        reader.get(SOURCES[table], source)
    return found


def lines(seat: Seat, patient: Any, count: int) -> list[str]:
    """The lines that wait for an invoice, as a screen reader hears them."""
    page = seat.goes_to(BillingDesk(patient=patient))
    hands.until(lambda: page.view.isVisible() and page.view.lines.table.rows.total == count, f"{count} lines wait")
    return rows_of(page.view.lines.table)


def record_a_procedure(seat: Seat, patient: Any) -> None:
    """The doctor records in the chart what was done."""
    page = seat.goes_to(PatientChart(patient))
    hands.until(lambda: page.facts is not None, "the chart is open")
    hands.press("Alt+D")
    asked("Record a procedure")
    hands.pick("Suture")
    finish(seat)


def admit_two_nights_ago(seat: Seat, patient: Any) -> None:
    """The ward takes the patient in, with the time at which they came."""
    seat.goes_to(Ward(patient))
    asked("Admit")
    hands.tab_to("Bed")
    hands.type_text("3")
    hands.tab_to("Since, if earlier")
    hands.type_text("-2d")
    finish(seat)
    page = seat.window.shown
    hands.until(lambda: page.table.rows.total == 1, "the bed is taken")


def count_nights(seat: Seat) -> None:
    """The night's work again, as a person asks for it."""
    page = seat.goes_to(Ward())
    hands.until(lambda: page.table.rows.total == 1, "the ward is shown")
    hands.press("Alt+K")
    seat.rests()


def take_off_a_night(seat: Seat, patient: Any) -> None:
    """The cashier takes one automatic fee off for good."""
    page = seat.window.shown
    night = next(row for row in page.view.bill(page.view.account).rows if row.code == "BED")
    page.view.lines.table.select(night.id)
    page.view.lines.table.view.setFocus()
    hands.press("Del")
    asked("off for good")
    hands.type_text("the ward was closed for repairs")
    finish(seat)


@pytest.mark.accepts("BIL-01")
def test_each_event_is_charged_once_with_its_source_and_a_removed_fee_stays_removed(cut_off: CutOff) -> None:
    seat, patient, clinic = cut_off.seat, cut_off.visit.patient, cut_off.clinic
    invoice = seat.goes_to(BillingDesk(cut_off.visit.invoice))
    hands.until(lambda: invoice.view.isVisible() and invoice.view.lines.table.rows.total == 3, "the invoice is shown")
    issued = " ".join(rows_of(invoice.view.lines.table))
    assert all(source in issued for source in ("Visit", "Laboratory", "Pharmacy"))
    record_a_procedure(seat, patient)
    admit_two_nights_ago(seat, patient)
    count_nights(seat)
    waiting = lines(seat, patient, 3)
    assert sum("Procedure, " in row for row in waiting) == 1, waiting
    assert sum("Night in a bed, " in row for row in waiting) == 2
    before = seat.ask(charged)
    assert sorted(table for table, _source in before.values()) == [
        "bed_night", "bed_night", "dispense", "encounter", "procedure", "service_order",
    ]  # fmt: skip
    take_off_a_night(seat, patient)
    lines(seat, patient, 2)
    count_nights(seat)
    assert seat.ask(charged) == before
    clinic.server.start()
    seat.in_step()
    assert clinic.at_server(charged) == before
    _another_machine_counts_again(cut_off, before)
    seat.sit_down()
    a_night_passes(clinic)
    seat.in_step()
    assert seat.ask(charged) == clinic.at_server(charged) == before
    lines(seat, patient, 2)


def _another_machine_counts_again(cut_off: CutOff, before: dict[Any, Any]) -> None:
    clinic = cut_off.clinic
    clinic.station("second", "all", DOCTOR)
    other = clinic.sit("second", DOCTOR)
    count_nights(other)
    other.in_step()
    assert other.ask(charged) == before
    voids = other.ask(lambda reader: reader.rows(select(ChargeVoid.charge, ChargeVoid.reason)))
    assert [void.reason for void in voids] == ["the ward was closed for repairs"]
    clinic.leaves(other)
