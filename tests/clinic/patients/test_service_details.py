# SPDX-License-Identifier: Apache-2.0
"""Identifiers are unique in their system; contacts are added, corrected and ended, never deleted."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients import queries, service, service_details
from hms_desktop.clinic.patients.model import PatientContact, PatientIdentifier
from hms_desktop.core.errors import BadInput, Refused
from tests.clinic.patients.people import ADAEZE, AMARA, register
from tests.desk import Desk


def contact(desk: Desk, patient: UUID, kind: str) -> queries.Contact:
    """The first contact of a kind."""
    found = desk.ask(lambda r: queries.contacts(r, [patient]))
    return next(c for c in found if c.kind == kind)


def test_a_number_belongs_to_one_person_in_each_system(desk: Desk) -> None:
    first, second = register(desk, **AMARA), register(desk, **ADAEZE)
    made = desk.do(partial(service_details.add_identifier, patient=first, system="insurer", value="44-112"))
    with pytest.raises(Refused, match="Insurer's number 44112 already belongs to MRN-"):
        desk.do(partial(service_details.add_identifier, patient=second, system="insurer", value="44112"))
    desk.do(partial(service_details.add_identifier, patient=second, system="old-chart", value="44112"))
    desk.do(partial(service_details.end_identifier, identifier=made, reason="Not hers"))
    desk.do(partial(service_details.add_identifier, patient=second, system="insurer", value="44112"))
    assert len(desk.ask(lambda r: r.rows(select(PatientIdentifier.id)))) == 3


def test_a_joined_chart_may_hold_the_same_number(desk: Desk) -> None:
    first, second = register(desk, **AMARA), register(desk, **ADAEZE)
    desk.do(partial(service_details.add_identifier, patient=first, system="insurer", value="44112"))
    again = partial(service_details.add_identifier, patient=second, system="insurer", value="44112")
    with pytest.raises(Refused, match="already belongs to"):
        desk.do(again)
    desk.do(partial(service.link_charts, survivor=first, replaced=second, reason="same"))
    desk.do(again)
    held = desk.ask(lambda r: r.rows(select(PatientIdentifier.patient, PatientIdentifier.value)))
    assert {(row.patient, row.value) for row in held} == {(first, "44112"), (second, "44112")}


def test_a_telephone_is_corrected_confirmed_and_ended(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    first = contact(desk, patient, "phone")
    assert first.confirmed is None
    desk.do(partial(service_details.confirm_contact, contact=first.id))
    assert contact(desk, patient, "phone").confirmed == desk.ask(lambda r: r.now)
    desk.do(partial(service_details.change_contact, contact=first.id, value="083 111 2222", reason="New SIM"))
    assert contact(desk, patient, "phone").shown == "083 111 2222"
    desk.do(partial(service_details.end_contact, contact=first.id, reason="SIM lost"))
    assert not desk.ask(lambda r: queries.contacts(r, [patient]))
    assert desk.ask(lambda r: r.get(PatientContact, first.id)).value == "+27831112222"


def test_contacts_rank_in_the_order_they_came(desk: Desk) -> None:
    patient = register(desk, **AMARA)
    desk.do(partial(service_details.add_contact, patient=patient, kind="phone", value="011 555 0100", use="work"))
    found = [c for c in desk.ask(lambda r: queries.contacts(r, [patient])) if c.kind == "phone"]
    assert [(c.rank, c.use) for c in found] == [(1, "mobile"), (2, "work")]


@pytest.mark.parametrize(("kind", "value"), [("phone", "1"), ("phone", ""), ("email", "nobody"), ("address", " ")])
def test_a_contact_that_reaches_nobody_is_refused(desk: Desk, kind: str, value: str) -> None:
    patient = register(desk, **AMARA)
    with pytest.raises(BadInput):
        desk.do(partial(service_details.add_contact, patient=patient, kind=kind, value=value))
