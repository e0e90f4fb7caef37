# SPDX-License-Identifier: Apache-2.0
"""With the line cut: what payers and patient pay follows the cover as the window has it, and stays once issued."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.billing.model import (
    Invoice,
    InvoiceLine,
    InvoiceShare,
)
from hms_desktop.ui.routes import PatientRecord
from hms_desktop.ui.widgets.form_dialog import FormDialog
from installer.day import hands
from tests.promises.forms import asked
from tests.promises.forms import finish as finish_form
from tests.promises.places import press_on
from tests.promises.seats import Seat, words_of
from tests.promises.till import (
    Clinic,
    issue,
    rows,
    served_till,
    settle,
    told_as_an_estimate,
)


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[Clinic]:
    """A billing station that knows one patient and the price list."""
    with served_till(tmp_path, qapp) as made:
        yield made


def open_record(clinic: Clinic, seat: Seat) -> Any:
    """The patient's record, open and read."""
    page = seat.goes_to(PatientRecord(clinic.patient))
    hands.until(lambda: page._page is not None, "the record is shown")
    settle(seat)
    return page


def type_cover(payer: str, share: str, excluded: str, **amounts: str) -> None:
    """Fill the form of a cover by keys, in reading order; what is left out, and what is paid whole, is picked."""
    asked("Add cover")
    hands.type_text(payer)
    hands.tab_to("Patient's share")
    hands.type_text(share)
    for field, amount in amounts.items():
        hands.tab_to(field.replace("_", " ").replace("Co pay", "Co-pay"))
        hands.type_text(amount)
    hands.tab_to("Not covered")
    hands.pick(excluded)


def correct_share(clinic: Clinic, seat: Seat, payer: str, share: str, why: str) -> Any:
    """Correct what the patient pays under a cover, with the reason; returns the record."""
    record = open_record(clinic, seat)
    press_on(record.side, f"Correct {payer}")
    asked(f"Correct the cover by {payer}")
    hands.tab_to("Patient's share")
    hands.clear_field()
    hands.type_text(share)
    hands.tab_to("Why")
    hands.type_text(why)
    finish_form(seat)
    return record


@pytest.mark.accepts("BIL-04")
def test_shares_follow_the_cover_until_the_invoice_and_stay_then(clinic: Clinic) -> None:
    seat = clinic.sit_offline()
    for code in ("CHECK", "VISIT", "LAB-K", "CUFF"):
        clinic.charge(seat, code)
    _two_covers_by_keys(clinic, seat)
    page = clinic.account(seat)
    hands.until(lambda: page.view.lines.table.rows.total == 4, "four lines")
    bill = page.view.bill(page.view.account)
    # CHECK is in the package: 100.00 paid whole. VISIT 400.00: deductible 50.00, copay 20.00, of 330.00 the payer's
    # 80 % is 264.00, the cap of 300.00 leaves 200.00. The second fund pays half of the 200.00 left, half of LAB-K.
    assert [(row.payers, row.patient) for row in bill.rows] == [
        (10_000, 0), (30_000, 10_000), (10_625, 10_625), (0, 34_900),
    ]  # fmt: skip
    assert page.view.lines.patient_pays.text() == "ZAR 555.25"
    assert "ZAR 300.00 left of ZAR 300.00 a year" in words_of(page.view.cover)
    told_as_an_estimate(seat, ("Protea Health pays ZAR 300.00", "Second Fund pays ZAR 206.25"))
    record = correct_share(clinic, seat, "Second Fund", "0", "Letter of the fund")
    _marked_with_its_history(seat, record)
    page = clinic.account(seat)
    hands.until(lambda: page.view.lines.patient_pays.text() == "ZAR 349.00", "the draft is reckoned anew")
    issue(seat)
    (invoice,) = rows(seat, Invoice)
    assert (invoice.total, invoice.payer_total, invoice.patient_total) == (106_150, 71_250, 34_900)
    assert {share.payer: share.amount for share in rows(seat, InvoiceShare)} == {
        "Protea Health": 30_000, "Second Fund": 41_250,
    }  # fmt: skip
    lines = rows(seat, InvoiceLine)
    correct_share(clinic, seat, "Protea Health", "100", "She left the scheme")
    assert rows(seat, Invoice) == [invoice] and rows(seat, InvoiceLine) == lines
    page = clinic.account(seat, invoice.id)
    hands.until(lambda: page.view.lines.patient_pays.text() == "ZAR 349.00", "the issued sum stays")


def _two_covers_by_keys(clinic: Clinic, seat: Seat) -> None:
    """Copay, coinsurance, deductible, cap, exclusion and package; a second payer for what the first leaves."""
    record = open_record(clinic, seat)
    press_on(record.side, "Add cover")
    type_cover("Protea Health", "20", "Cuff", Co_pay_an_invoice="20", Deductible="50", Pays_at_most="300")
    hands.tab_to("Paid whole, as a package")
    hands.pick("Check")
    finish_form(seat)
    hands.until(lambda: "Paid whole: Check" in words_of(record.side), "the record tells its terms")
    press_on(record.side, "Add cover")
    type_cover("Second Fund", "50", "Cuff")
    form = QApplication.activeModalWidget()
    assert isinstance(form, FormDialog)
    hands.tab_to("Pays as number")
    hands.clear_field()
    hands.type_text("1")
    hands.press("Ctrl+Return")
    hands.until(lambda: "Protea Health pays as number 1 already" in form.form.fields["order"].error, "one is first")
    hands.clear_field()
    hands.type_text("2")
    finish_form(seat)
    said = words_of(record.side)
    for words in (
        "1. Protea Health", "2. Second Fund", "Patient pays ZAR 20.00 an invoice, then 20 %", "Not covered: Cuff",
        "Deductible ZAR 50.00 a year", "Pays at most ZAR 300.00 a year",
    ):  # fmt: skip
        assert words in said, words


def _marked_with_its_history(seat: Seat, record: Any) -> None:
    """The corrected cover is marked where it stands, and its history is one step away."""
    press_on(record.side, "Second Fund corrected")
    hands.until(lambda: record.tabs.current() == "history", "one step to its history")
    table = record.history.versions
    wanted = ("patient_share_percent", "50", "0", "Letter of the fund")
    hands.until(lambda: wanted in [(v.field, v.before, v.after, v.why) for v in table._rows], "it is told")
