# SPDX-License-Identifier: Apache-2.0
"""Who has to do with a patient by what is open in the record of care: a visit, an order, a prescription."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Encounter, Order, Prescription
from hms_desktop.clinic.ehr.queries import OPEN_VISIT
from hms_desktop.clinic.patients.queries_restricted import register_care
from hms_desktop.clinic.patients.rules_restricted import Tie
from hms_desktop.clinic.staff.queries_care import services_of
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

ASKED = ("draft", "active", "on-hold")
BENCH = frozenset({"lab_technologist", "lab_verifier"})
LATE = timedelta(days=1)
COUNTER = frozenset({"pharmacist"})


@register_care
@query("chart.read")
def cared_for(reader: Reader, charts: Collection[UUID]) -> Iterator[Tie]:
    """One tie for each open visit (its clinician and their team), order and prescription (who asked, who does it).

    A visit counts as open for a day after its end: its note is still to be signed.
    """
    still = Encounter.status.in_(OPEN_VISIT) | (Encounter.ended > reader.now - LATE)
    visits = select(Encounter.practitioner).where(Encounter.patient.in_(charts), still)
    for visit in reader.rows(visits):
        seeing = {visit.practitioner} - {None}
        yield Tie(frozenset(seeing), services_of(reader, seeing))
    orders = select(Order.requester, Order.category).where(Order.patient.in_(charts), Order.status.in_(ASKED))
    for order in reader.rows(orders):
        bench = BENCH if order.category == "laboratory" else frozenset[str]()
        yield Tie(frozenset({order.requester} - {None}), roles=bench)
    asked = select(Prescription.requester).where(Prescription.patient.in_(charts), Prescription.status.in_(ASKED))
    for prescription in reader.rows(asked):
        yield Tie(frozenset({prescription.requester} - {None}), roles=COUNTER)
