# SPDX-License-Identifier: Apache-2.0
"""One of every document, about invented people, and how to read a PDF back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pypdfium2

from hms_desktop.core.money import Money
from hms_desktop.documents import (
    appointment_slip,
    invoice,
    lab_report,
    medicine_label,
    prescription,
    receipt,
    specimen_label,
    visit_summary,
)
from hms_desktop.documents.identity import AllergyBox, AllergyState, ClinicHead, PatientOnPaper, PrintRun

CLINIC = ClinicHead("Riverbend Clinic", ("12 Mill Street", "Riverbend 4001"), "+27 31 555 0110")
KNOWN = AllergyBox(
    AllergyState.KNOWN, ("Penicillin (anaphylaxis)", "latex (rash)"), "Recorded by Dr T. Mbeki, 11-Jun-2019"
)
AMARA = PatientOnPaper(
    "OKONKWO, Amara (Mrs)", "1979-03-14", "47 y", "Female", "MRN-0A1-00771-K", KNOWN, national="790314 5521 08"
)
RUN = PrintRun("Imran Rasool", datetime(2026, 11, 23, 9, 54, tzinfo=UTC), "Front desk 2")


def rand(cents: int) -> Money:
    """South African rand from cents."""
    return Money(cents, "ZAR")


def pages(pdf: bytes) -> list[str]:
    """The text of each page, every run of white space as one space."""
    with pypdfium2.PdfDocument(pdf) as document:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]


def whole(pdf: bytes) -> str:
    """The text of all pages."""
    return " ".join(pages(pdf))


BILLED = (
    ("0190", "Consultation, general practice", 1, (40000, 40000, 32000, 8000), "Dr T. Mbeki, 23-Nov-2026", "Part"),
    ("4171", "Urea and electrolytes", 1, (21250, 21250, 21250, 0), "ACC-0A3-00204-7, urgent", "Covered"),
    ("1232", "ECG, resting", 1, (28500, 28500, 0, 28500), "Done in room 3", "Needs a code"),
    ("MED", "hydroCHLOROthiazide 12.5 mg", 28, (62, 1736, 1736, 0), "28 tablets", "Covered"),
    ("MED", "Blood pressure cuff, large", 1, (34900, 34900, 0, 34900), "Stock item, home use", "Not covered"),
)
"""Code, words, count, cents (each, in all, the scheme's share, the patient's), where from, how covered."""


def an_invoice(**changes: object) -> invoice.Invoice:
    """An invoice whose lines are split between a scheme and the patient."""
    lines = tuple(
        invoice.InvoiceLine(code, words, Decimal(count), rand(each), rand(all), rand(payer), rand(own), source, covered)
        for code, words, count, (each, all, payer, own), source, covered in BILLED
    )
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "number": "INV-0A1-10482-C",
        "issued": date(2026, 11, 23),
        "lines": lines,
        "total": rand(126386),
        "payer_total": rand(54986),
        "patient_total": rand(71400),
        "due": rand(0),
        "payer": "Protea Health, Standard",
        "member": "PH 4471 0093, dependant 01",
        "visit": "23-Nov-2026, Dr T. Mbeki",
        "prices": "2026 scheme tariff, version 3",
        "tax": "Tax included: ZAR 45.52 (15 % on ZAR 349.00).",
        "payments": (invoice.PaymentLine("RCT-0A1-10483-X", date(2026, 11, 23), "Cash", rand(71400)),),
    }
    return invoice.Invoice(**(values | changes))  # type: ignore[arg-type]


def a_receipt(**changes: object) -> receipt.Receipt:
    """A cash receipt on the roll."""
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "number": "RCT-0A1-10483-X",
        "taken_at": datetime(2026, 11, 23, 9, 53, tzinfo=UTC),
        "taken_by": "Zanele Ndlovu",
        "tenders": (receipt.TenderLine("Cash", rand(71400), rand(80000), rand(8600)),),
        "settled": (receipt.SettledLine("INV-0A1-10482-C", rand(71400)),),
        "total": rand(71400),
        "balance": rand(0),
    }
    return receipt.Receipt(**(values | changes))  # type: ignore[arg-type]


AT = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)


def a_lab_report(**changes: object) -> lab_report.LabReport:
    """A corrected report with a critical potassium that was read back."""
    corrected = lab_report.OldValue("6.9", "Lerato Khumalo", AT, "Sample was haemolysed, repeated on a new one")
    chemistry = lab_report.ResultGroup(
        "Urea and electrolytes",
        (
            lab_report.ResultLine("Sodium", "139", "mmol/L", "", "136 to 145"),
            lab_report.ResultLine(
                "Potassium", "6.4", "mmol/L", "HH", "3.5 to 5.1", "Repeated twice", "ISE, indirect", (corrected,)
            ),
            lab_report.ResultLine("Urea", "9.1", "mmol/L", "H", "2.1 to 7.1"),
            lab_report.ResultLine("Creatinine", "74", "umol/L", "", "49 to 90"),
        ),
        "ACC-0A3-00204-7",
        "Serum, gel tube",
        AT,
        AT,
    )
    blood = lab_report.ResultGroup(
        "Full blood count",
        (
            lab_report.ResultLine("Haemoglobin", "11.2", "g/dL", "L", "12 to 15"),
            lab_report.ResultLine("White cells", "", "10*9/L", "", "4 to 11", pending=True),
        ),
        "ACC-0A3-00205-M",
        "EDTA blood",
    )
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "number": "ORD-0A1-00931-T",
        "status": "corrected",
        "version": 2,
        "groups": (chemistry, blood),
        "laboratory": "Riverbend Clinic Laboratory, 12 Mill Street",
        "requested_by": "Dr T. Mbeki",
        "requested_at": AT,
        "released_by": "Dr P. Naidoo",
        "released_at": AT,
        "verified_by": "Lerato Khumalo",
        "comment": "Repeat potassium within 2 h.",
        "calls": (
            lab_report.CriticalCall("Potassium 6.4 mmol/L", "Sister Dube", "telephone", AT, "6.4", "Lerato Khumalo"),
        ),
    }
    return lab_report.LabReport(**(values | changes))  # type: ignore[arg-type]


def a_medicine(**changes: object) -> prescription.MedicineLine:
    """A medicine line of a prescription."""
    values: dict[str, object] = {
        "medicine": "hydroCHLOROthiazide",
        "strength": "12.5 mg tablet",
        "dose": "12.5 mg",
        "how": ("oral", "once a day", "28 days"),
        "quantity": "28 tablets",
        "repeats": "5",
        "instructions": "Take in the morning.",
        "reason": "Hypertension",
    }
    return prescription.MedicineLine(**(values | changes))  # type: ignore[arg-type]


def a_prescription(**changes: object) -> prescription.Prescription:
    """A signed prescription of two medicines."""
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "number": "RX-0A1-07741-2",
        "lines": (
            a_medicine(),
            a_medicine(
                medicine="azithromycin",
                strength="500 mg tablet",
                dose="500 mg",
                how=("oral", "once a day", "3 days"),
                quantity="3 tablets",
                repeats="",
                instructions="",
                reason="Sinusitis",
            ),
        ),
        "prescriber": "Dr T. Mbeki",
        "registration": "MP 0553211",
        "signed_at": AT,
        "weight": "83.5 kg, 23-Nov-2026",
    }
    return prescription.Prescription(**(values | changes))  # type: ignore[arg-type]


def a_summary(**changes: object) -> visit_summary.VisitSummary:
    """A visit with a signed note and an addendum."""
    note = visit_summary.NoteText(
        (
            ("History", "Headache for two weeks, worse in the morning."),
            ("Assessment", "Essential hypertension, not controlled."),
        ),
        "Dr T. Mbeki",
        AT,
    )
    later = visit_summary.NoteText((("", "Potassium reported high, recalled today."),), "Dr T. Mbeki", AT, True)
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "number": "ENC-0A1-00555-1",
        "started_at": AT,
        "clinician": "Dr T. Mbeki",
        "reason": "Headache",
        "ended_at": AT,
        "problems": ("Essential hypertension, since 2019", "Type 2 diabetes mellitus, since 03-2021"),
        "vitals": (
            visit_summary.Measured("Blood pressure", "162/98 mmHg", "H", "below 140/90", AT),
            visit_summary.Measured("Pulse", "84 /min", "", "60 to 100", AT),
        ),
        "notes": (note, later),
        "orders": ("Potassium, urgent", "Full blood count"),
        "results": (visit_summary.Measured("Potassium", "6.4 mmol/L", "HH", "3.5 to 5.1", AT),),
        "medicines": (a_medicine(),),
        "next_steps": "Come back in two weeks. Go to the emergency room with chest pain.",
    }
    return visit_summary.VisitSummary(**(values | changes))  # type: ignore[arg-type]


def a_slip(**changes: object) -> appointment_slip.AppointmentSlip:
    """A firm booking on the roll."""
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "number": "APT-0A1-02001-R",
        "starts_at": AT,
        "minutes": 20,
        "with_whom": "Dr T. Mbeki",
        "place": "Room 3",
        "service": "Follow-up",
        "bring": ("Your medicines", "Scheme card"),
    }
    return appointment_slip.AppointmentSlip(**(values | changes))  # type: ignore[arg-type]


def a_medicine_label(**changes: object) -> medicine_label.MedicineLabel:
    """The label of a dispensed medicine."""
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "medicine": "hydroCHLOROthiazide 12.5 mg tablets",
        "directions": "Take ONE tablet ONCE a day in the morning.",
        "quantity": "28 tablets",
        "supplied": date(2026, 11, 23),
        "number": "RX-0A1-07741-2",
        "batch": "HC0873",
        "expires": "02-2027",
        "checked_by": "Imran Rasool",
        "cautions": ("May make you dizzy. Stand up slowly.",),
    }
    return medicine_label.MedicineLabel(**(values | changes))  # type: ignore[arg-type]


def a_specimen_label(**changes: object) -> specimen_label.SpecimenLabel:
    """The label of a tube."""
    values: dict[str, object] = {
        "clinic": CLINIC,
        "patient": AMARA,
        "run": RUN,
        "accession": "ACC-0A3-00204-7",
        "container": "Gel tube 5 mL",
        "tests": ("K", "U&E"),
        "collected_at": AT,
        "collected_by": "N. Dube",
    }
    return specimen_label.SpecimenLabel(**(values | changes))  # type: ignore[arg-type]
