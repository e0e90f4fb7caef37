# SPDX-License-Identifier: Apache-2.0
"""Which print is the original and which a copy, on what paper, and what is provisional; one clinic for all of it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.queries_account import receipt_subject
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.ehr.model import Prescription
from hms_desktop.clinic.inventory.rules import Pick
from hms_desktop.clinic.patients.rules_cover import CoverTerms
from hms_desktop.clinic.patients.service_cover import record_coverage
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.documents import raster
from hms_desktop.documents.printing import KINDS, Asked, HandedOut, not_printed, preview, printed
from hms_desktop.security.versions import station_word
from hms_desktop.storage.unit import set_meta
from tests.clinic.meeting import Meeting, change
from tests.clinic.scene import Scene, make_scene
from tests.desk import Desk
from tests.documents import samples
from tests.documents.test_printing import ROLES, events, invoiced, show
from tests.documents.zpl_reader import read_zpl


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A clinic on Monday morning; each test has papers of its own."""
    meeting = Meeting(tmp_path_factory.mktemp("copies"))
    yield make_scene(meeting)
    meeting.close()


@pytest.fixture(scope="module")
def desk(scene: Scene) -> Desk:
    """A desk where everything may be done."""
    return scene.meeting.desk("Desk A", *ROLES)


def clock_of(desk: Desk) -> str:
    """The time of the day at the clinic."""
    return desk.ask(lambda reader: f"{reader.now.astimezone(reader.clinic.zone):%H:%M}")


def printing_of(desk: Desk, kind: str, subject: UUID, **more: Any) -> HandedOut:
    """Print a document."""
    return desk.do(partial(printed, asked=Asked(kind, subject, **more)))


def test_a_copy_says_which_it_is_and_when_and_where_the_first_was_printed_there_too(scene: Scene, desk: Desk) -> None:
    invoice = invoiced(desk, scene)
    other = scene.meeting.desk("Desk B", *ROLES)
    scene.meeting.meet()
    handed, first = printing_of(desk, "invoice", invoice), clock_of(desk)
    assert "COPY" not in samples.whole(handed.data) and len(handed.prints) == 1
    assert show(other, "invoice", invoice)[0].copy == 0, "what nobody has told this workstation does not count"
    scene.meeting.pass_minutes(11)
    scene.meeting.meet()
    found, text = show(other, "invoice", invoice)
    assert found.copy == 1 and "COPY 1" in text
    said = f"Copy 1 of the print of 23-Nov-2026 {first}, {station_word({}, 2)}, as far as is known here"
    assert said in text and found.copy_words == said
    assert "COPY 1" in samples.whole(printing_of(other, "invoice", invoice).data)
    assert events(other)[-1] == ("print", f"invoice {invoice} copy 1")
    scene.meeting.meet()
    assert show(desk, "invoice", invoice)[0].copy == 2


def test_what_the_printer_did_not_take_is_no_original(scene: Scene, desk: Desk) -> None:
    invoice = invoiced(desk, scene)
    handed = printing_of(desk, "invoice", invoice)
    desk.do(partial(not_printed, prints=handed.prints))
    assert show(desk, "invoice", invoice)[0].copy == 0
    assert ("print", f"invoice {invoice} original") in events(desk), "the try stays written down"


def test_what_has_changed_since_it_was_shown_does_not_leave(scene: Scene, desk: Desk) -> None:
    invoice = invoiced(desk, scene)
    seen, _text = show(desk, "invoice", invoice)
    scene.meeting.pass_minutes(1)
    asked = Asked("invoice", invoice)
    handed = desk.do(partial(printed, asked=asked, seen=seen.drawn))
    assert clock_of(desk) in samples.whole(handed.data), "the minute of the print is on it"
    before = len(events(desk))
    with pytest.raises(Refused, match="has changed since it was shown"):
        desk.do(partial(printed, asked=asked, seen=seen.drawn))
    assert len(events(desk)) == before


def test_each_kind_prints_on_the_paper_that_was_chosen(scene: Scene, desk: Desk) -> None:
    invoice = invoiced(desk, scene)
    tenders = [Tender(CASH, 40_000)]
    desk.do(partial(payments.take_payment, patient=scene.patient, tenders=tenders, invoices=[invoice]))
    receipt = desk.ask(lambda reader: reader.scalar(select(Payment.id)))
    wide = {"A4": 210, "A5": 148, "80mm": 80}
    for kind, subject, sizes in (
        ("invoice", invoice, ("A4", "A5", "80mm")),
        ("receipt", receipt, ("80mm", "A5", "A4")),
    ):
        assert KINDS[kind].sizes == sizes
        for size in ("", *sizes):
            found = desk.do(partial(preview, kind=kind, subject=subject, size=size))
            assert found.size == (size or sizes[0])
            assert round(raster.page_sizes(found.pdf)[0].width) == wide[found.size]
    with pytest.raises(BadInput, match="Only labels print on a label printer"):
        desk.do(partial(printed, asked=Asked("invoice", invoice), form="zpl203"))


def test_a_prescription_printed_again_is_a_copy_until_it_says_something_else(scene: Scene, desk: Desk) -> None:
    scene.no_allergies()
    one = scene.prescription(status="completed")
    printing_of(desk, "prescription", one)
    assert show(desk, "prescription", one)[0].copy == 1
    scene.meeting.setup(change(Prescription, one, quantity=Decimal(9)))
    scene.meeting.meet()
    assert show(desk, "prescription", one)[0].copy == 0, "another prescription than the one on paper"


def test_the_label_of_what_is_handed_over_is_a_copy_of_the_one_put_on_it(scene: Scene, desk: Desk) -> None:
    scene.no_allergies()
    prescription = scene.prescription()
    pick = Pick(scene.early, "AM01", Decimal(6))
    about = {"quantity": Decimal(6), "picks": [pick]}
    label = desk.do(partial(printed, asked=Asked("prepared-label", prescription, about), form="zpl203"))
    assert "amoxicillin 500 mg capsule" in read_zpl(label.data)[0].words
    first = HandOver(prescription, Decimal(6), picks=(pick,), override_reason="travels")
    handed = desk.do(partial(pharmacy.dispense, hand_over=first))
    found, text = show(desk, "medicine-label", handed)
    assert found.copy == 1 and "COPY1" in text.replace(" ", "") and found.size == "label"
    again = desk.do(partial(preview, kind="prepared-label", subject=prescription, about=about))
    assert again.copy == 0, "the next part of the same medicine is another label"


def test_money_that_nobody_was_lent_is_provisional_until_the_server_has_it(scene: Scene, desk: Desk) -> None:
    terms = CoverTerms(payer="First Fund", patient_share_percent=Decimal(50), cap=100_000, cap_period="year")
    desk.do(partial(record_coverage, patient=scene.patient, terms=terms))
    invoice = invoiced(desk, scene)
    text = show(desk, "invoice", invoice)[1]
    assert "Provisional, to be confirmed" in text and "The server has not confirmed it yet" in text
    take = partial(payments.take_payment, patient=scene.patient)
    desk.do(partial(take, tenders=[Tender(CASH, 30_000)], invoices=[], keep=True))
    number = desk.do(partial(take, tenders=[Tender("credit", 20_000)], invoices=[invoice]))
    receipt = desk.ask(partial(receipt_subject, number=number))
    assert "Paid from credit. The server has not confirmed yet" in show(desk, "receipt", receipt)[1]
    with desk.store.writing() as connection:
        set_meta(connection, "acknowledged", 1_000_000)
    for kind, subject in (("invoice", invoice), ("receipt", receipt)):
        assert "Provisional" not in show(desk, kind, subject)[1]
