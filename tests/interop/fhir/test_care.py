# SPDX-License-Identifier: Apache-2.0
"""Visits, problems, allergies, findings and medicines from FHIR."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.interop.fhir.build import ANN, SUBJECT, bundle, only, read, rows

AT = "2026-11-23T11:40:00.250+02:00"
MOMENT = datetime(2026, 11, 23, 9, 40, 0, 250_000, UTC)
SCT = "http://snomed.info/sct"


def coded(code: str, display: str, system: str = SCT) -> dict[str, Any]:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def observation(**changes: Any) -> dict[str, Any]:
    """A final observation of Ann."""
    base = {
        "resourceType": "Observation",
        "id": "o",
        "status": "final",
        "code": coded("8867-4", "Pulse"),
        "subject": SUBJECT,
        "effectiveDateTime": AT,
        "category": [coded("vital-signs", "Vital Signs")],
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def request(**changes: Any) -> dict[str, Any]:
    """An active medication order for Ann."""
    base = {
        "resourceType": "MedicationRequest",
        "id": "m",
        "status": "active",
        "intent": "order",
        "subject": SUBJECT,
        "authoredOn": AT,
        "medicationCodeableConcept": coded("314076", "Lisinopril 10 MG Oral Tablet"),
    }
    return {key: value for key, value in {**base, **changes}.items() if value is not None}


def test_an_encounter_with_its_practitioner_and_reason(tmp_path: Path) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Mbeki"}]}
    visit = {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"code": "EMER"},
        "subject": SUBJECT,
        "type": [coded("50849002", "Emergency room admission")],
        "period": {"start": AT, "end": AT},
        "participant": [{"individual": {"reference": "Patient/ann"}}, {"individual": {"reference": "Practitioner/d"}}],
        "reasonCode": [coded("25064002", "Headache")],
    }
    result = read(tmp_path, bundle(ANN, doctor, visit))
    row = next(one for one in result.rows if one.table == "encounter").values
    assert (row["status"], row["class_code"], row["reason"]) == ("finished", "EMER", "Headache")
    assert row["started"] == row["ended"] == MOMENT
    assert row["practitioner"] == next(one.id for one in result.rows if one.table == "practitioner")
    line = next(one for one in result.rows if one.table == "timeline_entry").values
    assert (line["kind"], line["title"], line["at"]) == ("visit", "Headache", MOMENT)


@pytest.mark.parametrize(
    "status, end, kept",
    [("unknown", AT, "finished"), ("unknown", None, None), ("entered-in-error", AT, "entered-in-error")],
)
def test_states_of_an_encounter(tmp_path: Path, status: str, end: str | None, kept: str | None) -> None:
    period = {"start": AT} | ({"end": end} if end else {})
    visit = {
        "resourceType": "Encounter",
        "id": "e",
        "status": status,
        "class": {"code": "AMB"},
        "subject": SUBJECT,
        "period": period,
    }
    found = rows(tmp_path, "encounter", visit)
    assert [row.values["status"] for row in found] == ([kept] if kept else [])


def test_a_condition_keeps_partial_dates_and_states(tmp_path: Path) -> None:
    row = only(
        tmp_path,
        "condition",
        {
            "resourceType": "Condition",
            "id": "c",
            "subject": SUBJECT,
            "code": coded("38341003", "Hypertension"),
            "onsetDateTime": "2019-03",
            "abatementDateTime": "2020",
            "recordedDate": AT,
            "verificationStatus": {"coding": [{"code": "provisional"}]},
        },
    )
    assert (row["onset"], row["abatement"], row["clinical_status"]) == ("2019-03", "2020", "resolved")
    assert (row["verification_status"], row["code"], row["recorded_at"]) == ("provisional", "38341003", MOMENT)


@pytest.mark.parametrize(
    "title, substance",
    [
        ("Allergy to mould", "Mould"),
        ("Shellfish allergy", "Shellfish"),
        ("Latex allergy (disorder)", "Latex"),
        ("Penicillin V", "Penicillin V"),
        ("Allergic to bee venom", "Bee venom"),
    ],
)
def test_an_allergy_names_its_substance(tmp_path: Path, title: str, substance: str) -> None:
    row = only(
        tmp_path,
        "allergy",
        {
            "resourceType": "AllergyIntolerance",
            "id": "a",
            "patient": SUBJECT,
            "code": coded("1", title),
            "criticality": "high",
            "category": ["medication"],
            "type": "allergy",
            "recordedDate": AT,
            "clinicalStatus": {"coding": [{"code": "active"}]},
            "verificationStatus": {"coding": [{"code": "confirmed"}]},
            "reaction": [{"manifestation": [{"text": "Anaphylaxis"}], "severity": "severe"}],
        },
    )
    assert (row["substance"], row["criticality"], row["category"]) == (substance, "high", "medication")
    assert (row["reaction"], row["verification_status"]) == ("Anaphylaxis (severe)", "confirmed")


def test_no_known_allergies_is_a_statement_and_a_part_of_it_is_not(tmp_path: Path) -> None:
    none = {
        "resourceType": "AllergyIntolerance",
        "id": "n",
        "patient": SUBJECT,
        "recordedDate": AT,
        "code": coded("716186003", "No known allergy"),
    }
    assert only(tmp_path, "no_known_allergy", none)["at"] == MOMENT
    assert not rows(tmp_path, "allergy", none)
    food = {**none, "code": coded("429625007", "No known food allergy")}
    result = read(tmp_path, bundle(ANN, food))
    assert list(result.not_kept) == [("AllergyIntolerance", "says only that one kind of allergy is not known")]


@pytest.mark.parametrize(
    "value, expected",
    [
        (
            {"valueQuantity": {"value": 7.10, "code": "mmol/L", "system": "http://unitsofmeasure.org", "unit": "mmol"}},
            {"value": Decimal("7.1"), "unit": "mmol/L"},
        ),
        ({"valueQuantity": {"value": 5, "unit": "beats"}}, {"value": Decimal(5), "unit": "beats"}),
        (
            {"valueQuantity": {"value": 5, "comparator": "<", "unit": "mg/L"}},
            {"value_text": "< 5 mg/L", "unit": "mg/L"},
        ),
        (
            {"valueCodeableConcept": coded("8517006", "Former smoker")},
            {"value_code": "8517006", "value_text": "Former smoker"},
        ),
        ({"valueString": "clear"}, {"value_text": "clear"}),
        ({"valueBoolean": True}, {"value_text": "true"}),
        ({"valueInteger": 3}, {"value": Decimal(3)}),
        ({"valueTime": "08:30:00"}, {"value_text": "08:30:00"}),
        (
            {"valueRange": {"low": {"value": 1, "unit": "g"}, "high": {"value": 2, "unit": "g"}}},
            {"value_text": "1 to 2 g"},
        ),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, {"value_text": "1 : 128"}),
        ({"valuePeriod": {"start": "2026-11-01", "end": "2026-11-02"}}, {"value_text": "2026-11-01 / 2026-11-02"}),
        ({"dataAbsentReason": {"text": "not asked"}}, {}),
    ],
)
def test_every_kind_of_value(tmp_path: Path, value: dict[str, Any], expected: dict[str, Any]) -> None:
    row = only(tmp_path, "observation", observation(**value))
    whole = {"value": None, "value_text": None, "value_code": None, "unit": None} | expected
    assert {name: row[name] for name in whole} == whole
    assert (row["category"], row["code"], row["at"]) == ("vital-signs", "8867-4", MOMENT)


@pytest.mark.hazard("H16")
def test_digits_are_kept_as_written(tmp_path: Path) -> None:
    raw = (
        b'{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s},{"resource":{"resourceType":'
        b'"Observation","id":"o","status":"final","code":{"text":"K"},"subject":{"reference":"Patient/a"},'
        b'"effectiveDateTime":"2026-11-23","valueQuantity":{"value":6.40}}}]}'
    )
    result = read(tmp_path, raw % b'{"resourceType":"Patient","id":"a"}')
    (row,) = [one for one in result.rows if one.table == "observation"]
    assert str(row.values["value"]) == "6.40"


def test_components_are_rows_under_their_parent(tmp_path: Path) -> None:
    parts = [
        {"code": coded("8480-6", "Systolic"), "valueQuantity": {"value": 162, "unit": "mm[Hg]"}},
        {"code": coded("8462-4", "Diastolic"), "valueQuantity": {"value": 98, "unit": "mm[Hg]"}},
    ]
    parent, systolic, diastolic = rows(tmp_path, "observation", observation(component=parts))
    assert parent.values["parent"] is None and parent.values["value"] is None
    assert [row.values["parent"] for row in (systolic, diastolic)] == [parent.id] * 2
    assert [(row.values["ordinal"], row.values["value"]) for row in (systolic, diastolic)] == [(1, 162), (2, 98)]
    assert len({parent.id, systolic.id, diastolic.id}) == 3


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"status": "preliminary"}, "preliminary"),
        ({"status": "entered-in-error"}, "entered in error"),
        ({"effectiveDateTime": None}, "without a time"),
        ({"code": {"coding": [{"system": SCT}]}}, "without a code or text"),
        ({"subject": {"reference": "Group/g"}}, "not about a patient with a record"),
        ({"subject": {"display": "Somebody"}}, "not about a patient with a record"),
        ({"subject": None}, "not about"),
    ],
)
def test_what_can_not_be_shown_as_a_fact_is_counted(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    result = read(tmp_path, bundle(ANN, observation(**changes)))
    ((kind, said),) = result.not_kept
    assert kind == "Observation" and said.startswith(reason)
    assert result.kept == {"Patient": 1} and not [row for row in result.rows if row.table == "observation"]


def test_a_day_without_a_time_starts_in_the_clinics_zone_and_is_counted(tmp_path: Path) -> None:
    zone = ZoneInfo("Africa/Johannesburg")
    result = read(tmp_path, bundle(ANN, observation(effectiveDateTime="2026-11-23")), zone=zone)
    (row,) = [one for one in result.rows if one.table == "observation"]
    assert row.values["at"] == datetime(2026, 11, 22, 22, tzinfo=UTC)
    assert result.elements["Observation.effective (a day without a time)"] == 1


def test_a_report_gathers_its_observations(tmp_path: Path) -> None:
    report = {
        "resourceType": "DiagnosticReport",
        "id": "r",
        "status": "final",
        "code": coded("1", "Panel"),
        "subject": SUBJECT,
        "effectiveDateTime": AT,
        "result": [{"reference": "Observation/o"}],
        "category": [coded("LAB", "Laboratory")],
        "conclusion": "Repeat",
    }
    result = read(tmp_path, bundle(ANN, report, observation()))
    row = next(one for one in result.rows if one.table == "diagnostic_report").values
    assert row["results"] == [str(next(one.id for one in result.rows if one.table == "observation"))]
    assert (row["category"], row["status"], row["text"]) == ("LAB", "final", "Repeat")


def test_procedures_and_immunizations(tmp_path: Path) -> None:
    done = {
        "resourceType": "Procedure",
        "id": "p",
        "status": "completed",
        "code": coded("1", "Suture"),
        "subject": SUBJECT,
        "performedPeriod": {"start": AT, "end": AT},
        "reasonReference": [{"reference": "Condition/c"}],
    }
    problem = {"resourceType": "Condition", "id": "c", "subject": SUBJECT, "code": {"text": "Laceration"}}
    assert only(tmp_path, "procedure", done, problem)["reason"] == "Laceration"
    shot = {
        "resourceType": "Immunization",
        "id": "i",
        "status": "completed",
        "vaccineCode": coded("08", "Hep B"),
        "patient": SUBJECT,
        "occurrenceDateTime": AT,
        "lotNumber": "L1",
    }
    assert only(tmp_path, "immunization", shot)["lot"] == "L1"
    skipped = read(tmp_path, bundle(ANN, {**shot, "status": "not-done"}, {**done, "status": "entered-in-error"}))
    assert skipped.not_kept == {("Immunization", "not done"): 1, ("Procedure", "entered in error"): 1}


def test_a_dose_is_kept_with_its_rhythm(tmp_path: Path) -> None:
    row = only(
        tmp_path,
        "prescription",
        request(
            dosageInstruction=[
                {
                    "text": "1 tablet twice a day",
                    "route": coded("26643006", "Oral"),
                    "timing": {
                        "repeat": {
                            "frequency": 2,
                            "period": 1,
                            "periodUnit": "d",
                            "boundsDuration": {
                                "value": 2,
                                "code": "wk",
                                "unit": "weeks",
                                "system": "http://unitsofmeasure.org",
                            },
                        }
                    },
                    "doseAndRate": [{"doseQuantity": {"value": 10, "unit": "mg"}}],
                    "asNeededBoolean": False,
                }
            ],
            dispenseRequest={"quantity": {"value": 28, "unit": "tablet"}, "numberOfRepeatsAllowed": 5},
        ),
    )
    assert (row["dose"], row["dose_unit"], row["route"]) == (10, "mg", "Oral")
    assert (row["frequency"], row["times_per_day"], row["days"], row["prn"]) == ("1 tablet twice a day", 2, 14, False)
    assert (row["quantity"], row["quantity_unit"], row["repeats"]) == (28, "tablet", 5)


@pytest.mark.parametrize(
    "repeat, per_day, words",
    [
        ({"frequency": 1, "period": 4, "periodUnit": "h"}, 6, "1 × / 4 h"),
        ({"frequency": 1, "period": 1, "periodUnit": "wk"}, None, "1 × / 1 wk"),
        ({"frequency": 1, "period": 2, "periodUnit": "d"}, Decimal("0.5"), "1 × / 2 d"),
        ({"frequency": 1, "period": 1, "periodUnit": "mo"}, None, "1 × / 1 mo"),
        ({}, None, None),
    ],
)
def test_rhythms(tmp_path: Path, repeat: dict[str, Any], per_day: Any, words: str | None) -> None:
    instruction = {"timing": {"repeat": repeat}} if repeat else {"sequence": 1}
    row = only(tmp_path, "prescription", request(dosageInstruction=[instruction]))
    assert (row["times_per_day"], row["frequency"]) == (per_day, words)


def test_two_instructions_and_ranges_stay_words_only(tmp_path: Path) -> None:
    two = [{"text": "2 tablets today", "doseAndRate": [{"doseQuantity": {"value": 2}}]}, {"text": "then 1 a day"}]
    row = only(tmp_path, "prescription", request(dosageInstruction=two))
    assert (row["dose"], row["frequency"]) == (None, "2 tablets today; then 1 a day")
    spread = [{"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "g"}, "high": {"value": 2, "unit": "g"}}}]}]
    ranged = only(tmp_path, "prescription", request(dosageInstruction=spread))
    assert (ranged["dose"], ranged["frequency"]) == (None, "1 to 2 g")


def test_the_medicine_may_be_elsewhere(tmp_path: Path) -> None:
    tablet = {
        "resourceType": "Medication",
        "id": "tab",
        "code": {"text": "Amoxicillin 500 mg"},
        "form": {"text": "Capsule"},
    }
    inside = request(medicationCodeableConcept=None, medicationReference={"reference": "#tab"}, contained=[tablet])
    assert only(tmp_path, "prescription", inside)["display"] == "Amoxicillin 500 mg"
    beside = request(medicationCodeableConcept=None, medicationReference={"reference": "Medication/tab"})
    row = only(tmp_path, "prescription", beside, tablet)
    assert (row["display"], row["form"]) == ("Amoxicillin 500 mg", "Capsule")
    worded = {"reference": "Medication/none", "display": "Aspirin"}
    words = request(medicationCodeableConcept=None, medicationReference=worded)
    assert only(tmp_path, "prescription", words)["display"] == "Aspirin"


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"intent": "plan"}, "not an order to give"),
        ({"doNotPerform": True}, "not an order to give"),
        ({"status": "unknown"}, "state unknown"),
        ({"authoredOn": None}, "without a time"),
        (
            {"medicationCodeableConcept": None, "medicationReference": {"reference": "Medication/none"}},
            "the medicine is not named",
        ),
    ],
)
def test_what_is_no_order_is_counted(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    result = read(tmp_path, bundle(ANN, request(**changes)))
    assert result.fault is None and result.not_kept == {("MedicationRequest", reason): 1}
