# SPDX-License-Identifier: Apache-2.0
"""Two rooms that work apart and meet again over a real centre: what unites, what conflicts, what stops meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.model import Encounter, Note
from hms_desktop.clinic.ehr.queries_standing import contested
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import Refused
from hms_desktop.core.ids import named_id
from hms_desktop.storage.unit import Unit
from tests.clinic.patients.people import AMARA_ROW
from tests.sync.world import World, WorldDesk

APPOINTMENT = named_id("test", "appointment")


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[tuple[WorldDesk, WorldDesk, UUID]]:
    """A doctor's room and a nurses' station that hold the same patient."""
    world = World(tmp_path)
    doctor, nurse = world.person("mbeki", "doctor"), world.person("moyo", "nurse")
    one = world.desk(doctor, "doctor")
    patient = world.centre.store.act(_register, world.centre.worker)
    one.sync()
    other = world.desk(nurse, "nurse")
    yield one, other, patient
    for desk in (one, other):
        desk.store.close()
    world.close()


def _register(unit: Unit) -> UUID:
    unit.action = "server.import"
    return unit.add(Patient, **AMARA_ROW)


def meet(*desks: WorldDesk) -> None:
    """Everybody sends and then hears what the others sent."""
    for _round in range(2):
        for desk in desks:
            desk.sync()


def prescribed(desk: WorldDesk, patient: UUID) -> UUID:
    desk.do(partial(service.state_no_allergies, patient=patient))
    dose = make_dose(Decimal(10), "mg", "oral", "daily", 28)
    drug = desk.do(partial(service.draft_prescription, patient=patient, dose=dose, words="amlodipine"))
    desk.do(partial(service.prescribe, prescription=drug))
    return drug


def test_the_same_dose_changed_twice_stands_twice_and_stops(rooms: tuple[WorldDesk, WorldDesk, UUID]) -> None:
    one, other, patient = rooms
    drug = prescribed(one, patient)
    meet(one, other)
    five, two = (make_dose(Decimal(n), "mg", "oral", "daily", 28) for n in ("5", "2.5"))
    one.do(partial(service.change_dose, prescription=drug, dose=five, reason="oedema"))
    other.do(partial(service.change_dose, prescription=drug, dose=two, reason="dizzy"))
    meet(one, other)
    for desk in (one, other):
        row = desk.ask(lambda r: queries.medicine(r, drug))
        assert sorted(option.line for option in row.doses) == [
            "2.5 mg — oral — once a day — 28 days",
            "5 mg — oral — once a day — 28 days",
        ]
        with pytest.raises(Refused, match="Settle it in the conflict inbox"):
            desk.do(partial(service.change_dose, prescription=drug, dose=five, reason="again"))
    one.do(partial(service.stop_medicine, prescription=drug, reason="contested"))


@pytest.mark.hazard("H02")
def test_allergies_recorded_apart_unite(rooms: tuple[WorldDesk, WorldDesk, UUID]) -> None:
    one, other, patient = rooms
    one.do(partial(service.record_allergy, patient=patient, substance="Penicillin"))
    other.do(partial(service.state_no_allergies, patient=patient))
    meet(one, other)
    for desk in (one, other):
        known = desk.ask(lambda r: queries.allergies(r, patient))
        assert (known.state, [a.facts.substance for a in known.standing]) == ("known", ["Penicillin"])


@pytest.mark.hazard("H02")
def test_an_allergy_reviewed_two_ways_still_counts(rooms: tuple[WorldDesk, WorldDesk, UUID]) -> None:
    one, other, patient = rooms
    allergy = one.do(partial(service.record_allergy, patient=patient, substance="Penicillin"))
    meet(one, other)
    other.do(partial(service.review_allergy, allergy=allergy, review="confirm"))
    one.do(partial(service.review_allergy, allergy=allergy, review="refute", reason="tested"))
    meet(one, other)
    known = other.ask(lambda r: queries.allergies(r, patient))
    assert known.state == "known" and known.standing[0].facts.contested
    one.do(partial(service.review_allergy, allergy=allergy, review="refute", reason="tested twice"))
    meet(one, other)
    assert other.ask(lambda r: queries.allergies(r, patient)).state == "not-recorded"


def test_one_arrival_at_two_desks_is_one_visit(rooms: tuple[WorldDesk, WorldDesk, UUID]) -> None:
    one, other, patient = rooms
    for desk in (one, other):
        desk.do(partial(service.open_encounter, appointment=APPOINTMENT, patient=patient))
    meet(one, other)
    for desk in (one, other):
        assert len(desk.ask(lambda r: queries.visits(r, patient))) == 1
        assert desk.ask(lambda r: r.heads(Encounter, queries.visits(r, patient)[0].id)) == {}


def test_a_late_arrival_elsewhere_does_not_blank_a_visit_that_began(rooms: tuple[WorldDesk, WorldDesk, UUID]) -> None:
    one, other, patient = rooms
    visit = one.do(partial(service.open_encounter, appointment=APPOINTMENT, patient=patient))
    one.do(partial(service.begin_visit, encounter=visit))
    other.clock.ms += 60_000
    other.do(partial(service.open_encounter, appointment=APPOINTMENT, patient=patient))
    meet(one, other)
    for desk in (one, other):
        row = desk.ask(lambda r: queries.visit(r, visit))
        assert (row.status, row.started is not None) == ("in-progress", True)


def test_sections_written_apart_merge_and_one_section_twice_is_shown_twice(
    rooms: tuple[WorldDesk, WorldDesk, UUID],
) -> None:
    one, other, patient = rooms
    visit = one.do(partial(service.open_encounter, appointment=APPOINTMENT, patient=patient))
    meet(one, other)
    one.do(partial(service.write_note, encounter=visit, texts={"plan": "Reduce the dose."}))
    other.do(partial(service.write_note, encounter=visit, texts={"symptoms": "Dizzy."}))
    meet(one, other)
    note = one.ask(lambda r: queries.visit_note(r, visit))
    assert note is not None and note.contested == {}
    assert (note.texts["plan"], note.texts["symptoms"]) == ("Reduce the dose.", "Dizzy.")
    assert other.ask(lambda r: contested(r, Note, note.id)) == frozenset()
    one.do(partial(service.write_note, encounter=visit, texts={"plan": "Stop it."}))
    other.do(partial(service.write_note, encounter=visit, texts={"plan": "Halve it."}))
    meet(one, other)
    both = one.ask(lambda r: queries.visit_note(r, visit))
    assert both is not None and {v.text for v in both.contested["plan"]} == {"Stop it.", "Halve it."}
    with pytest.raises(Refused, match="Settle it"):
        one.do(partial(service.sign_visit, encounter=visit, seen_digest=both.digest))


def test_words_written_elsewhere_before_the_signature_was_known_are_shown(
    rooms: tuple[WorldDesk, WorldDesk, UUID],
) -> None:
    one, other, patient = rooms
    visit = one.do(partial(service.open_encounter, appointment=APPOINTMENT, patient=patient))
    one.do(partial(service.write_note, encounter=visit, texts={"plan": "Reduce the dose."}))
    meet(one, other)
    note = one.ask(lambda r: queries.visit_note(r, visit))
    assert note is not None
    one.do(partial(service.sign_visit, encounter=visit, seen_digest=note.digest))
    other.do(partial(service.write_note, encounter=visit, texts={"symptoms": "Dizzy."}))
    meet(one, other)
    for desk in (one, other):
        signed = desk.ask(lambda r: queries.visit_note(r, visit))
        assert signed is not None and signed.locked
        assert (signed.texts["symptoms"], signed.late) == ("", {"symptoms": "Dizzy."})
        assert signed.signatures[0].whole
