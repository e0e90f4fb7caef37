# SPDX-License-Identifier: Apache-2.0
"""What people do in a simulated clinic: real actions of every room, on records that their desk holds by then.

Each entry draws its subject by chance from the rows of this replica; what a rule then refuses is refused.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.appointments import service as bookings
from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.conflicts import service as settling
from hms_desktop.clinic.conflicts.queries import open_conflicts
from hms_desktop.clinic.conflicts.rules import VALUES
from hms_desktop.clinic.ehr import service as care
from hms_desktop.clinic.ehr.model import Allergy, Encounter, Order, Prescription
from hms_desktop.clinic.ehr.rules_allergies import REVIEWS
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients import service_details as details
from hms_desktop.clinic.patients.model import Patient, PatientContact, PatientLink, Task
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.staff.model import SessionTemplate
from hms_desktop.core.errors import NotFound
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.records import REGISTRY, Record
from hms_desktop.storage.unit import Unit

Act = Callable[[Unit], Any]
PATIENCE = 4
TUESDAY_09_00 = datetime(2026, 11, 24, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Scene:
    """A desk's replica as somebody there sees it, and the chance of this step."""

    reader: Reader
    chance: random.Random

    def one_of(self, record: type[Record]) -> UUID:
        """A record of a table; NotFound while this desk holds none. Older ones come more often: people meet there."""
        found = list(self.reader.rows(select(record.id).order_by(record.id).limit(12)))
        if not found:
            raise NotFound("nothing of this kind is here yet")
        return found[min(self.chance.randrange(len(found)), self.chance.randrange(len(found)))].id

    @property
    def patient(self) -> UUID:
        """A patient."""
        return self.one_of(Patient)

    def word(self, *words: str) -> str:
        """One of some words."""
        return self.chance.choice(words)


def _registration(s: Scene) -> Registration:
    born = f"{s.chance.randint(1950, 1953)}-01-0{s.chance.randint(1, 3)}"
    name = {"family": s.word("Okonkwo", "Nel", "Zulu"), "given": s.word("Amara", "Ben", "Cara")}
    phone = s.word("+27821234567", "+27829876543", "") or None
    return Registration(**name, sex=s.word("female", "male", "unknown"), born=born, phone=phone)


def _dose(s: Scene) -> Any:
    return make_dose(Decimal(s.chance.choice((5, 10, 20))), "mg", "oral", "daily", s.chance.choice((7, 28)))


def _join(s: Scene) -> Act:
    return partial(register.link_charts, survivor=s.patient, replaced=s.patient, reason="same card")


def _order(s: Scene) -> Act:
    words = {"category": "laboratory", "code": s.word("FBC", "UE"), "display": "A test", "again": "asked again"}
    return partial(care.draft_order, patient=s.patient, **words)


def _vitals(s: Scene) -> Act:
    readings = {"pulse": Decimal(s.chance.randint(60, 90))}
    return partial(care.record_vitals, patient=s.patient, readings=readings, confirmed=("pulse",))


def _talk(s: Scene) -> Act:
    follow = s.word("call back", "") or None
    return partial(register.log_interaction, patient=s.patient, kind="phone", text="asked", follow_up=follow)


def _book(s: Scene) -> Act:
    """A place of Tuesday's hours: firm when one is lent here, else to be confirmed."""
    starts = TUESDAY_09_00 + s.chance.randrange(4) * timedelta(minutes=30)
    return partial(
        bookings.book, patient=s.patient, session=s.one_of(SessionTemplate), starts=starts, accept_clash=True
    )


def _settle(s: Scene) -> Act:
    """What stands in conflict is settled: one of the values chosen, or said to be right as it is."""
    found = sorted(open_conflicts(s.reader), key=lambda one: one.id)
    if not found:
        raise NotFound("nothing stands in conflict here")
    one = s.chance.choice(found)
    if one.kind != VALUES:
        settle = s.chance.choice((settling.keep_apart, settling.let_stand))
        return partial(settle, conflict=one.id, reason="both were asked")
    heads = s.reader.heads(REGISTRY[one.table].record, one.subject)
    chosen = tuple(settling.Chosen(group, s.chance.choice(sorted(h.stamp for h in heads[group]))) for group in heads)
    return partial(settling.choose, conflict=one.id, chosen=chosen, reason="they were asked")


DESK: Mapping[str, Callable[[Scene], Act]] = {
    "register": lambda s: partial(register.register, written=_registration(s)),
    "complete": lambda s: partial(register.change_details, patient=s.patient, written=_registration(s), reason="told"),
    "talk": _talk,
    "join charts": _join,
    "part charts": lambda s: partial(register.unlink_charts, link=s.one_of(PatientLink), reason="two persons"),
    "add telephone": lambda s: partial(
        details.add_contact, patient=s.patient, kind="phone", value=s.word("+27825550100", "+27825550101")
    ),
    "change contact": lambda s: partial(
        details.change_contact, contact=s.one_of(PatientContact), value=s.word("+27825550102", "x@y.za"), reason="told"
    ),
    "book": _book,
    "walk in": lambda s: partial(bookings.walk_in, patient=s.patient, service=s.word("General", "Dental")),
    "cancel booking": lambda s: partial(bookings.cancel, appointment=s.one_of(Appointment), reason="ill"),
    "call in": lambda s: partial(bookings.call_in, appointment=s.one_of(Appointment)),
    "raise flag": lambda s: partial(register.raise_flag, patient=s.patient, kind="note", text="deaf"),
    "died": lambda s: partial(register.record_death, patient=s.patient, on="2026-11-0" + s.word("1", "2")),
}
TASKS: Mapping[str, Callable[[Scene], Act]] = {
    "give task": lambda s: partial(register.give_task, title="Look", role="nurse", patient=s.patient),
    "take task": lambda s: partial(register.take_task, task=s.one_of(Task)),
    "finish task": lambda s: partial(register.finish_task, task=s.one_of(Task), outcome=s.word("done", "left word")),
    "cancel task": lambda s: partial(register.cancel_task, task=s.one_of(Task), reason="no need"),
    "settle": _settle,
}
CARE: Mapping[str, Callable[[Scene], Act]] = {
    "open chart": lambda s: partial(care.open_chart, patient=s.patient),
    "open visit": lambda s: partial(care.open_visit, patient=s.patient),
    "triage visit": lambda s: partial(care.triage_visit, encounter=s.one_of(Encounter)),
    "begin visit": lambda s: partial(care.begin_visit, encounter=s.one_of(Encounter)),
    "pause visit": lambda s: partial(care.pause_visit, encounter=s.one_of(Encounter)),
    "finish visit": lambda s: partial(care.finish_visit, encounter=s.one_of(Encounter)),
    "cancel visit": lambda s: partial(care.cancel_visit, encounter=s.one_of(Encounter), reason="left"),
    "void visit": lambda s: partial(care.void_visit, encounter=s.one_of(Encounter), reason="other chart"),
    "allergy": lambda s: partial(care.record_allergy, patient=s.patient, substance=s.word("penicillin", "latex")),
    "review allergy": lambda s: partial(
        care.review_allergy, allergy=s.one_of(Allergy), review=s.word(*REVIEWS), reason="asked"
    ),
    "no allergies": lambda s: partial(care.state_no_allergies, patient=s.patient),
    "vitals": _vitals,
    "write note": lambda s: partial(
        care.write_note, encounter=s.one_of(Encounter), texts={"plan": s.word("rest", "drink", "walk")}
    ),
    "draft order": _order,
    "place order": lambda s: partial(care.place_order, order=s.one_of(Order)),
    "hold order": lambda s: partial(care.hold_order, order=s.one_of(Order), reason="waits"),
    "revoke order": lambda s: partial(care.revoke_order, order=s.one_of(Order), reason="no need"),
    "draft medicine": lambda s: partial(
        care.draft_prescription, patient=s.patient, dose=_dose(s), words="amlodipine", could_not_ask="asleep"
    ),
    "prescribe": lambda s: partial(care.prescribe, prescription=s.one_of(Prescription)),
    "change dose": lambda s: partial(
        care.change_dose, prescription=s.one_of(Prescription), dose=_dose(s), reason="oedema"
    ),
    "hold medicine": lambda s: partial(care.hold_medicine, prescription=s.one_of(Prescription), reason="waits"),
    "stop medicine": lambda s: partial(care.stop_medicine, prescription=s.one_of(Prescription), reason="rash"),
}
WORK: Mapping[str, Mapping[str, Callable[[Scene], Act]]] = {
    "front_desk": {**DESK, **TASKS},
    "billing": {**TASKS},
    "doctor": {**CARE, **TASKS, "complete": DESK["complete"], "join charts": _join},
    "nurse": {**CARE, **TASKS, "register": DESK["register"]},
    "lab": {**TASKS},
    "pharmacy": {**TASKS, "allergy": CARE["allergy"], "review allergy": CARE["review allergy"]},
    "all": {**DESK, **CARE, **TASKS},
}
"""What is done at each kind of workstation."""


def chosen(kind: str, chance: random.Random, tries: int) -> tuple[str, Callable[[Scene], Act]]:
    """One of the things that are done at this kind of workstation; after some that could not be done, what always can.

    Without somebody who comes first there is nobody for anything else to be about.
    """
    name = "register" if tries == PATIENCE and "register" in WORK[kind] else chance.choice(list(WORK[kind]))
    return name, WORK[kind][name]
