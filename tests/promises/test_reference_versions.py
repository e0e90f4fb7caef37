# SPDX-License-Identifier: Apache-2.0
"""What was made with version 1 keeps it after the clinic imports version 2; version 3 waits for its day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Order
from hms_desktop.clinic.ehr.queries import orders
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.queries import find_items
from hms_desktop.clinic.lab import service as lab
from hms_desktop.clinic.lab.queries_catalogue import catalogue
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.clock import SystemClock
from hms_desktop.documents.printing import preview
from hms_desktop.storage.editions import today
from hms_desktop.ui.routes import BillingDesk, LabWorklist, PatientChart, PharmacyQueue
from installer.day import hands
from tests.documents import samples
from tests.promises.conftest import CutOff
from tests.promises.places import settled
from tests.promises.seats import Seat, rows_of, words_of
from tests.promises.whole_visit import DOCTOR, STATION

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
LATER_DAYS = 40
CATALOGUE = """
version = {number}
valid_from = "{day}"
source = "House table {number}"

[[test]]
code = "K"
display = "Potassium edition {number}"
bench = "chemistry"
specimen_type = "serum"
container = "gel tube"
unit = "mmol/L"
decimals = 1
ranges = [["", 0, -1, "{number}.0", "{number}.9"]]
price_code = "LAB-K"
orderable = true

[[test]]
code = "HGB"
display = "Haemoglobin edition {number}"
bench = "haematology"
specimen_type = "blood"
container = "EDTA tube"
unit = "g/dL"
decimals = 1
orderable = true
ranges = []

[[item]]
code = "DOX100"
display = "doxycycline edition {number}"
form = "tablet"
strength = "100 mg"
unit = "tablet"
ingredient = "doxycycline"
classes = "tetracyclines"
price_code = "MED-DOX100"
label_text = "Caution edition {number}."

[[price]]
code = "MED-DOX100"
display = "Doxycycline price edition {number}"
amount = {number}00

[[template]]
code = "SHORT"
name = "Short visit"
symptoms = "Template edition {number}: "

[[phrase]]
code = "CHEST-CLEAR"
name = "Chest clear"
text = "Phrase edition {number}."

[[form]]
code = "vitals"
name = "Vital signs"
rows = {rows}
"""


class Later:
    """The true time so many days on."""

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return SystemClock().now_ms() + LATER_DAYS * 86_400_000


@dataclass
class Kept:
    """A workstation without a line; all of the visit and of `visit` and `panel` was made before version 2 came."""

    made: CutOff
    visit: UUID
    panel: UUID
    v3: date

    @property
    def seat(self) -> Seat:
        """The window, in front."""
        return self.made.seat.sit_down()


@pytest.fixture(scope="module")
def kept(made: CutOff, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A visit written by keyboard from version 1; then the command, and the workstation alone again."""
    seat = made.seat.sit_down()
    seat.do(partial(ehr.state_no_allergies, patient=made.visit.other))
    visit = opened(seat, made.visit.other)
    writes_from_template(seat, made.visit.other, "Edition one text", "Full blood count")
    panel = next(row.id for row in seat.ask(partial(orders, patient=made.visit.other)) if row.code == "FBC")
    seat.do(partial(ehr.finish_visit, encounter=visit))
    day = made.clinic.at_server(today)
    folder = tmp_path_factory.mktemp("catalogue")
    soon, later = folder / "second.toml", folder / "third.toml"
    soon.write_text(CATALOGUE.format(number=2, day=day, rows='[["pulse", "oxygen"]]'), "utf-8")
    v3 = day + timedelta(days=LATER_DAYS - 10)
    later.write_text(CATALOGUE.format(number=3, day=v3, rows='[["temperature"]]'), "utf-8")
    made.clinic.server.start()
    imports(made, soon, later)
    seat.in_step()
    hands.until(lambda: seat.ask(catalogue)["K"].version == 2, "version 2 came down the line")
    made.clinic.server.kill()
    yield Kept(made, visit, panel, v3)


def imports(made: CutOff, *files: Path) -> None:
    """The managers' door, while the server serves: both versions go in, and once more nothing changes."""
    paths = [str(path) for path in files]
    brought = made.clinic.server.command("import", "catalogue", *paths)
    assert sum(brought["new"].values()) == 14 and not brought["unchanged"], brought
    again = made.clinic.server.command("import", "catalogue", *paths)
    assert sum(again["unchanged"].values()) == 14 and not again["new"], again


def opened(seat: Seat, patient: UUID) -> UUID:
    """A visit that has begun."""
    visit = seat.do(partial(ehr.open_visit, patient=patient))
    seat.do(partial(ehr.begin_visit, encounter=visit))
    return visit


def writes_from_template(seat: Seat, patient: UUID, words: str, test: str) -> None:
    """Vital signs, a note from the template and an order, signed, by keyboard."""
    page = settled(seat, PatientChart(patient))
    hands.press("Alt+V")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "the form opens")
    hands.tab_to("Pulse")
    hands.type_text("80")
    hands.press("Ctrl+Return")
    hands.until(lambda: QApplication.activeModalWidget() is None, "the readings are recorded")
    seat.sit_down().rests()
    hands.tab_to("Template")
    hands.press("Space")
    hands.until(lambda: QApplication.activePopupWidget() is not None, "the templates are offered")
    menu: Any = QApplication.activePopupWidget()
    for _step in range([action.text() for action in menu.actions()].index("Short visit") + 1):
        hands.press("Down")
    hands.press("Return")
    form = page.summary.note.form
    hands.until(lambda: bool(form.sections["symptoms"].typed()), "the template is in the note")
    seat.sit_down()
    form.sections["plan"].take_focus()
    hands.type_text(words)
    hands.press("Alt+O")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "the order is asked for")
    hands.pick(test)
    hands.tab()
    hands.choose("Routine")
    hands.press("Ctrl+Return")
    hands.until(lambda: QApplication.activeModalWidget() is None, "it is in the basket")
    seat.sit_down()
    hands.until(lambda: page.summary.note.sign.isEnabled() and page.summary.note.basket.count == 1, "it may be signed")
    hands.press("Ctrl+Return")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "it is asked once")
    hands.tab_to("Sign note and 1 order")
    hands.press("Space")
    hands.until(lambda: bool(page.summary.note.note and page.summary.note.note.locked), "it is signed")
    seat.sit_down().rests()


def reads_template(*words: str) -> None:
    """One step leads to the version as it reads; then back."""
    hands.until(lambda: QApplication.activeModalWidget() is not None, "one step to the version")
    shown: Any = QApplication.activeModalWidget()
    assert all(said in words_of(shown) for said in words), words_of(shown)
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is None, "back")


def on_paper(seat: Seat, kind: str, subject: UUID) -> str:
    """The text of a document as it is printed now."""
    return samples.whole(seat.do(partial(preview, kind=kind, subject=subject)).pdf)


def only(said: str, new: str, *old: str) -> None:
    """It says the one version and no other."""
    for words in old:
        assert words in said, said
    assert not any(f"edition {number}" in said for number in (2, 3) if f"edition {number}" != new), said
    assert not new or new in said, said


def orders_and_results_keep_their_catalogue(kept: Kept) -> None:
    """Result, report, order and the bench say what was ordered; a new order says version 2."""
    seat, visit = kept.seat, kept.made.visit
    page = settled(seat, PatientChart(visit.patient, "results"))
    only(" ".join(rows_of(page._sections["results"].table)), "", "Potassium", "3.5", "5.1")
    only(on_paper(seat, "lab-report", visit.release), "", "Potassium", "3.5", "5.1")
    page = settled(seat, PatientChart(visit.patient, "orders"))
    only(" ".join(rows_of(page._sections["orders"].table)), "", "Potassium")
    tube = seat.do(partial(lab.collect, orders=[kept.panel], identified=("name", "born")))[0]
    seat.do(partial(lab.receive, scanned=tube.accession))
    bench = settled(seat, LabWorklist(tube.specimen))
    hands.until(lambda: bool(bench.detail.grid.lines), "the panel is at the bench")
    only(words_of(bench.detail), "", "Haemoglobin")

    settled(seat, PatientChart(visit.other))
    visit_of_today = opened(seat, visit.other)
    seat.rests()
    hands.press("Alt+O")
    hands.until(lambda: QApplication.activeModalWidget() is not None, "the order is asked for")
    hands.pick("Potassium edition 2")
    hands.tab()
    hands.choose("Routine")
    hands.press("Ctrl+Return")
    hands.until(lambda: QApplication.activeModalWidget() is None, "it is in the basket")
    page = seat.sit_down().window.shown
    hands.until(lambda: page.summary.note.basket.count == 1, "the basket shows it")
    only(words_of(page.summary.note.basket), "edition 2")
    drafted = seat.ask(lambda r: r.one(select(Order.id).where(Order.encounter == visit_of_today)))
    seat.do(partial(ehr.drop_order, order=drafted.id))
    seat.do(partial(ehr.finish_visit, encounter=visit_of_today))


def prescriptions_and_labels_keep_their_medicine(kept: Kept) -> None:
    """Chart, paper, counter and label say what was prescribed and handed over; new ones say version 2."""
    seat, visit = kept.seat, kept.made.visit
    page = settled(seat, PatientChart(visit.patient, "medicines"))
    only(" ".join(rows_of(page._sections["medicines"].table)), "", "doxycycline")
    only(on_paper(seat, "prescription", visit.prescription), "", "doxycycline")
    only(on_paper(seat, "medicine-label", visit.hand_over), "", "doxycycline", "Swallow with a full glass of water")
    counter = settled(seat, PharmacyQueue(visit.prescription))
    hands.until(lambda: "doxycycline" in words_of(counter), "the counter shows it")
    assert "edition 3" not in words_of(counter)

    item = seat.ask(partial(find_items, typed="doxycycline"))[0]
    dose = make_dose(Decimal(100), "mg", "oral", "twice", 3)
    new = seat.do(lambda unit: ehr.draft_prescription(unit, visit.other, dose, medicine=item.id))
    seat.do(partial(ehr.prescribe, prescription=new))
    page = settled(seat, PatientChart(visit.other, "medicines"))
    only(" ".join(rows_of(page._sections["medicines"].table)), "edition 2", "doxycycline edition 2")
    only(on_paper(seat, "prescription", new), "edition 2", "doxycycline edition 2")
    handed = seat.do(partial(pharmacy.dispense, hand_over=HandOver(new, Decimal(6), override_reason="No line")))
    only(on_paper(seat, "medicine-label", handed), "edition 2", "doxycycline edition 2", "Caution edition 2.")


def invoices_keep_their_prices(kept: Kept) -> None:
    """The invoice on screen and paper keeps words and price; a new one has those of version 2."""
    seat, visit = kept.seat, kept.made.visit
    page = settled(seat, BillingDesk(visit.invoice))
    hands.until(
        lambda: "Doxycycline 100 mg tablet" in words_of(page) + " ".join(lines_of(page)), "the invoice is shown"
    )
    only(words_of(page) + " ".join(lines_of(page)), "", "Doxycycline 100 mg tablet")
    only(on_paper(seat, "invoice", visit.invoice), "", "Doxycycline 100 mg tablet", "2.45")

    charge = seat.do(partial(billing.add_item, patient=visit.other, code="MED-DOX100", quantity=Decimal(3)))
    invoice = seat.do(partial(billing.issue_invoice, patient=visit.other, charges=[charge]))
    page = settled(seat, BillingDesk(invoice))
    hands.until(lambda: "edition 2" in " ".join(lines_of(page)), "the new invoice is shown")
    only(on_paper(seat, "invoice", invoice), "edition 2", "Doxycycline price edition 2", "2.00", "6.00")


def lines_of(page: Any) -> list[str]:
    """The lines of the invoice or of what is open."""
    return rows_of(page.view.lines.table)


def notes_and_readings_keep_their_template_and_form(kept: Kept) -> None:
    """A note and its readings say what they were begun from, one step from the version; new ones say version 2."""
    seat, visit = kept.seat, kept.made.visit
    page = settled(seat, PatientChart(visit.other, "notes"))
    view = page._sections["notes"].table.view
    hands.until(lambda: "Short visit, version 1" in " ".join(rows_of(page._sections["notes"].table)), "it says so")
    view.setFocus()
    hands.row_of("Short visit, version 1")
    hands.press("Return")
    reads_template("Version 1, in force from 01-Jan-2026 to", "Reason for the visit")
    paper = on_paper(seat.sit_down(), "visit-summary", kept.visit)
    only(paper, "", "Begun from Short visit, version 1", "Reason for the visit", "Vital signs, version 1")

    second = opened(seat, visit.other)
    writes_from_template(seat, visit.other, "Edition two text", "Sodium")
    hands.tab_to("Begun from Short visit, version 2")
    hands.press("Space")
    reads_template("Version 2, in force from", "Template edition 2:")
    seat.sit_down()
    seat.do(partial(ehr.finish_visit, encounter=second))
    paper = on_paper(seat, "visit-summary", second)
    only(paper, "edition 2", "Begun from Short visit, version 2", "Template edition 2:", "Vital signs, version 2")
    page = settled(seat, PatientChart(visit.other, "readings"))
    said = " ".join(rows_of(page._sections["readings"].table))
    assert "Vital signs, version 1" in said and "Vital signs, version 2" in said and "version 3" not in said
    before = on_paper(seat, "visit-summary", kept.visit)
    only(before, "", "Begun from Short visit, version 1")


def the_future_takes_force_on_its_day_without_a_line(kept: Kept) -> None:
    """Nobody does anything, no server answers: on its day version 3 holds."""
    visit = kept.made.visit
    assert kept.seat.ask(catalogue)["K"].version == 2
    seat = kept.made.clinic.sit(STATION, DOCTOR, Later())
    assert seat.ask(today) >= kept.v3
    assert seat.ask(catalogue)["K"].display == "Potassium edition 3"
    assert seat.ask(partial(find_items, typed="doxycycline"))[0].label_text == "Caution edition 3."
    seat.do(partial(billing.add_item, patient=visit.other, code="MED-DOX100", quantity=Decimal(1)))
    page = settled(seat, BillingDesk(patient=visit.other))
    hands.until(lambda: "Doxycycline price edition 3" in " ".join(lines_of(page)), "the price of that day")
    visit_then = opened(seat, visit.other)
    page = settled(seat, PatientChart(visit.other))
    hands.tab_to("Template")
    hands.press("Space")
    hands.until(lambda: QApplication.activePopupWidget() is not None, "the templates are offered")
    hands.press("Escape")
    hands.until(lambda: QApplication.activePopupWidget() is None, "seen")
    seat.sit_down()
    assert "Template edition 3" in str(page.summary.note._words.templates)
    hands.press("Alt+V")
    hands.await_field("Temperature")
    form = QApplication.activeModalWidget()
    assert form is not None and "Pulse" not in words_of(form)
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is None, "closed")
    seat.do(partial(ehr.finish_visit, encounter=visit_then))
    kept.made.clinic.leaves(seat)
    assert kept.seat.ask(catalogue)["HGB"].version == 2


@pytest.mark.hazard("H46")
@pytest.mark.accepts("X-19")
def test_what_was_made_with_a_version_keeps_it_and_the_next_one_waits_for_its_day(kept: Kept) -> None:
    orders_and_results_keep_their_catalogue(kept)
    prescriptions_and_labels_keep_their_medicine(kept)
    invoices_keep_their_prices(kept)
    notes_and_readings_keep_their_template_and_form(kept)
    the_future_takes_force_on_its_day_without_a_line(kept)
