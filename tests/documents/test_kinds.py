# SPDX-License-Identifier: Apache-2.0
"""What each kind of document says that the others do not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import zxingcpp
from PIL import Image

from hms_desktop.core.errors import BadInput, Damaged, Refused
from hms_desktop.core.ids import human_number
from hms_desktop.core.money import Money
from hms_desktop.documents import (
    appointment_slip,
    invoice,
    lab_report,
    medicine_label,
    prescription,
    raster,
    receipt,
    specimen_label,
    visit_summary,
    wording,
)
from hms_desktop.documents.identity import Mark
from hms_desktop.documents.layout import Sheet
from tests.documents import samples


def test_an_invoice_is_split_to_the_cent() -> None:
    text = samples.whole(invoice.render(samples.an_invoice()))
    for words in (
        "Protea Health, Standard",
        "ZAR 1 263.86",
        "ZAR 549.86",
        "ZAR 714.00",
        "RCT-0A1-10483-X",
        "2026 scheme tariff, version 3",
        "Consultation, general practice",
        "Still to pay ZAR 0.00",
    ):
        assert words in text


def test_an_invoice_and_an_estimate_say_the_same_on_the_roll() -> None:
    for changes in ({}, {"valid_until": date(2026, 11, 30), "number": "", "issued": None, "payments": ()}):
        narrow = invoice.render(samples.an_invoice(**changes, sheet=None))
        assert round(raster.page_sizes(narrow)[0].width) == 80 and len(samples.pages(narrow)) == 1
        said = samples.whole(narrow)
        sums = ("ZAR 1 263.86", "ZAR 549.86", "ZAR 714.00", "1 at 400.00: 400.00, scheme pays 320.00")
        items = (line.item for line in samples.an_invoice().lines)
        for words in (*items, *sums, "Protea Health, Standard", "Tax included"):
            assert "".join(words.split()) in "".join(said.split()), words
        assert ("RCT-0A1-10483-X" in said) is (not changes) and ("asks for no money" in said) is bool(changes)


@pytest.mark.parametrize(
    "changes",
    [{"total": samples.rand(126387)}, {"payer_total": samples.rand(54985)}, {"patient_total": samples.rand(71399)}],
)
def test_an_invoice_that_does_not_add_up_is_not_printed(changes: dict[str, Money]) -> None:
    with pytest.raises(Refused, match="INV-0A1-10482-C does not add up"):
        samples.an_invoice(**changes)


def test_a_line_whose_shares_miss_a_cent_is_not_printed() -> None:
    line = replace(samples.an_invoice().lines[0], payer=samples.rand(31999))
    with pytest.raises(Refused, match="Consultation, general practice"):
        samples.an_invoice(lines=(line,))


def test_a_credit_note_names_what_it_cancels() -> None:
    line = invoice.InvoiceLine(
        "0190",
        "Consultation",
        Decimal(-1),
        samples.rand(40000),
        samples.rand(-40000),
        samples.rand(-32000),
        samples.rand(-8000),
    )
    note = samples.an_invoice(
        lines=(line,),
        total=samples.rand(-40000),
        payer_total=samples.rand(-32000),
        payments=(),
        patient_total=samples.rand(-8000),
        due=samples.rand(0),
        credits="INV-0A1-10482-C",
    )
    text = samples.whole(invoice.render(note))
    assert "Credit note" in text and "Cancels INV-0A1-10482-C" in text and "−400.00" in text


def test_money_keeps_the_digits_of_its_currency() -> None:
    assert wording.full_amount(Money(1234567, "ZAR")) == "ZAR\u00a012\u00a0345.67"
    assert wording.full_amount(Money(1500, "JPY")) == "JPY\u00a01\u00a0500"
    assert wording.full_amount(Money(-1500, "KWD")) == "KWD\u00a0−1.500"


def test_quantities_have_no_trailing_zero_and_no_bare_point() -> None:
    assert wording.quantity(Decimal("5.0"), "mg") == "5\u00a0mg"
    assert wording.quantity(Decimal(".5"), "mg") == "0.5\u00a0mg"
    assert wording.quantity(Decimal("0")) == "0"


@pytest.mark.parametrize(
    "given, shown",
    [
        ("1979-03-14", "14-Mar-1979"),
        ("1979-03", "Mar-1979"),
        ("1979", "1979"),
        ("about 50", "about 50"),
        ("1979-13", "13-1979"),
    ],
)
def test_partial_days(given: str, shown: str) -> None:
    assert wording.partial_day(given) == shown


def test_a_receipt_says_tendered_and_change() -> None:
    text = samples.whole(receipt.render(samples.a_receipt()))
    for words in ("RCT-0A1-10483-X", "Handed over 800.00", "Change given 86.00", "Taken by Zanele Ndlovu"):
        assert words in text


@pytest.mark.parametrize(
    "changes",
    [
        {"total": samples.rand(71401)},
        {"settled": ()},
        {"tenders": (receipt.TenderLine("Cash", samples.rand(71400), samples.rand(80000), samples.rand(8500)),)},
    ],
)
def test_a_receipt_that_does_not_add_up_is_not_printed(changes: dict[str, object]) -> None:
    with pytest.raises(Refused, match="RCT-0A1-10483-X does not add up"):
        samples.a_receipt(**changes)


def test_a_void_receipt_says_so() -> None:
    assert "VOID" in "".join(samples.whole(receipt.render(samples.a_receipt(mark=Mark.VOID))).split())


def test_a_corrected_result_shows_the_old_value_struck() -> None:
    report = samples.a_lab_report()
    text = samples.whole(lab_report.render(report))
    for words in (
        "Corrected",
        "Version 2",
        "6.4 6.9",
        "Corrected from 6.9 by Lerato Khumalo",
        "haemolysed",
        "HH",
        "mmol/L",
        "3.5 to 5.1",
        "Read back as 6.4",
        "ISE, indirect",
        "Riverbend Clinic Laboratory",
        "pending",
    ):
        assert words in text
    plain = replace(report.groups[0].lines[1], old=())
    group = replace(report.groups[0], lines=(plain,))
    assert "6.9" not in samples.whole(lab_report.render(replace(report, groups=(group,))))


@pytest.mark.parametrize("changes, word", [({"released_at": None}, "DRAFT"), ({"status": "entered-in-error"}, "VOID")])
def test_a_report_nobody_released_or_in_error_says_so(changes: dict[str, object], word: str) -> None:
    assert word in "".join(samples.whole(lab_report.render(samples.a_lab_report(**changes))).split())


@pytest.mark.parametrize(
    "status, words", [("preliminary", "Preliminary: not yet verified"), ("partial", "Partial"), ("final", "Final")]
)
def test_a_report_says_how_far_it_is(status: str, words: str) -> None:
    assert words in samples.whole(lab_report.render(samples.a_lab_report(status=status)))


def test_a_prescription_line_reads_one_way() -> None:
    text = samples.whole(prescription.render(samples.a_prescription()))
    assert "hydroCHLOROthiazide — 12.5 mg tablet" in text
    assert "DOSE 12.5 mg — oral — once a day — 28 days" in text
    assert "Weight 83.5 kg" in text and "MP 0553211" in text


def test_an_unsigned_prescription_says_so_and_doses_that_stand_against_each_other_are_both_there() -> None:
    line = samples.a_medicine(standing=("25 mg once a day",))
    text = samples.whole(prescription.render(samples.a_prescription(signed_at=None, lines=(line,))))
    assert "UNSIGNED" in "".join(text.split()) and "not signed" in text
    assert "Not settled, do not give. Also written: 25 mg once a day" in text


def test_a_stopped_medicine_says_why() -> None:
    line = samples.a_medicine(stopped="cough", brand="Ridaq")
    text = samples.whole(prescription.render(samples.a_prescription(lines=(line,), note="Ring before supply.")))
    assert "Stopped: cough" in text and "(Ridaq)" in text and "Ring before supply." in text


def test_a_summary_with_an_unsigned_note_says_so() -> None:
    draft = visit_summary.NoteText((("Plan", "Rest"),), "Dr T. Mbeki", None)
    text = samples.whole(visit_summary.render(samples.a_summary(notes=(draft,), ended_at=None)))
    assert "Dr T. Mbeki, not signed" in text and "still open" in text and "UNSIGNED" in "".join(text.split())
    assert "Addendum" in samples.whole(visit_summary.render(samples.a_summary()))


def test_an_appointment_says_weekday_time_and_telephone() -> None:
    text = samples.whole(appointment_slip.render(samples.a_slip()))
    assert "Monday, 23-Nov-2026 09:40" in text and "ring +27 31 555 0110" in text and "Scheme card" in text
    cancelled = samples.a_slip(cancelled=True, sheet=Sheet.A5, bring=())
    assert "VOID" in "".join(samples.whole(appointment_slip.render(cancelled)).split())


@pytest.mark.parametrize("accession", ["ACC-0A3-00204-7", human_number("ACC", 16383, 99999), "A", "1234567890123"])
def test_a_scanner_reads_the_sample_label(accession: str) -> None:
    pdf = specimen_label.render(samples.a_specimen_label(accession=accession))
    picture = raster.page_image(pdf, 0, 600)
    read = zxingcpp.read_barcodes(Image.frombytes("RGB", (picture.width, picture.height), picture.pixels))
    assert [(code.format, code.text) for code in read] == [(zxingcpp.BarcodeFormat.Code128, accession)]
    assert accession in samples.whole(pdf)


@pytest.mark.parametrize("accession", ["", "  ", "Ä-1", "ACC\n1", "A" * 40])
def test_a_number_that_is_no_barcode_is_refused(accession: str) -> None:
    with pytest.raises(BadInput, match="barcode"):
        specimen_label.render(samples.a_specimen_label(accession=accession))


@pytest.mark.hazard("H43")
def test_a_name_beyond_any_label_is_refused_by_name() -> None:
    someone = replace(samples.AMARA, name="Wolfe " * 400)
    with pytest.raises(BadInput, match="too long for a label"):
        specimen_label.render(samples.a_specimen_label(patient=someone))


@pytest.mark.hazard("H43")
def test_long_directions_go_on_to_a_second_label_and_nothing_is_cut() -> None:
    words = " ".join(f"step{n}" for n in range(150))
    pages = samples.pages(medicine_label.render(samples.a_medicine_label(directions=words)))
    assert len(pages) > 1
    assert all(f"step{n}" in " ".join(pages).split() for n in range(150))
    assert all("OKONKWO, Amara" in page and f"label {n} of {len(pages)}" in page for n, page in enumerate(pages, 1))


def test_several_labels_are_one_document() -> None:
    labels = (
        samples.a_medicine_label(),
        samples.a_medicine_label(medicine="ibuprofen 400 mg tablets", batch="", provisional="not lent"),
    )
    pages = samples.pages(medicine_label.render(labels))
    assert len(pages) == 2 and "ibuprofen" in pages[1] and "Provisional, to be confirmed: not lent" in pages[1]
    assert "Batch HC0873, expires 02-2027" in pages[0]
    assert len(samples.pages(specimen_label.render((samples.a_specimen_label(),) * 3))) == 3


def test_an_urgent_tube_says_so() -> None:
    assert "URGENT" in "".join(samples.whole(specimen_label.render(samples.a_specimen_label(urgent=True))).split())


def test_bytes_that_are_no_pdf_are_named() -> None:
    with pytest.raises(Damaged, match="can't be opened"):
        raster.page_sizes(b"no pdf")


def test_times_are_printed_as_given() -> None:
    assert wording.moment(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "02-Jan-2026 03:04"
