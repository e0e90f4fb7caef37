# SPDX-License-Identifier: Apache-2.0
"""What a number means is said and kept: its unit, its day, its decimal mark, and every digit that was typed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QAbstractButton, QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.queries_documents import invoice_row
from hms_desktop.clinic.ehr.model import Observation, Prescription
from hms_desktop.clinic.inventory.model import ItemVersion
from hms_desktop.clinic.lab.model import LabResult, LabTest, Specimen
from hms_desktop.clinic.patients.model import TimelineEntry
from hms_desktop.documents.printing import KINDS, preview
from hms_desktop.security import sign_in
from hms_desktop.storage.engine import connect
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.storage.records import REGISTRY
from hms_desktop.ui import routes
from hms_desktop.ui.widgets.confirm import Confirm
from hms_desktop.ui.widgets.table import Table
from installer.day import hands
from tests.documents import samples
from tests.promises import bench_scene as scene
from tests.promises.conftest import CutOff
from tests.promises.forms import asked, finish
from tests.promises.places import every_place, settled
from tests.promises.seats import Seat, rows_of, words_of
from tests.promises.till import agree, close_preview, key, settle, take
from tests.promises.whole_visit import ABOUT, DOCTOR, STATION, Visit, something_to_invoice
from tests.server.process import PASSWORD

NUMERIC_DAY = re.compile(r"(?<![\d.-])\d{1,4}(?:/\d{1,2}/|\.\d{1,2}\.|-\d{1,2}-)\d{1,4}(?![\d.-])")
POINTED = re.compile(r"(?<![\w.,:-])\d+\.\d+(?![\w.:-])")
UCUM = {
    "%", "/min", "10*12/L", "10*9/L", "Cel", "U/L", "cm", "fL", "g/L", "g/dL", "kg", "kg/m2", "m[IU]/L", "mg/L",
    "mm[Hg]", "mmol/L", "umol/L", "{score}",
}  # fmt: skip
"""What vital signs and the tests of the shipped list are measured in, as UCUM writes it."""


def rows(seat: Seat, record: Any) -> list[Any]:
    """All rows of a table on this station, the oldest first."""
    table = record.__table__
    return seat.ask(lambda reader: reader.rows(select(table).order_by(table.c.rid)))


def type_vitals(seat: Seat, visit: Visit, readings: dict[str, str]) -> None:
    """The form of the vital signs, from the chart."""
    page: Any = settled(seat, routes.PatientChart(visit.patient))
    hands.until(lambda: page.facts is not None, "the chart is open")
    seat.sit_down()
    hands.press("Alt+V")
    asked("Vital signs")
    for name, value in readings.items():
        hands.tab_to(name)
        hands.type_text(value)
    finish(seat)


def prescribe(seat: Seat, visit: Visit, medicine: str, amount: str) -> Any:
    """A dose, typed in the chart; returns the prescription as it is stored."""
    page: Any = settled(seat, routes.PatientChart(visit.patient))
    hands.until(lambda: page.facts is not None, "the chart is open")
    seat.sit_down()
    before = len(rows(seat, Prescription))
    hands.press("Alt+R")
    box = asked("Prescribe")
    hands.await_field("Medicine")
    hands.pick(medicine)
    hands.tab_to("Dose each time")
    hands.type_text(amount)
    hands.tab()
    hands.pick("mg")
    hands.tab_to("Route")
    hands.pick("oral")
    hands.tab_to("How often")
    hands.pick("twice", "Twice a day")
    hands.tab_to("For how many days")
    hands.type_text("7")
    hands.until(lambda: amount.replace(",", ".") in box.dose.line.text(), "the dose is spelled out")
    finish(seat)
    hands.until(lambda: len(rows(seat, Prescription)) == before + 1, "the prescription is kept")
    return rows(seat, Prescription)[-1]


def papers(seat: Seat, visit: Visit) -> dict[str, str]:
    """The text of every kind of document of the visit."""
    subjects: dict[str, UUID] = {
        "invoice": visit.invoice, "receipt": visit.payment, "lab-report": visit.release,
        "specimen-label": visit.specimen, "prescription": visit.prescription, "visit-summary": visit.encounter,
        "appointment-slip": visit.appointment, "medicine-label": visit.hand_over,
        "estimate": seat.do(partial(something_to_invoice, visit=visit)),
        "access-report": visit.patient, "accounting": visit.patient, "prepared-label": visit.prescription,
    }  # fmt: skip
    assert set(subjects) == set(KINDS)
    return {
        kind: samples.whole(seat.do(partial(preview, kind=kind, subject=subject, about=ABOUT.get(kind))).pdf)
        for kind, subject in subjects.items()
    }


def walked(seat: Seat, visit: Visit) -> dict[str, str]:
    """The text of every place of the window, lists and banner too."""
    found = {}
    for place in every_place(seat, visit):
        page = settled(seat, place)
        lists = [row for table in page.widget().findChildren(Table) if table.isVisible() for row in rows_of(table)]
        found[str(place)] = " | ".join([words_of(seat.window), *lists])
    return found


def speak(seat: Seat, language: str) -> None:
    """Choose a language in the settings."""
    page: Any = settled(seat, routes.SettingsPage())
    seat.sit_down()
    shown = [button for button in page.widget().findChildren(QAbstractButton) if button.isVisible()]
    button = next(button for button in shown if button.accessibleName() == language)
    button.setFocus()
    hands.press("Space")
    seat.workstation.tasks.settle()
    hands.breathe()


def stored(folder: Path, code: str) -> dict[str, list[tuple[Any, ...]]]:
    """Column declarations, and (table, column, storage class) of everything in the encrypted file, by SQLite itself."""
    opened = sign_in.unlock(folder, DOCTOR, PASSWORD, code, keychain=FileKeychain(folder))
    raw = connect(opened.replica, opened.file_key, readonly=True)
    try:
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
        names = [row[0] for row in raw.execute(tables)]
        declared: list[tuple[Any, ...]] = []
        classes: list[tuple[Any, ...]] = []
        for name in names:
            for column, kind in raw.execute("SELECT name, type FROM pragma_table_info(?)", (name,)).fetchall():
                declared.append((name, column, kind))
                question = f'SELECT DISTINCT typeof("{column}") FROM "{name}"'
                classes += [(name, column, row[0]) for row in raw.execute(question)]
        return {"declared": declared, "classes": classes}
    finally:
        raw.close()


@pytest.mark.hazard("H14")
@pytest.mark.accepts("X-18")
def test_every_value_carries_its_unit_on_screen_on_paper_and_in_the_store(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    measured = [row for row in rows(seat, Observation) if row.value is not None]
    assert {(str(row.value), row.unit) for row in measured} >= {("118", "mm[Hg]"), ("74", "mm[Hg]"), ("38.4", "Cel")}
    (result,) = rows(seat, LabResult)
    assert (str(result.value), result.unit) == ("5.6", "mmol/L")
    units = {row.unit for row in (*measured, *rows(seat, LabTest)) if row.unit is not None}
    assert units <= UCUM, units - UCUM
    chart: Any = settled(seat, routes.PatientChart(visit.patient))
    said = words_of(chart.widget())
    warm = [row.value for row in measured if row.unit == "Cel"][-1]
    assert "Blood pressure 118/74 mmHg" in said and f"Temperature {warm} °C" in said, said
    results: Any = settled(seat, routes.PatientChart(visit.patient, "results"))
    assert any("5.6" in row and "mmol/L" in row for row in rows_of(results._sections["results"].table))
    bench: Any = settled(seat, routes.LabWorklist())
    scene.scan(seat, seat.ask(lambda reader: reader.get(Specimen, visit.specimen)).accession)
    hands.until(lambda: "mmol/L" in words_of(bench.widget()), "the bench says the unit", 60)
    printed = papers(seat, visit)
    assert "5.6" in printed["lab-report"] and "mmol/L" in printed["lab-report"]
    assert "Systolic 118 mmHg" in printed["visit-summary"] and f"{warm} °C" in printed["visit-summary"], printed[
        "visit-summary"
    ]
    assert "100 mg" in printed["prescription"] and "ZAR" in printed["invoice"]


@pytest.mark.accepts("X-18")
def test_no_day_reads_two_ways_on_any_screen_or_paper(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    everything = walked(seat, visit) | papers(seat, visit)
    unclear = {where: NUMERIC_DAY.findall(said) for where, said in everything.items() if NUMERIC_DAY.search(said)}
    assert not unclear, unclear
    assert sum("14-Mar-1979" in said for said in everything.values()) >= 15
    sheets = KINDS.keys() - {"medicine-label", "prepared-label"}
    paper = [said for where, said in everything.items() if where in sheets]
    assert all("14-Mar-1979" in said for said in paper), everything


@pytest.mark.hazard("H15")
@pytest.mark.accepts("X-18")
def test_comma_and_point_are_both_typed_each_digit_is_kept_and_the_language_says_how_it_is_shown(
    cut_off: CutOff,
) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    type_vitals(seat, visit, {"Temperature": "37,2", "Weight": "68.3"})
    kept = [(str(row.value), row.unit) for row in rows(seat, Observation)[-3:]]
    assert {("37.2", "Cel"), ("68.3", "kg")} <= set(kept), kept
    assert str(prescribe(seat, visit, "bisoprolol", "1,25").dose) == "1.25"
    assert str(prescribe(seat, visit, "prednisolone", "0.125").dose) == "0.125"
    invoice = pays_ten_and_twenty_cents(seat, visit)
    chart: Any = settled(seat, routes.PatientChart(visit.patient))
    assert "37.2" in words_of(chart.widget()) and "1.25 mg" in words_of(chart.widget())
    speak(seat, "English (South Africa)")
    try:
        after = walked(seat, visit) | papers(seat, visit) | {"paid": account_words(seat, visit, invoice)}
        as_written = names_and_titles(seat)
        numbers = {where: set(POINTED.findall(said)) - as_written for where, said in after.items()}
        pointed = {where: found for where, found in numbers.items() if found}
        assert not pointed, pointed
        for shown in ("37,2 °C", "5,6", "1,25 mg", "0,125 mg", "ZAR 0,30"):
            assert any(shown in said for said in after.values()), shown
        assert "37,2 °C" in after["visit-summary"] and "5,6" in after["lab-report"]
        type_vitals(seat, visit, {"Temperature": "36.9", "Weight": "67,8"})
        kept = [(str(row.value), row.unit) for row in rows(seat, Observation)[-3:]]
        assert {("36.9", "Cel"), ("67.8", "kg")} <= set(kept), kept
    finally:
        speak(seat, "English")


def names_and_titles(seat: Seat) -> set[str]:
    """Numbers inside stored words, which stay as they were written: strengths of medicines, titles of the timeline."""
    words = [row.strength for row in rows(seat, ItemVersion)] + [row.title for row in rows(seat, TimelineEntry)]
    return {number for said in words for number in POINTED.findall(said)}


def account_words(seat: Seat, visit: Visit, invoice: UUID) -> str:
    """What the cash desk says of an invoice of the other patient."""
    page: Any = settled(seat, routes.BillingDesk(patient=visit.other, invoice=invoice))
    hands.until(lambda: page.view.isVisible() and page.view.account is not None, "the account is shown")
    settle(seat)
    return words_of(page.view)


def pays_ten_and_twenty_cents(seat: Seat, visit: Visit) -> UUID:
    """An invoice of thirty cents, paid with 0,1 and 0.2: nothing is left over."""
    seat.do(partial(billing.set_price, code="PLASTER", display="Plaster", amount=30, valid_from=date(2020, 1, 1)))
    seat.do(partial(billing.add_item, patient=visit.other, code="PLASTER", quantity=Decimal(1)))
    charges = [row.id for row in seat.ask(lambda reader: open_charges(reader, visit.other))]
    invoice = seat.do(partial(billing.issue_invoice, patient=visit.other, charges=charges))
    assert "ZAR 0.30" in account_words(seat, visit, invoice)
    take(seat, "F8", "0,1", reference="SLIP 1")
    key(seat, "Ctrl+M")
    take(seat, "F7", "0.2")
    key(seat, "Ctrl+Return")
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), Confirm), "a question is asked")
    agree(seat, "Take ZAR 0.30 and print")
    close_preview(seat)
    paid = [row.amount for row in rows(seat, Payment) if row.invoice == invoice]
    assert paid == [10, 20] and all(type(amount) is int for amount in paid)
    assert seat.ask(partial(invoice_row, invoice=invoice)).total == sum(paid)
    return invoice


@pytest.mark.accepts("X-18")
def test_no_binary_fraction_is_in_any_column_of_any_table(cut_off: CutOff) -> None:
    found = stored(cut_off.clinic.folder / STATION, cut_off.clinic.server.factors[DOCTOR].paper())
    assert len({table for table, _column, _kind in found["declared"]}) > 60
    inexact = [one for one in found["declared"] if re.search("REAL|FLOA|DOUB|NUMERIC|DECIMAL", one[2].upper())]
    assert not inexact, inexact
    assert not [one for one in found["classes"] if one[2] == "real"]
    kinds = {(table, column): kind for table, column, kind in found["classes"] if kind != "null"}
    for name, spec in REGISTRY.items():
        for column in spec.record.__table__.columns:
            held = kinds.get((name, column.name))
            if held is not None and column.info.get("money"):
                assert held == "integer", (column, held)
            if held is not None and getattr(column.info.get("kind"), "name", "") == "exact":
                assert held == "text", (column, held)
    amounts = {("payment", "amount"), ("invoice", "total"), ("price", "amount")}
    doses = {("prescription", "dose"), ("lab_result", "value"), ("observation", "value"), ("dispense", "quantity")}
    assert {kinds[one] for one in amounts} == {"integer"} and {kinds[one] for one in doses} == {"text"}
