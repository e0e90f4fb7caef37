# SPDX-License-Identifier: Apache-2.0
"""Opening a chart, the way of a visit, vitals and allergies, through a real encrypted store."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.events import AllergyRecorded, NoAllergiesStated, VisitMoved, VisitOpened, VitalsRecorded
from hms_desktop.clinic.ehr.model import Encounter, Observation
from hms_desktop.clinic.ehr.rules_allergies import REVERIFY_DAYS
from hms_desktop.clinic.patients.model import PatientLink
from hms_desktop.core.errors import BadInput, NotAllowed, NotFound, Refused
from hms_desktop.security.audit import AccessEvent
from tests.clinic.ehr.practice import Practice


def test_a_chart_is_opened_with_one_access_event_before_it_is_read(practice: Practice) -> None:
    patient = practice.patient()
    assert practice.do(service.open_chart, patient) == patient
    events = practice.rows(select(AccessEvent.kind, AccessEvent.patient, AccessEvent.purpose))
    assert [tuple(e) for e in events] == [("chart", patient, "treatment")]
    with pytest.raises(NotAllowed):
        practice.do(service.open_chart, patient, who=practice.receptionist)


def test_the_same_arrival_makes_one_visit(practice: Practice) -> None:
    patient, appointment = practice.patient(), uuid4()
    first = practice.do(service.open_encounter, appointment, patient)
    practice.do(service.begin_visit, first)
    assert practice.do(service.open_encounter, appointment, patient) == first
    assert len(practice.heard(VisitOpened)) == 1
    assert len(practice.rows(select(Encounter.id))) == 1


def test_a_visit_goes_its_way(practice: Practice) -> None:
    visit = practice.visit(practice.patient(), begun=False)
    practice.do(service.triage_visit, visit, who=practice.nurse)
    practice.do(service.begin_visit, visit)
    begun = practice.row(Encounter, visit).started
    practice.later(minutes=10)
    practice.do(service.pause_visit, visit)
    practice.do(service.begin_visit, visit)
    practice.do(service.begin_visit, visit)
    assert practice.row(Encounter, visit).started == begun
    practice.do(service.finish_visit, visit)
    assert practice.row(Encounter, visit).ended == begun + timedelta(minutes=10)
    assert [e.new for e in practice.heard(VisitMoved)] == [
        "triaged",
        "in-progress",
        "onleave",
        "in-progress",
        "finished",
    ]
    with pytest.raises(Refused, match="finished"):
        practice.do(service.cancel_visit, visit, "left")


def test_a_visit_that_never_began_is_cancelled_with_a_reason(practice: Practice) -> None:
    patient = practice.patient()
    visit = practice.do(service.open_visit, patient, "cough")
    with pytest.raises(BadInput):
        practice.do(service.cancel_visit, visit, " ")
    practice.do(service.cancel_visit, visit, "went home")
    assert practice.ask(queries.current_visit, patient) is None
    assert [v.status for v in practice.ask(queries.visits, patient)] == ["cancelled"]


def test_a_visit_opened_by_mistake_stays_readable(practice: Practice) -> None:
    visit = practice.visit(practice.patient())
    with pytest.raises(BadInput):
        practice.do(service.void_visit, visit, "")
    practice.do(service.void_visit, visit, "wrong patient")
    assert practice.ask(queries.visit, visit).stop_reason == "wrong patient"
    with pytest.raises(NotFound):
        practice.ask(queries.visit, uuid4())


def test_vitals_are_kept_with_unit_parts_and_index(practice: Practice) -> None:
    patient = practice.patient()
    visit = practice.visit(patient)
    readings = {
        "systolic": Decimal(146),
        "diastolic": Decimal(88),
        "pulse": Decimal(78),
        "weight": Decimal("83.5"),
        "height": Decimal(164),
    }
    made = practice.do(service.record_vitals, patient, readings, encounter=visit, who=practice.nurse)
    rows = practice.rows(select(Observation.code, Observation.value, Observation.unit, Observation.parent))
    assert len(made) == len(rows) == 7
    assert ("39156-5", Decimal("31.0"), "kg/m2") in [(r.code, r.value, r.unit) for r in rows]
    assert sum(r.parent is not None for r in rows) == 2
    last = practice.ask(queries.vitals, patient).last
    assert (last["systolic"].value, last["systolic"].unit, last["systolic"].judged) == (Decimal(146), "mmHg", "H")
    assert last["pulse"].by == "Khanyi Moyo"
    assert practice.heard(VitalsRecorded)[0].observations == made


def test_unusual_values_need_a_second_look_and_impossible_ones_are_refused(practice: Practice) -> None:
    patient = practice.patient()
    with pytest.raises(service.SecondLook) as look:
        practice.do(service.record_vitals, patient, {"weight": Decimal(835)})
    assert set(look.value.signs) == {"weight"}
    practice.do(service.record_vitals, patient, {"weight": Decimal(835)}, confirmed=["weight"])
    with pytest.raises(BadInput):
        practice.do(service.record_vitals, patient, {"temperature": Decimal(367)}, confirmed=["temperature"])
    with pytest.raises(BadInput):
        practice.do(service.record_vitals, patient, {})
    with pytest.raises(BadInput, match="future"):
        practice.do(service.record_vitals, patient, {"pulse": Decimal(70)}, at=practice.later() + timedelta(hours=1))
    assert len(practice.rows(select(Observation.id))) == 1


def test_a_nurses_readings_triage_a_visit_that_waited(practice: Practice) -> None:
    patient = practice.patient()
    visit = practice.visit(patient, begun=False)
    for _again in range(2):
        practice.do(
            service.record_vitals, patient, {"pulse": Decimal(78)}, encounter=visit, triage=True, who=practice.nurse
        )
    assert practice.ask(queries.visit, visit).status == "triaged"


def test_an_adults_last_height_serves_the_next_weight(practice: Practice) -> None:
    adult, child = practice.patient(), practice.patient("Small", "Ann", born="2020-01-01")
    for who, height in ((adult, 170), (child, 115)):
        practice.do(service.record_vitals, who, {"height": Decimal(height)})
        practice.do(service.record_vitals, who, {"weight": Decimal(40)}, confirmed=["weight"])
    assert "bmi" in practice.ask(queries.vitals, adult).last
    assert "bmi" not in practice.ask(queries.vitals, child).last


def test_a_mistaken_reading_leaves_the_trend_and_stays_in_history(practice: Practice) -> None:
    patient = practice.patient()
    made = practice.do(service.record_vitals, patient, {"systolic": Decimal(146), "diastolic": Decimal(88)})
    practice.later(minutes=5)
    practice.do(service.record_vitals, patient, {"systolic": Decimal(130), "diastolic": Decimal(80)})
    with pytest.raises(BadInput):
        practice.do(service.void_observation, made[1], " ")
    practice.do(service.void_observation, made[1], "wrong cuff")
    practice.do(service.void_observation, made[0], "wrong cuff")
    series = practice.ask(queries.vitals, patient).series
    assert [r.value for r in series["systolic"]] == [Decimal(130)]
    history = practice.ask(queries.vitals_history, patient)
    assert [(r.key, r.voided) for r in history if r.voided] == [("diastolic", True), ("systolic", True)]


@pytest.mark.hazard("H02")
def test_allergies_unite_and_outrank_the_statement(practice: Practice) -> None:
    patient = practice.patient()
    assert practice.ask(queries.allergies, patient).state == "not-recorded"
    practice.do(service.state_no_allergies, patient)
    none = practice.ask(queries.allergies, patient)
    assert (none.state, none.statement and none.statement.by) == ("none", "Thabo Mbeki")
    practice.do(
        service.record_allergy,
        patient,
        "  Penicillin ",
        reaction="anaphylaxis",
        criticality="high",
        type="allergy",
        category="medication",
    )
    known = practice.ask(queries.allergies, patient)
    assert (known.state, [row.shown for row in known.standing]) == ("known", ["Penicillin (anaphylaxis)"])
    with pytest.raises(Refused, match="Penicillin is on record"):
        practice.do(service.state_no_allergies, patient)
    with pytest.raises(Refused, match="already recorded"):
        practice.do(service.record_allergy, patient, "PENICILLIN")
    assert [e.substance for e in practice.heard(AllergyRecorded)] == ["Penicillin"]
    assert len(practice.heard(NoAllergiesStated)) == 1


def test_an_allergy_is_reviewed_and_its_past_stays(practice: Practice) -> None:
    patient = practice.patient()
    allergy = practice.do(service.record_allergy, patient, "Latex")
    practice.do(
        service.describe_allergy, allergy, type="allergy", category="environment", criticality="low", reaction="rash"
    )
    practice.do(service.review_allergy, allergy, "confirm")
    assert practice.ask(queries.allergies, patient).standing[0].facts.verification_status == "confirmed"
    with pytest.raises(NotAllowed):
        practice.do(service.review_allergy, allergy, "refute", "tested", who=practice.technologist)
    practice.do(service.review_allergy, allergy, "refute", "skin test negative")
    after = practice.ask(queries.allergies, patient)
    assert (after.state, after.standing) == ("not-recorded", ())
    assert [(row.facts.verification_status, row.reason) for row in after.past] == [("refuted", "skin test negative")]
    with pytest.raises(Refused):
        practice.do(
            service.describe_allergy, allergy, type=None, category=None, criticality=None, reaction=None, reason="typo"
        )


def test_a_mistaken_entry_or_statement_is_marked(practice: Practice) -> None:
    patient = practice.patient()
    statement = practice.do(service.state_no_allergies, patient)
    with pytest.raises(BadInput):
        practice.do(service.void_no_allergies, statement, "")
    practice.do(service.void_no_allergies, statement, "asked the wrong patient")
    assert practice.ask(queries.allergies, patient).state == "not-recorded"
    allergy = practice.do(service.record_allergy, patient, "Egg", confirmed=True)
    practice.do(service.review_allergy, allergy, "mistake", "typed into the wrong chart")
    assert practice.ask(queries.allergies, patient).state == "not-recorded"
    with pytest.raises(BadInput):
        practice.do(service.record_allergy, patient, "   ")


def test_the_list_asks_to_be_gone_through_again(practice: Practice) -> None:
    patient = practice.patient()
    practice.do(service.record_allergy, patient, "Egg")
    assert not practice.ask(queries.allergies, patient).due
    practice.later(days=REVERIFY_DAYS + 1)
    assert practice.ask(queries.allergies, patient).due
    assert [d.kind for d in practice.ask(queries.summary, patient).due] == ["allergy-review"]
    assert practice.do(service.reverify_allergies, patient) == 1
    assert not practice.ask(queries.allergies, patient).due
    with pytest.raises(Refused):
        practice.do(service.reverify_allergies, practice.patient("Other"))


def test_who_may_not_see_allergies_is_told_so(practice: Practice) -> None:
    patient = practice.patient()
    practice.do(service.record_allergy, patient, "Egg")
    seen = practice.ask(queries.allergies, patient, who=practice.cashier)
    assert (seen.state, seen.standing, seen.why) == ("unavailable", (), "Not shown for your role")
    for who in (practice.receptionist, practice.technologist):
        assert practice.ask(queries.allergies, patient, who=who).state == "known", "desk and bench see them"


def test_problems_are_listed_until_they_are_over(practice: Practice) -> None:
    patient = practice.patient()
    problem = practice.do(service.record_problem, patient, "Essential hypertension", code="I10", onset="2019")
    with pytest.raises(BadInput):
        practice.do(service.record_problem, patient, " ")
    assert [(p.display, p.code, p.onset) for p in practice.ask(queries.problems, patient)] == [
        ("Essential hypertension", "I10", "2019")
    ]
    with pytest.raises(BadInput, match="Say why or since when"):
        practice.do(service.change_problem, problem, clinical="resolved", verification="confirmed")
    practice.do(service.change_problem, problem, clinical="resolved", verification="confirmed", abatement="2026-11")
    assert practice.ask(queries.problems, patient) == ()
    assert [p.clinical_status for p in practice.ask(queries.problems, patient, live=False)] == ["resolved"]
    practice.do(service.change_problem, problem, clinical="inactive", verification="entered-in-error", reason="typo")
    assert practice.ask(queries.problems, patient, live=False) == ()


def test_joined_charts_are_read_as_one_and_written_to_the_survivor(practice: Practice) -> None:
    kept, other = practice.patient(), practice.patient("Okonkwo", "Amaara", mrn="MRN-2")
    practice.do(service.record_allergy, other, "Penicillin")
    practice.do(service.record_vitals, other, {"pulse": Decimal(78)})
    practice.add(PatientLink, survivor=kept, replaced=other, reason="same person", by=practice.doctor.person.id)
    late = practice.do(service.record_problem, other, "Asthma")
    summary = practice.ask(queries.summary, kept)
    assert [row.facts.substance for row in summary.allergies.standing] == ["Penicillin"]
    assert [p.id for p in summary.problems] == [late]
    assert "pulse" in summary.vitals.last
    assert practice.do(service.open_chart, other) == kept
    with pytest.raises(Refused, match="already recorded"):
        practice.do(service.record_allergy, kept, "penicillin")
