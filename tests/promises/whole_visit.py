# SPDX-License-Identifier: Apache-2.0
"""A served clinic with everything in it: the demo clinic's lists, and one patient from the door to the till."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments import service as booking
from hms_desktop.clinic.appointments.queries_slots import slots_on
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.billing import service_payments as payments
from hms_desktop.clinic.billing.model import Payment
from hms_desktop.clinic.billing.queries import open_charges
from hms_desktop.clinic.billing.queries_documents import invoice_page, invoice_row
from hms_desktop.clinic.billing.rules import CASH, Tender
from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.queries_notes import visit_note
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.inventory.queries import find_items
from hms_desktop.clinic.lab import service_release, service_results, service_specimens
from hms_desktop.clinic.lab.model import LabResult
from hms_desktop.clinic.lab.queries_catalogue import orderable
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.rules_cover import CoverTerms
from hms_desktop.clinic.patients.service import raise_flag, register
from hms_desktop.clinic.patients.service_cover import record_coverage
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.commands.bench import Bench
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from installer.day import set_up
from installer.day.people import DemoPerson
from tests.promises.seats import ServedClinic
from tests.server.process import PASSWORD

T = TypeVar("T")
ROLES = (
    "doctor", "receptionist", "nurse", "pharmacist", "cashier", "manager", "lab_technologist", "lab_verifier",
    "privacy_officer",
)  # fmt: skip
DOCTOR, STATION = "n.haddad", "Pharmacy 1"
SECOND, THIRD = "j.okafor", "k.brandt"
WORK = {"service": "General practice", "place": "Room 1"}


ABOUT: dict[str, dict[str, object]] = {"prepared-label": {"quantity": Decimal(1), "picks": ()}}
"""What some kinds of paper must be told besides what they are of."""


@dataclass
class Visit:
    """What one visit left."""

    patient: UUID
    other: UUID
    appointment: UUID
    encounter: UUID
    order: UUID
    specimen: UUID
    result: UUID
    release: UUID
    prescription: UUID
    hand_over: UUID
    invoice: UUID
    payment: UUID


def furnish(clinic: ServedClinic) -> None:
    """People with the test password, and the demo clinic's hours, tests, medicines, stock and prices."""
    names = {DOCTOR: ("Dr Nadia Haddad", "Haddad", "Nadia"), "t.mbeki": ("Dr Thabo Mbeki", "Mbeki", "Thabo")}
    home, accounts = clinic.server.home, {}
    for login, (name, family, given) in names.items():
        person = clinic.server.employ(login, name, ROLES)
        work = {"family": family, "given": given, "prefix": "Dr", "speciality": "General practice"} | WORK
        accounts[person] = DemoPerson(login, name, ROLES, PASSWORD, practitioner=work)
    for login, roles in ((SECOND, ("lab_technologist",)), (THIRD, ("lab_verifier",))):
        clinic.server.employ(login, login, roles)
    set_up.fill(home, accounts)


def see_a_patient(clinic: ServedClinic, station: str) -> Visit:
    """Two patients registered; one booked, seen, tested, treated and billed at a workstation that may do everything."""
    walk = Walk({login: clinic.server.bench(clinic.folder / station, login) for login in (DOCTOR, SECOND, THIRD)})
    try:
        return walk.whole()
    finally:
        walk.close()


def something_to_invoice(unit: Unit, visit: Visit) -> UUID:
    """Work that is on no invoice yet, the same as on the invoice of the visit; returns the patient."""
    if not open_charges(unit, visit.patient):
        code = invoice_page(unit, visit.invoice).lines[0].code
        billing.add_item(unit, patient=visit.patient, code=code, quantity=Decimal(1))
    return visit.patient


class Walk:
    """Whoever works at one workstation, and what they do for one patient."""

    def __init__(self, benches: dict[str, Bench]) -> None:
        self._benches = benches

    def close(self) -> None:
        self._benches[DOCTOR].exchange.catch_up()
        for bench in self._benches.values():
            bench.store.close()

    def do(self, action: Callable[[Unit], T], login: str = DOCTOR) -> T:
        bench: Bench = self._benches[login]
        return bench.store.act(action, bench.acting)

    def ask(self, query: Callable[[Reader], T]) -> T:
        bench = self._benches[DOCTOR]
        return bench.store.read(query, bench.acting)

    def whole(
        self, family: str = "Okonkwo", other: str = "Naidoo", phone: str = "0101", passport: str = "3456"
    ) -> Visit:
        """One visit; telephone and passport are told apart by their endings."""
        amara = Registration(family=family, given="Amara", born="1979-03-14", sex="female", phone=f"+2782555{phone}",
                             identifiers=(("passport", f"A0912{passport}"),))  # fmt: skip
        return self._of(self.do(partial(register, written=amara)), other)

    def _of(self, patient: UUID, family: str) -> Visit:
        priya = Registration(family=family, given="Priya", born="1990", sex="female")
        other = self.do(partial(register, written=priya))
        self.do(partial(raise_flag, patient=patient, kind="access", text="Hard of hearing"))
        terms = CoverTerms(payer="Umoya Health", plan="Standard", member_id="UH-1", patient_share_percent=Decimal(20))
        self.do(partial(record_coverage, patient=patient, terms=terms))
        appointment, encounter = self._arrive(patient)
        orders, prescription = self._consult(patient, encounter)
        specimen, result, release = self._test(orders)
        six = HandOver(prescription, Decimal(6), override_reason="Now")
        hand_over = self.do(partial(pharmacy.dispense, hand_over=six))
        invoice, payment = self._bill(patient)
        return Visit(patient, other, appointment, encounter, orders[0], specimen, result, release, prescription,
                     hand_over, invoice, payment)  # fmt: skip

    def _arrive(self, patient: UUID) -> tuple[UUID, UUID]:
        def free(reader: Reader) -> tuple[UUID, object]:
            today = reader.now.astimezone(reader.clinic.zone).date()
            slots = [s for n in range(8) for s in slots_on(reader, today + timedelta(days=n))]
            slot = next(s for s in slots if s.use.free and s.time.starts > reader.now)
            return slot.session.id, slot.time.starts

        session, starts = self.ask(free)
        book = partial(booking.book, patient=patient, session=session, starts=starts, reason="Cough")  # type: ignore[arg-type]
        appointment = self.do(book)
        return appointment, self.do(partial(booking.check_in, appointment=appointment, other_day=True))

    def _consult(self, patient: UUID, encounter: UUID) -> tuple[list[UUID], UUID]:
        self.do(lambda unit: ehr.begin_visit(unit, encounter))
        allergy = partial(ehr.record_allergy, criticality="high", reaction="Anaphylaxis", confirmed=True)
        self.do(lambda unit: allergy(unit, patient, "Penicillin", category="medication"))
        readings = {"systolic": Decimal(118), "diastolic": Decimal(74), "temperature": Decimal("38.4")}
        self.do(lambda unit: ehr.record_vitals(unit, patient, readings, encounter=encounter))
        self.do(lambda unit: ehr.write_note(unit, encounter, {"symptoms": "Cough for three days."}))
        test = next(test for test in self.ask(orderable) if test.code == "K")
        order = partial(ehr.draft_order, category="laboratory", code="K", display=test.display, definition=test.id)
        self.do(lambda unit: order(unit, patient, encounter=encounter, priority="urgent"))
        item = self.ask(lambda reader: find_items(reader, "doxycycline"))[0]
        dose = make_dose(Decimal(100), "mg", "oral", "twice", 7)
        self.do(lambda u: ehr.draft_prescription(u, patient, dose, medicine=item.id, encounter=encounter))
        note = self.ask(lambda reader: visit_note(reader, encounter))
        assert note is not None
        signed = self.do(lambda unit: ehr.sign_visit(unit, encounter, note.digest))
        return list(signed.orders), signed.prescriptions[0]

    def _test(self, orders: list[UUID]) -> tuple[UUID, UUID, UUID]:
        tube = self.do(lambda unit: service_specimens.collect(unit, orders, identified=("name", "born")))[0]
        self.do(lambda unit: service_specimens.receive(unit, tube.accession))
        self.do(lambda u: service_results.enter_results(u, tube.specimen, orders[0], {"K": Decimal("5.6")}))
        result = self.ask(lambda r: r.one(select(LabResult.id).where(LabResult.order == orders[0]))).id
        self.do(lambda unit: service_results.verify(unit, [result]), SECOND)
        self.do(lambda unit: service_results.validate(unit, [result]), THIRD)
        return tube.specimen, result, self.do(lambda unit: service_release.release(unit, orders[0]), THIRD)

    def _bill(self, patient: UUID) -> tuple[UUID, UUID]:
        charges = [row.id for row in self.ask(lambda r: open_charges(r, patient))]
        invoice = self.do(partial(billing.issue_invoice, patient=patient, charges=charges))
        due = self.ask(lambda r: invoice_row(r, invoice)).patient_total
        take = partial(payments.take_payment, patient=patient, tenders=(Tender(CASH, due),), invoices=(invoice,))
        self.do(take)
        return invoice, self.ask(lambda r: r.one(select(Payment.id).where(Payment.invoice == invoice))).id
