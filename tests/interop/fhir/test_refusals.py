# SPDX-License-Identifier: Apache-2.0
"""Broken, foreign and hostile files: refused whole, with file, place and reason."""

from __future__ import annotations

import json
import random
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import Limits
from tests.interop.fhir.build import ANN, SUBJECT, bundle, pack, read, refusal, write

WEIGHT: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "w",
    "status": "final",
    "code": {"text": "Weight"},
    "subject": SUBJECT,
    "effectiveDateTime": "2026-11-23T09:40:00Z",
    "valueQuantity": {"value": 83.5, "unit": "kg"},
}

BROKEN: list[tuple[Any, str]] = [
    (b"", "The file is empty"),
    (b"[1, 2]", "Expected `object`"),
    (b"{}", "required field `resourceType`"),
    (b'{"resourceType": "Patient",\n "name": [}', "line 2, column 11: The JSON is broken"),
    (b'{"resourceType": "Patient"} trailing', "line 1, column 30: The JSON is broken"),
    (b'{"resourceType": "Patient", "id": "\xff"}', "can't be read"),
    (b'{"resourceType": "Patient", "id": "a", "id": "b"}', "“id” is given twice"),
    (b'{"resourceType": "Patient", "multipleBirthInteger": NaN}', "The JSON is broken"),
    ({"resourceType": "MedicationOrder", "id": "m"}, "“MedicationOrder” is no resource of FHIR R4"),
    ({"resourceType": "Observation", "id": "o", "code": {"text": "x"}}, "Observation.status: "),
    ({**WEIGHT, "valueQuantity": {"value": "heavy"}}, "Observation.valueQuantity.value: "),
    ({**WEIGHT, "valueString": "heavy"}, "got multiple"),
    ({**WEIGHT, "effectiveDateTime": "2026-02-31"}, "Observation.effectiveDateTime"),
    ({**WEIGHT, "status": "ended"}, "Observation.status: “ended” is not one of registered"),
    ({**ANN, "birthDate": "14/03/1979"}, "Patient.birthDate"),
    ({**ANN, "gender": "F"}, "Patient.gender: “F” is not one of male, female"),
    ({**ANN, "name": {"family": "x"}}, "Patient.name: "),
    ({**ANN, "pronouns": "she"}, "Patient.pronouns: "),
    ({**ANN, "contained": [{"resourceType": "Pronoun", "id": "p"}]}, "a type that FHIR R4 does not have"),
    (
        {"resourceType": "Encounter", "id": "e", "status": "finished", "class": [{"coding": [{"code": "AMB"}]}]},
        "Encounter.class",
    ),
    (
        {"resourceType": "Condition", "subject": SUBJECT, "clinicalStatus": "active", "code": {"text": "x"}},
        "Condition.clinicalStatus",
    ),
    ({"resourceType": "Bundle", "type": "history", "entry": []}, "type “history” is not a set of records"),
    (
        {
            "resourceType": "Bundle",
            "type": "transaction",
            "entry": [{"request": {"method": "DELETE", "url": "Patient/1"}}],
        },
        "entry 1: The bundle asks to delete",
    ),
    ({"resourceType": "Bundle", "type": "collection", "entry": {"resource": ANN}}, "$.entry"),
    (bundle(ANN, {**ANN, "birthDate": "1980-01-01"}), "entry 2, Patient/ann: The file holds this resource twice"),
    (
        bundle(ANN, {**WEIGHT, "subject": {"reference": "urn:uuid:0a0e1f6c-0000-4000-8000-000000000000"}}),
        "points to nothing in this file",
    ),
]


@pytest.mark.parametrize("content, reason", BROKEN, ids=[str(number) for number in range(len(BROKEN))])
def test_a_broken_file_is_refused_whole_with_place_and_reason(tmp_path: Path, content: Any, reason: str) -> None:
    message = refusal(tmp_path, content)
    assert message.startswith("file.json") and reason in message
    assert message.endswith("Nothing of this file was imported.")


def test_the_place_in_a_bundle_is_named(tmp_path: Path) -> None:
    message = refusal(tmp_path, bundle(ANN, WEIGHT, {**WEIGHT, "id": "w2", "status": None}))
    assert message.startswith("file.json, entry 3, Observation/w2, Observation.status: ")


@pytest.mark.parametrize("name", ["patient.xml", "patient.txt", "scan.dcm", "patient"])
def test_other_kinds_of_files_are_refused_by_name(tmp_path: Path, name: str) -> None:
    assert ".json, .ndjson or .zip" in refusal(tmp_path, ANN, name)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (result,) = read_files([tmp_path / "gone.json"])
    assert result.fault is not None and "gone.json: The file can't be read: No such file" in str(result.fault)


def test_limits_are_named(tmp_path: Path) -> None:
    deep: Any = "x"
    for _level in range(30):
        deep = {"extension": [{"url": "http://example.org", "valueString": "x"}, deep]} if deep != "x" else {"url": "u"}
    assert "nested more than 10 deep" in refusal(tmp_path, {**ANN, "extension": [deep]}, limits=Limits(depth=10))
    assert "at most 1 are read" in refusal(tmp_path, bundle(ANN, WEIGHT), limits=Limits(resources=1))
    assert "at most 10 bytes are read" in refusal(tmp_path, ANN, limits=Limits(file_bytes=10))
    assert "characters is too long" in refusal(tmp_path, {**ANN, "implicitRules": "u" * 50}, limits=Limits(text=40))
    scan = [{"contentType": "application/pdf", "data": "QUJD" * 20}]
    assert read(tmp_path, {**ANN, "photo": scan}, limits=Limits(text=60)).kept == {"Patient": 1}
    nested = b'{"resourceType":"Patient","extension":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    assert "can't be read" in refusal(tmp_path, nested)


@pytest.mark.parametrize("number", ["1e999999999", "1" * 2000, "1e-99999"])
def test_a_number_beyond_measure_is_refused(tmp_path: Path, number: str) -> None:
    text = json.dumps(bundle(ANN, WEIGHT)).replace("83.5", number)
    assert refusal(tmp_path, text.encode())


def test_one_bad_file_does_not_keep_the_others_out(tmp_path: Path) -> None:
    path = pack(
        tmp_path,
        {
            "a.json": {**ANN, "gender": "F"},
            "b.json": {**ANN, "id": "bob"},
            "README.md": b"words",
            "__MACOSX/._b.json": b"x",
            "note.xml": b"<x/>",
        },
    )
    results = {result.name: result for result in read_files([path])}
    assert results["files.zip > a.json"].fault is not None
    assert results["files.zip > b.json"].kept == {"Patient": 1}
    assert results["files.zip > README.md"].passed_over == "not a FHIR file"
    assert results["files.zip > __MACOSX/._b.json"].passed_over and results["files.zip > note.xml"].passed_over


def test_broken_zips_are_named(tmp_path: Path) -> None:
    whole = pack(tmp_path, {"a.json": bundle(ANN, WEIGHT)}).read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 4):
        (result,) = read_files([write(tmp_path, whole[:cut], "cut.zip")])
        assert result.fault is not None and str(result.fault).startswith("cut.zip")
    changed = bytearray(whole)
    changed[60:64] = b"\x00\x00\x00\x00"
    (result,) = read_files([write(tmp_path, bytes(changed), "changed.zip")])
    assert result.fault is not None and "broken" in str(result.fault)


def test_a_file_without_a_name_in_a_zip_is_left_alone(tmp_path: Path) -> None:
    data = pack(tmp_path, {"a.json": ANN, "x": b"x"}).read_bytes()
    central = data.rindex(b"PK\x01\x02")
    bare = data[: central + 28] + b"\x00\x00" + data[central + 30 : central + 46] + data[central + 47 :]
    end = bare.rindex(b"PK\x05\x06")
    (size,) = struct.unpack_from("<I", bare, end + 12)
    whole = bare[: end + 12] + struct.pack("<I", size - 1) + bare[end + 16 :]
    good, nameless = sorted(read_files([write(tmp_path, whole, "bare.zip")]), key=lambda one: one.passed_over)
    assert good.kept == {"Patient": 1} and nameless.passed_over == "not a FHIR file"


def test_a_locked_zip_is_named(tmp_path: Path) -> None:
    data = bytearray(pack(tmp_path, {"a.json": ANN}).read_bytes())
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, central + 8, 1)
    (result,) = read_files([write(tmp_path, bytes(data), "locked.zip")])
    assert result.fault is not None and "locked with a password" in str(result.fault)


def test_a_trap_that_unpacks_to_much_is_refused(tmp_path: Path) -> None:
    path = pack(tmp_path, {"bomb.json": b" " * 30_000_000})
    (result,) = read_files([path])
    assert result.fault is not None and "as a trap would" in str(result.fault)
    (result,) = read_files([path], Limits(file_bytes=1_000_000))
    assert result.fault is not None and "The file has 28.7 MB; at most 976.5 KB" in str(result.fault)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(5):
            archive.writestr(f"{number}.json", "{}")
    (result,) = read_files([tmp_path / "many.zip"], Limits(members=4))
    assert result.fault is not None and "more than 4 files" in str(result.fault)


def test_two_thousand_damaged_files_are_refused_or_read_and_never_crash(tmp_path: Path) -> None:
    chance = random.Random(20261123)
    whole = json.dumps(bundle(ANN, WEIGHT, {**WEIGHT, "id": "w3"})).encode()
    for _case in range(2000):
        data = bytearray(whole)
        for _hit in range(chance.randint(1, 3)):
            place = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randint(1, 40)]
                case 2:
                    data[place:place] = bytes([chance.choice(b'{}[]",:0x')])
                case _:
                    del data[place:]
            data = data or bytearray(b" ")
        result = read(tmp_path, bytes(data))
        assert (result.fault is None) != (not result.rows and not result.kept and not result.not_kept)
