# SPDX-License-Identifier: Apache-2.0
"""Printing from real records: every kind of document, the audit of looks and prints, COPY on reprints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Observation, Prescription
from hms_desktop.clinic.lab import service as laboratory
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules_cover import CoverTerms
from hms_desktop.clinic.patients.service_cover import record_coverage
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.documents.printing import Asked, Preview, preview, printed
from hms_desktop.security.audit import AccessEvent
from tests.clinic.ehr.practice import by_role
from tests.clinic.lab.laboratory import BOTH, Laboratory
from tests.clinic.meeting import Meeting, write
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk
from tests.documents import samples

TEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ROLES = ("receptionist", "doctor", "pharmacist", "cashier", "manager", "lab_verifier")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture
def desk(scene: Scene) -> Desk:
    """A desk where everything may be done."""
    return scene.meeting.desk("Desk A", *ROLES)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    """A laboratory with a practice around it."""
    opened = Laboratory(tmp_path)
    yield opened
    opened.close()


def show(desk: Desk, kind: str, subject: UUID) -> tuple[Preview, str]:
    """The preview of a document and its text."""
    found = desk.do(partial(preview, kind=kind, subject=subject))
    return found, samples.whole(found.pdf)


def events(desk: Desk) -> list[tuple[str, str]]:
    """Kind and detail of every look that was written down."""
    rows = desk.ask(lambda reader: reader.rows(select(AccessEvent.kind, AccessEvent.detail).order_by(AccessEvent.rid)))
    return [(row.kind, row.detail) for row in rows]


def invoiced(desk: Desk, scene: Scene) -> UUID:
    """An invoice over one visit."""
    charge = desk.do(partial(billing.add_item, patient=scene.patient, code="VISIT", quantity=Decimal(1)))
    return desk.do(partial(billing.issue_invoice, patient=scene.patient, charges=[charge]))


def test_an_invoice_and_its_receipt_say_what_billing_says(desk: Desk, scene: Scene) -> None:
    invoice = invoiced(desk, scene)
    found, text = show(desk, "invoice", invoice)
    for words in ("OKONKWO, Amara", "Visit", "ZAR 400.00", "Patient pays", "Riverbend Clinic", "Person at Desk A"):
        assert words in text
    assert (found.title, found.patient, found.copy) == ("Invoice", scene.patient, False)
    tenders = [Tender(CASH, 50_000)]
    desk.do(partial(payments.take_payment, patient=scene.patient, tenders=tenders, invoices=[invoice]))
    payment = desk.ask(lambda reader: reader.scalar(select(Payment.id)))
    _receipt, receipt = show(desk, "receipt", payment)
    for words in ("Handed over 500.00", "Change given 100.00", "Paid ZAR 400.00", "Left to pay ZAR 0.00"):
        assert words in receipt
    assert "Still to pay ZAR 0.00" in show(desk, "invoice", invoice)[1]


def test_an_estimate_is_no_invoice_and_no_copy_of_the_last(desk: Desk, scene: Scene) -> None:
    terms = [
        CoverTerms(payer="First Fund", patient_share_percent=Decimal(50), valid_to="2026-11"),
        CoverTerms(payer="Second Fund", patient_share_percent=Decimal(75), order=2),
    ]
    for one in terms:
        desk.do(partial(record_coverage, patient=scene.patient, terms=one))
    with pytest.raises(Refused, match="Choose at least one line"):
        show(desk, "estimate", scene.patient)
    visits = [
        desk.do(partial(billing.add_item, patient=scene.patient, code="VISIT", quantity=Decimal(1))) for _n in "ab"
    ]
    found, text = show(desk, "estimate", scene.patient)
    for words in (
        "Estimate, not an invoice", "Valid until 30-Nov-2026", "First Fund, Second Fund", "First Fund pays ZAR 400.00",
        "Second Fund pays ZAR 100.00", "Patient pays ZAR 300.00", "It asks for no money",
    ):  # fmt: skip
        assert words in text, text
    assert "INV-" not in text and (found.title, found.patient) == ("Estimate", scene.patient)
    desk.do(partial(printed, asked=Asked("estimate", scene.patient)))
    about = {"charges": visits[:1], "use_cover": False}
    again = desk.do(partial(preview, kind="estimate", subject=scene.patient, about=about))
    said = samples.whole(again.pdf)
    assert not again.copy and "Total ZAR 400.00" in said and "Valid until 23-Dec-2026" in said and "Fund" not in said
    invoice = desk.do(partial(billing.issue_invoice, patient=scene.patient, charges=visits))
    assert "Second Fund pays ZAR 100.00" in show(desk, "invoice", invoice)[1]


def test_what_was_printed_before_is_a_copy_and_every_look_is_written_down(desk: Desk, scene: Scene) -> None:
    invoice = invoiced(desk, scene)
    before = len(events(desk))
    first, text = show(desk, "invoice", invoice)
    assert not first.copy and "COPY" not in text
    assert not show(desk, "invoice", invoice)[0].copy
    desk.do(partial(printed, asked=Asked("invoice", invoice)))
    again, text = show(desk, "invoice", invoice)
    assert again.copy and "COPY" in text
    assert [kind for kind, _detail in events(desk)[before:]] == ["document", "document", "print", "document"]
    looks = [f"invoice {invoice}"] * 4
    looks[2] += " original"
    assert [detail for _kind, detail in events(desk)[before:]] == looks


def test_a_right_is_needed_to_print_and_to_see(scene: Scene, desk: Desk) -> None:
    invoice = invoiced(desk, scene)
    scene.meeting.meet()
    nurse = scene.meeting.desk("Nurses", "nurse")
    with pytest.raises(NotAllowed):
        nurse.do(partial(preview, kind="invoice", subject=invoice))
    with pytest.raises(NotAllowed):
        nurse.do(partial(printed, asked=Asked("invoice", invoice)))
    assert events(nurse) == [
        ("denied", "documents.preview invoice.read"), ("denied", "documents.print invoice.read"),
    ]  # fmt: skip


def test_unknown_kinds_and_subjects_are_named(desk: Desk) -> None:
    with pytest.raises(BadInput, match="no document called “poster”"):
        desk.do(partial(preview, kind="poster", subject=uuid4()))
    for kind in (
        "estimate",
        "invoice",
        "receipt",
        "lab-report",
        "specimen-label",
        "prescription",
        "visit-summary",
        "appointment-slip",
        "medicine-label",
    ):
        with pytest.raises(NotFound):
            desk.do(partial(preview, kind=kind, subject=uuid4()))


def test_a_booking_that_no_lease_covers_is_printed_as_provisional(scene: Scene, desk: Desk) -> None:
    booking = desk.do(partial(bookings.book, patient=scene.patient, session=scene.session, starts=TEN))
    text = show(desk, "appointment-slip", booking)[1]
    assert "Provisional, to be confirmed" in text
    for words in ("Monday, 23-Nov-2026 10:00", "General practice", "15 min", "Mbeki"):
        assert words in text


def test_a_hand_over_has_a_label_with_batch_and_expiry(scene: Scene, desk: Desk) -> None:
    scene.no_allergies()
    prescription = scene.prescription()
    asked = HandOver(prescription, Decimal(6), override_reason="travels")
    handed = desk.do(partial(pharmacy.dispense, hand_over=asked))
    text = show(desk, "medicine-label", handed)[1]
    for words in (
        "amoxicillin",
        "6 capsule",
        "AM01",
        "31-Dec-2026",
        "Finish the course.",
        "OKONKWO, Amara",
        "Person at Desk A",
        "Provisional, to be confirmed",
    ):
        assert words in text


def test_a_prescription_is_printed_alone(scene: Scene, desk: Desk) -> None:
    text = show(desk, "prescription", scene.prescription())[1]
    assert "amoxicillin — 500 mg capsule" in text and "DOSE 500 mg — oral — three times a day — 7 days" in text
    assert "Quantity 21 capsule" in text and "UNSIGNED" not in "".join(text.split())
    draft = show(desk, "prescription", scene.prescription(status="draft"))[1]
    assert "UNSIGNED" in "".join(draft.split())
    stopped = show(desk, "prescription", scene.prescription(status="stopped", stop_reason="rash"))[1]
    assert "Stopped: rash" in stopped


def test_a_visit_is_printed_with_its_note(lab: Laboratory) -> None:
    patient = lab.patient()
    visit = lab.visit(patient)
    with pytest.raises(Refused, match="Nothing was prescribed"):
        lab.do(preview, kind="prescription", subject=visit)
    lab.add(
        Observation,
        patient=patient,
        encounter=visit,
        category="vital-signs",
        code="8867-4",
        display="Pulse",
        value=Decimal(84),
        unit="/min",
        at=lab.later(minutes=1),
    )
    lab.do(ehr.write_note, visit, {"symptoms": "Headache.", "plan": "Rest <b>well</b>."})
    draft = samples.whole(lab.do(preview, kind="visit-summary", subject=visit).pdf)
    assert "UNSIGNED" in "".join(draft.split()) and "Rest <b>well</b>." in draft and "Pulse 84 /min" in draft
    lab.add(
        Prescription,
        patient=patient,
        encounter=visit,
        display="ibuprofen",
        form="400 mg tablet",
        status="draft",
        written=lab.later(minutes=1),
        prn=False,
    )
    assert "ibuprofen" in samples.whole(lab.do(preview, kind="prescription", subject=visit).pdf)


@pytest.mark.hazard("H13")
def test_a_corrected_report_strikes_the_old_value_and_an_old_version_warns(lab: Laboratory) -> None:
    patient = lab.patient()
    order = lab.ordered(patient)
    result = lab.entered(lab.received(order), order, K="6.9")[0]
    lab.told(result, "6.9")
    lab.verified(result)
    release = lab.do(laboratory.release, order, who=lab.verifier)
    text = samples.whole(lab.do(preview, kind="lab-report", subject=release, who=lab.verifier).pdf)
    assert "6.9" in text and "Version 1" in text and "Final" in text and "HH" in text
    assert "told to Dr T. Mbeki (phone)" in text and "Read back as 6.9" in text
    other = by_role("Tumi Sono", "lab_verifier")
    fixed = lab.do(laboratory.correct_result, result, Decimal("4.6"), "wrong tube", who=other)
    lab.verified(fixed)
    again = lab.do(laboratory.release, order, who=lab.verifier)
    new = samples.whole(lab.do(preview, kind="lab-report", subject=again, who=lab.verifier).pdf)
    for words in ("Corrected • Version 2", "4.6", "Corrected from 6.9 by", "wrong tube", "3.5 to 5.1"):
        assert words in new
    old = samples.whole(lab.do(preview, kind="lab-report", subject=release, who=lab.verifier).pdf)
    assert "A newer version of this report has been released" in old


def test_a_tube_is_labelled_for_its_patient(lab: Laboratory) -> None:
    (tube,) = lab.do(laboratory.collect, [lab.ordered(lab.patient(), priority="stat")], identified=BOTH, who=lab.nurse)
    text = samples.whole(lab.do(preview, kind="specimen-label", subject=tube.specimen, who=lab.nurse).pdf)
    assert tube.accession in text and "OKONKWO, Amara" in text and "Khanyi Moyo" in text
    assert "URGENT" in "".join(text.split())


def test_estimates_of_age_and_death_stand_in_the_banner(desk: Desk, scene: Scene) -> None:
    other = scene.meeting.setup(
        write(
            Patient,
            family="Nel",
            given="Piet",
            name_known=True,
            born="1950",
            born_estimated=True,
            sex="male",
            deceased_on="2026-11-01",
            mrn="MRN-1",
            temporary=False,
            active=True,
        )
    )
    charge = desk.do(partial(billing.add_item, patient=other, code="VISIT", quantity=Decimal(1)))
    text = show(desk, "invoice", desk.do(partial(billing.issue_invoice, patient=other, charges=[charge])))[1]
    assert "Died 01-Nov-2026" in text and "about 1950" in text and "ALLERGIES NOT RECORDED" in text
