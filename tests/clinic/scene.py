# SPDX-License-Identifier: Apache-2.0
"""A small clinic for tests of the upper modules: places, a session, a patient, a medicine on two batches, prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.ehr.model import NoKnownAllergy, Prescription
from hms_desktop.clinic.inventory import service as stock
from hms_desktop.clinic.inventory.rules import stock_subject
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.staff.model import Place, Practitioner, SessionTemplate
from hms_desktop.core.clock import instant
from hms_desktop.security.accounts import SiteSetting
from hms_desktop.security.roles import policy
from hms_desktop.storage.leases import Lease
from tests.clinic.meeting import Meeting, medicine, write
from tests.desk import MONDAY_09_00, person

TODAY = date(2026, 11, 23)
GTIN = "06001234567899"


@dataclass
class Scene:
    """Ids of what is there at the start."""

    meeting: Meeting
    pharmacy: UUID
    session: UUID
    practitioner: UUID
    patient: UUID
    amoxicillin: UUID
    early: UUID
    late: UUID

    def item(self, display: str, **values: Any) -> UUID:
        """A further medicine of the list."""
        facts = {
            "code": display[:6].upper(),
            "form": "tablet",
            "strength": "500 mg",
            "unit": "tablet",
            "ingredient": display,
            "classes": "",
            "active": True,
            "price_code": "MED-AMOX",
            **values,
        }
        return self.meeting.setup(medicine(display=display, **facts))

    def prescription(self, **values: Any) -> UUID:
        """An active prescription of amoxicillin 500 mg, three times a day for seven days: 21 capsules."""
        facts = {
            "patient": self.patient,
            "medicine": self.amoxicillin,
            "display": "amoxicillin",
            "form": "500 mg capsule",
            "ingredient": "amoxicillin",
            "classes": "penicillins",
            "written": instant(self.meeting.clock.ms),
            "requester": None,
            "dose": Decimal(500),
            "dose_unit": "mg",
            "route": "oral",
            "frequency": "three",
            "times_per_day": Decimal(3),
            "days": 7,
            "quantity": Decimal(21),
            "quantity_unit": "capsule",
            "prn": False,
            "status": "active",
            **values,
        }
        return self.meeting.setup(write(Prescription, **facts))

    def no_allergies(self, patient: UUID | None = None) -> None:
        """Somebody asked and the patient knew of none."""
        at = instant(self.meeting.clock.ms)
        self.meeting.setup(write(NoKnownAllergy, patient=patient or self.patient, at=at, by=None))

    def lend(self, device: UUID, kind: str, subject: UUID, amount: str) -> None:
        """A lease of 12 hours."""
        until = instant(self.meeting.clock.ms) + timedelta(hours=12)
        self.meeting.setup(write(Lease, kind=kind, subject=subject, device=device, amount=Decimal(amount), until=until))

    def stock_of(self, batch: UUID) -> UUID:
        """What the stock of a batch at the pharmacy is lent under."""
        return stock_subject(batch, self.pharmacy)

    def setting(self, key: str, value: Any) -> None:
        """A setting of the whole clinic."""
        self.meeting.setup(write(SiteSetting, site="", key=key, value=value))


AMOXICILLIN: dict[str, Any] = {
    "code": "AMOX500",
    "display": "amoxicillin",
    "brand": "Amoxil",
    "form": "capsule",
    "strength": "500 mg",
    "unit": "capsule",
    "ingredient": "amoxicillin",
    "classes": "penicillins",
    "gtin": GTIN,
    "price_code": "MED-AMOX",
    "label_text": "Finish the course.",
    "active": True,
}


def make_scene(meeting: Meeting) -> Scene:
    """The clinic as it opens on Monday; call it before desks are made, or they get it by the next meeting."""
    everything = person("Setup", policy().permissions)
    do = partial(_do, meeting, everything)
    pharmacy = meeting.setup(write(Place, name="Pharmacy", kind="pharmacy", active=True))
    practitioner = meeting.setup(write(Practitioner, family="Mbeki", given="Thabo", prefix="Dr", active=True))
    session = meeting.setup(
        write(
            SessionTemplate,
            practitioner=practitioner,
            weekday=0,
            starts="09:00",
            ends="12:00",
            slot_minutes=15,
            capacity=1,
            service="General practice",
            price_code="VISIT",
            valid_from=date(2026, 1, 1),
        )
    )
    patient = do(
        partial(
            register.register,
            written=Registration(
                family="Okonkwo", given="Amara", born="1979-03-14", sex="female", phone="+27821234567"
            ),
        )
    )
    amoxicillin = meeting.setup(medicine(**AMOXICILLIN))
    for code, amount in (("VISIT", 40_000), ("MED-AMOX", 150), ("LAB-K", 21_250)):
        do(partial(billing.set_price, code=code, display=code.title(), amount=amount, valid_from=date(2026, 1, 1)))
    early = do(partial(_receive, item=amoxicillin, place=pharmacy, lot="AM01", expires=date(2026, 12, 31), count=10))
    late = do(partial(_receive, item=amoxicillin, place=pharmacy, lot="AM02", expires=date(2027, 6, 30), count=100))
    meeting.meet([])
    assert meeting.clock.ms == MONDAY_09_00
    return Scene(meeting, pharmacy, session, practitioner, patient, amoxicillin, early, late)


def _do(meeting: Meeting, acting: Any, action: Any) -> Any:
    return meeting.centre.do(action, acting)


def _receive(unit: Any, *, item: UUID, place: UUID, lot: str, expires: date, count: int) -> UUID:
    return stock.receive_stock(unit, item=item, lot=lot, expires=expires, quantity=Decimal(count), place=place)
