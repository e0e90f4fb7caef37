# SPDX-License-Identifier: Apache-2.0
"""What a record leaves out: it is counted and named, or kept as far as it goes, and never guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import Limits
from tests.interop.fhir.build import ANN, SUBJECT, bundle, only, pack, read, rows
from tests.interop.fhir.test_care import AT, coded, observation, request

REPORT: dict[str, Any] = {
    "resourceType": "DiagnosticReport",
    "id": "r",
    "status": "final",
    "code": coded("58410-2", "Full blood count", "http://loinc.org"),
    "subject": SUBJECT,
    "issued": AT,
}
ALLERGY: dict[str, Any] = {"resourceType": "AllergyIntolerance", "id": "a", "patient": SUBJECT}
REFUTED = {"coding": [{"code": "refuted"}]}
NONE_KNOWN = coded("716186003", "No known allergy")


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({**REPORT, "status": "cancelled"}, "cancelled"),
        ({**REPORT, "status": "entered-in-error"}, "entered in error"),
        ({**REPORT, "code": {"coding": [{"system": "http://loinc.org"}]}}, "without a code or text"),
        ({**REPORT, "issued": None}, "without a time"),
        (ALLERGY, "without a substance"),
        ({**ALLERGY, "code": NONE_KNOWN}, "no known allergies, without a time or withdrawn"),
        (
            {
                **ALLERGY,
                "code": NONE_KNOWN,
                "recordedDate": AT,
                "verificationStatus": {"coding": [{"code": "refuted"}]},
            },
            "no known allergies, without a time or withdrawn",
        ),
    ],
)
def test_what_says_too_little_is_counted(tmp_path: Path, resource: dict[str, Any], reason: str) -> None:
    said = {key: value for key, value in resource.items() if value is not None}
    result = read(tmp_path, bundle(ANN, said))
    ((kind, why),) = result.not_kept
    assert result.fault is None and kind == said["resourceType"] and why.startswith(reason)


def test_a_component_without_a_name_is_left_out_and_counted(tmp_path: Path) -> None:
    parts = [
        {"code": {"text": "Systolic"}, "valueQuantity": {"value": 118}},
        {"code": {"coding": [{}]}, "valueInteger": 74},
    ]
    found = rows(tmp_path, "observation", observation(component=parts))
    assert [row.values["display"] for row in found] == ["Pulse", "Systolic"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"valueRange": {"low": {"value": 3, "unit": "mg"}}}, "3 mg"),
        ({"valueRange": {"high": {"value": 5, "unit": "mg"}}}, "5 mg"),
        ({"valueRange": {"low": {"value": 3}, "high": {"value": 5, "unit": "mg"}}}, "3 to 5 mg"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 : 128"),
        ({"valueRatio": {"numerator": {"value": 1}}}, "1"),
    ],
)
def test_half_a_range_or_ratio_is_kept_as_words(tmp_path: Path, value: dict[str, Any], words: str) -> None:
    assert only(tmp_path, "observation", observation(**value))["value_text"] == words


def test_a_draft_of_a_prescription_is_no_event_in_the_history(tmp_path: Path) -> None:
    for status, events in (("draft", 0), ("active", 1)):
        told = rows(tmp_path, "timeline_entry", request(status=status))
        assert len([row for row in told if row.values["kind"] == "prescription"]) == events


def test_a_folder_is_read_with_its_folders_and_a_file_inside_may_be_too_large(tmp_path: Path) -> None:
    inner = tmp_path / "clinic" / "2026"
    inner.mkdir(parents=True)
    pack(inner, {"ann.json": ANN}, "ann.zip")
    (good,) = read_files([tmp_path / "clinic"])
    assert good.fault is None and good.kept == {"Patient": 1}
    (bad,) = read_files([tmp_path / "clinic"], limits=Limits(file_bytes=64))
    assert "Split it" in str(bad.fault) and not bad.rows
