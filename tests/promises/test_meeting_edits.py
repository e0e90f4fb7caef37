# SPDX-License-Identifier: Apache-2.0
"""Two desks edit one patient apart: what can merge merges, what can't is shown side by side, facts only add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.model import Observation, Prescription
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.queries import own_place
from hms_desktop.clinic.inventory.service import receive_stock
from hms_desktop.clinic.lab import service_results, service_specimens
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import change_details
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.model import Dispense
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.storage.records import REGISTRY
from hms_desktop.ui.routes import ConflictInbox, PatientRecord
from installer.day import hands
from tests.promises.places import settled
from tests.promises.seats import Seat, ServedClinic, rows_of, served, words_of
from tests.promises.whole_visit import DOCTOR, STATION, Visit, furnish, see_a_patient

FACTS: tuple[Any, ...] = (Observation, LabResult, Payment, StockMove, Dispense)
OTHER, COLLEAGUE = "Pharmacy 2", "t.mbeki"


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


@pytest.mark.accepts("X-05")
def test_fields_merge_doses_wait_for_a_person_and_facts_add_up(
    met: tuple[ServedClinic, Visit, Seat, Seat],
) -> None:
    clinic, visit, a, b = met
    before = {fact: ids(a, fact) for fact in FACTS}
    amara = Registration(family="Okonkwo", given="Amara", born="1979-03-14", sex="female")
    details = partial(change_details, patient=visit.patient)
    a.do(partial(details, written=_with(amara, given="Amara Ngozi"), reason="As on her passport"))
    b.do(partial(details, written=_with(amara, language="Igbo", interpreter=True)))
    for seat, often, why in ((a, "morning", "Less to swallow"), (b, "12h", "Fever not down")):
        dose = make_dose(Decimal(100), "mg", "oral", often, 7)
        seat.do(lambda unit, d=dose, w=why: ehr.change_dose(unit, visit.prescription, d, w))  # type: ignore[misc]
        add_facts(seat, visit)
    apart = [{fact: ids(seat, fact) - before[fact] for fact in FACTS} for seat in (a, b)]
    clinic.server.start()
    for seat in (a, b):
        hands.until(lambda s=seat: s.says("conflicts") == "1 conflict to review", "only the dose waits", 60)  # type: ignore[misc]
        seat.in_step()
        row = seat.ask(lambda r: r.get(Patient, visit.patient))
        assert (row.given, row.language, row.interpreter) == ("Amara Ngozi", "Igbo", True)
        for fact in FACTS:
            assert ids(seat, fact) == before[fact] | apart[0][fact] | apart[1][fact], fact
    side_by_side(a, b, visit)


def _with(written: Registration, **values: Any) -> Registration:
    facts = {name: getattr(written, name) for name in written.__dataclass_fields__}
    return Registration(**(facts | values))


def add_facts(seat: Seat, visit: Visit) -> None:
    """Vital signs, a result of the same test, a payment, a delivery and a hand-over."""
    seat.do(lambda unit: ehr.record_vitals(unit, visit.patient, {"pulse": Decimal(88)}, encounter=visit.encounter))
    add_result(seat, visit)
    tender = Tender(CASH, 5000)
    seat.do(partial(payments.take_payment, patient=visit.patient, tenders=(tender,), invoices=()))
    batch = seat.ask(lambda r: r.rows(select(Batch.item, Batch.lot, Batch.expires))[0])
    place = seat.ask(own_place)
    more = partial(receive_stock, item=batch.item, lot=f"{batch.lot}{seat.workstation.desk.place.station[-1]}")
    seat.do(partial(more, expires=batch.expires + timedelta(days=9), quantity=Decimal(10), place=place))
    seat.do(partial(pharmacy.dispense, hand_over=HandOver(visit.prescription, Decimal(1), override_reason="Today")))


def add_result(seat: Seat, visit: Visit) -> None:
    """Potassium once more, from the order to the value: both desks measure it without knowing of each other."""
    test = next(test for test in seat.ask(orderable) if test.code == "K")
    order = partial(ehr.draft_order, category="laboratory", code="K", display=test.display, definition=test.id)
    asked = seat.do(lambda unit: order(unit, visit.patient, priority="urgent", again="Changed since the morning"))
    seat.do(partial(ehr.place_order, order=asked))
    tube = seat.do(lambda unit: service_specimens.collect(unit, [asked], identified=("name", "born")))[0]
    seat.do(lambda unit: service_specimens.receive(unit, tube.accession))
    seat.do(lambda unit: service_results.enter_results(unit, tube.specimen, asked, {"K": Decimal("4.9")}))


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
    hands.press("Ctrl+3")
    hands.until(lambda: any("Amara Ngozi" in row for row in rows_of(record.history.table)), "the history has it")
