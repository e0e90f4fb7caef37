# SPDX-License-Identifier: Apache-2.0
"""How other programs write: staff in files of their own, references by number, odd times, doses with conditions."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import FileResult, Limits
from tests.interop.fhir.build import ANN, SUBJECT, bundle, only, pack, read, refusal, rows, write
from tests.interop.fhir.test_care import AT, coded, observation, request
from tests.interop.fhir.test_identities import collection, full, visit

NPI = "http://hl7.org/fhir/sid/us-npi"
DOCTOR: dict[str, Any] = {
    "resourceType": "Practitioner",
    "id": "d",
    "name": [{"family": "Mbeki"}],
    "identifier": [{"system": NPI, "value": "77"}],
}
SEEN = [{"individual": {"reference": f"Practitioner?identifier={NPI}|77", "display": "Dr. Mbeki"}}]
HOUSE = {"resourceType": "Organization", "id": "h", "name": "Riverbend", "identifier": [{"system": "s", "value": "1"}]}


def row(results: list[FileResult], table: str) -> Any:
    """The only row of a table in several files."""
    (found,) = [one for result in results for one in result.rows if one.table == table]
    return found


def test_staff_in_a_bundle_of_their_own_come_before_the_patients_whatever_the_files_are_called(tmp_path: Path) -> None:
    files = {
        "Aaron_1.json": bundle(ANN, visit("Patient/ann", participant=SEEN)),
        "hospitalInformation1.json": bundle(HOUSE, type="batch"),
        "practitionerInformation1.json": bundle(DOCTOR, type="batch"),
    }
    results = list(read_files([pack(tmp_path, files)]))
    assert [one.name.rsplit(" ", 1)[1][0] for one in results] == ["h", "p", "A"]
    assert row(results, "encounter").values["practitioner"] == row(results, "practitioner").id


def test_a_practitioner_who_comes_after_a_reference_by_number_is_the_one_who_was_meant(tmp_path: Path) -> None:
    early = write(tmp_path, bundle(ANN, visit("Patient/ann", participant=SEEN)), "early.json")
    staff = write(tmp_path, bundle(ANN, DOCTOR), "staff.json")
    plain = [{"individual": {"reference": "Practitioner/d"}}]
    other = {**visit("Patient/bo", participant=plain), "id": "e2"}
    late = write(tmp_path, bundle({**ANN, "id": "bo"}, other), "z.json")
    results = list(read_files([early, staff, late]))
    meant = [one.values["practitioner"] for result in results for one in result.rows if one.table == "encounter"]
    assert meant == [row(results, "practitioner").id] * 2
    assert not any(result.fault or result.awaited for result in results)


def test_a_file_that_is_refused_teaches_nothing(tmp_path: Path) -> None:
    wrong = write(tmp_path, bundle(DOCTOR, {**ANN, "gender": "F"}), "a.json")
    care = write(tmp_path, bundle(ANN, visit("Patient/ann", participant=SEEN)), "b.json")
    bad, good = read_files([wrong, care])
    assert bad.fault is not None and not bad.keys
    assert good.keys == {("Practitioner", NPI, "77"): f"Practitioner?identifier={NPI}|77"}


def test_a_number_without_a_type_means_what_the_element_is_about(tmp_path: Path) -> None:
    ann = {**ANN, "identifier": [{"system": "urn:s", "value": "9"}]}
    by_number = {"identifier": {"system": "urn:s", "value": "9"}}
    doctor = [{"individual": {"identifier": {"system": NPI, "value": "77"}}}]
    result = read(tmp_path, bundle(ann, DOCTOR, {**visit("x", participant=doctor), "subject": by_number}))
    assert row([result], "encounter").values["patient"] == row([result], "patient").id
    assert row([result], "encounter").values["practitioner"] == row([result], "practitioner").id


@pytest.mark.parametrize("said", ["http://", "/", "ann", "Patient?family=x", "Patient/", "?", "urn:ietf:rfc:1"])
def test_a_reference_that_means_nothing_is_counted_and_stops_nothing(tmp_path: Path, said: str) -> None:
    result = read(tmp_path, bundle(ANN, visit(said)))
    assert result.kept == {"Patient": 1} and not result.awaited
    assert result.not_kept == {("Encounter", "not about a patient with a record"): 1}


def test_the_digits_of_a_uuid_are_the_same_large_and_small(tmp_path: Path) -> None:
    small = "urn:uuid:0a0e1f6c-6d0d-4b6c-9f7e-2f6f3c1d2e3f"
    care = full(visit("urn:uuid:" + small[9:].upper()), "urn:uuid:e")
    assert read(tmp_path, collection(full(ANN, small), care)).kept == {"Patient": 1, "Encounter": 1}


def test_what_is_not_kept_waits_for_nobody(tmp_path: Path) -> None:
    nobody = {"reference": "Patient/nobody"}
    told = {"resourceType": "AllergyIntolerance", "id": "a", "patient": nobody, "code": coded("409137002", "NKDA")}
    result = read(tmp_path, bundle(ANN, told))
    assert not result.awaited and sum(result.not_kept.values()) == 1


@pytest.mark.parametrize(
    ("code", "table"),
    [
        ({"coding": [{"system": "local", "code": "NKA"}, *coded("716186003", "x")["coding"]]}, "no_known_allergy"),
        ({"text": "No known allergies"}, None),
        ({"text": "No Known Drug Allergies"}, None),
        ({"coding": [{"system": "local", "code": "NKDA"}]}, None),
        ({"text": "Nothing bites like bees: allergy to bee venom"}, "allergy"),
    ],
)
def test_that_nothing_is_known_never_becomes_a_substance(tmp_path: Path, code: Any, table: str | None) -> None:
    told = {"resourceType": "AllergyIntolerance", "id": "a", "patient": SUBJECT, "code": code, "recordedDate": AT}
    result = read(tmp_path, bundle(ANN, told))
    assert [one.table for one in result.rows if "allergy" in one.table] == ([table] if table else [])
    assert sum(result.not_kept.values()) == (0 if table else 1)


@pytest.mark.parametrize(
    ("repeat", "words"),
    [
        ({"frequencyMax": 3}, "1 to 3 × / 1 d"),
        ({"periodMax": 2}, "1 × / 1 to 2 d"),
        ({"dayOfWeek": ["mon"]}, "1 × / 1 d, mon"),
        ({"when": ["HS"]}, "1 × / 1 d, HS"),
        ({"timeOfDay": ["08:00:00"]}, "1 × / 1 d, 08:00:00"),
    ],
)
def test_a_dose_with_a_condition_is_never_so_many_a_day(tmp_path: Path, repeat: dict[str, Any], words: str) -> None:
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", **repeat}}
    row = only(tmp_path, "prescription", request(dosageInstruction=[{"timing": timing}]))
    assert (row["times_per_day"], row["frequency"]) == (None, words)


def test_a_dose_below_something_is_words_and_a_course_has_a_length_that_can_be(tmp_path: Path) -> None:
    below = [{"doseQuantity": {"value": 1, "comparator": "<", "unit": "mg"}}]
    row = only(tmp_path, "prescription", request(dosageInstruction=[{"doseAndRate": below}]))
    assert (row["dose"], row["frequency"]) == (None, "< 1 mg")
    for value, days in ((1e30, None), (-4, None), (7, 7)):
        bounds = {"timing": {"repeat": {"boundsDuration": {"value": value, "unit": "d"}}}}
        assert only(tmp_path, "prescription", request(dosageInstruction=[bounds]))["days"] == days
    often = {"timing": {"repeat": {"frequency": 1, "period": 1e-200, "periodUnit": "s"}}}
    assert only(tmp_path, "prescription", request(dosageInstruction=[often]))["times_per_day"] is None


def test_a_leap_second_is_the_second_before_it(tmp_path: Path) -> None:
    row = only(tmp_path, "observation", observation(effectiveDateTime="2016-12-31T23:59:60Z"))
    assert row["at"].isoformat() == "2016-12-31T23:59:59+00:00"


@pytest.mark.parametrize("at", ["0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1799"])
def test_a_year_beyond_belief_is_no_time(tmp_path: Path, at: str) -> None:
    result = read(tmp_path, bundle(ANN, observation(effectiveDateTime=at)))
    assert result.not_kept == {("Observation", "without a time"): 1}
    died = read(tmp_path, {**ANN, "birthDate": "0001", "deceasedDateTime": "9999-12-31"})
    assert row([died], "patient").values["born"] is None and row([died], "patient_flag")
    assert died.elements == {
        "Patient.birthDate (a year beyond belief)": 1,
        "Patient.deceasedDateTime (a year beyond belief)": 1,
    }


def test_a_name_whose_time_is_over_gives_way_to_one_in_use(tmp_path: Path) -> None:
    names = [{"use": "official", "family": "Then", "period": {"end": "2001"}}, {"use": "usual", "family": "Now"}]
    assert row([read(tmp_path, {**ANN, "name": names})], "patient").values["family"] == "Now"
    assert "Patient.name.use: “nom” is not one of" in refusal(tmp_path, {**ANN, "name": [{"use": "nom"}]})


@pytest.mark.parametrize("share", [150, -20])
def test_a_share_that_is_no_percentage_is_not_believed(tmp_path: Path, share: int) -> None:
    cost = {"type": {"coding": [{"code": "copaypct"}]}, "valueQuantity": {"value": share}}
    payer = {"resourceType": "Organization", "id": "p", "name": "Acme"}
    cover = {
        "resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": SUBJECT, "contained": [payer],
        "payor": [{"reference": "#p"}], "costToBeneficiary": [cost],
    }  # fmt: skip
    found = only(tmp_path, "coverage", cover)
    assert found["patient_share_percent"] == 0 and found["payer"] == "Acme"


def test_a_procedure_of_which_only_the_end_is_known_and_a_reason_from_elsewhere(tmp_path: Path) -> None:
    done = {
        "resourceType": "Procedure", "id": "p", "status": "completed", "subject": SUBJECT, "code": {"text": "X"},
        "performedPeriod": {"end": AT}, "reasonReference": [{"reference": "Condition/elsewhere"}],
    }  # fmt: skip
    result = read(tmp_path, bundle(ANN, done))
    assert result.kept["Procedure"] == 1 and row([result], "procedure").values["at"] is not None
    assert result.elements == {"Procedure.reasonReference (its words are not in the file)": 1}


def test_lines_that_hold_bundles_are_opened(tmp_path: Path) -> None:
    import json

    lines = "\n".join(json.dumps(one) for one in (bundle(ANN), visit("Patient/ann")))
    assert read(tmp_path, lines.encode(), "bulk.ndjson").kept == {"Patient": 1, "Encounter": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<?xml version='1.0'?><Patient/>", "This is XML"),
        (b"\xef\xbb\xbf <Bundle/>", "This is XML"),
        ('{"resourceType": "Patient"}'.encode("utf-16"), "UTF-16"),
        ('{"resourceType": "Patient"}'.encode("utf-16-le"), "UTF-16"),
        (b"PK\x03\x04....", "a zip under another name"),
        (b"\x1f\x8b....", "packed with gzip"),
        (b'{"resourceType": "Patient",\n"id": "a"', "at its end, line 2: The JSON is broken"),
        ({**ANN, "name": [{"family": "a\x00b"}]}, "control character"),
    ],
)
def test_a_text_of_another_kind_is_named(tmp_path: Path, content: Any, reason: str) -> None:
    assert reason in refusal(tmp_path, content)


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s}],"entry":[]}',
        '{"resourceType":"Bundle","type":"collection","entry":[{"resource":%s,"resource":{"resourceType":"Basic"}}]}',
    ],
)
def test_a_bundle_that_names_an_element_twice_loses_nothing_in_silence(tmp_path: Path, text: str) -> None:
    assert "is given twice" in refusal(tmp_path, (text % '{"resourceType":"Patient","id":"a"}').encode())


def test_a_word_like_an_element_is_no_second_element(tmp_path: Path) -> None:
    link = [{"relation": "resource", "url": "http://example.org"}]
    assert read(tmp_path, bundle(ANN, link=link)).kept == {"Patient": 1}


def test_another_version_is_named_even_when_something_is_missing_first(tmp_path: Path) -> None:
    old = {"resourceType": "Condition", "id": "c", "patient": SUBJECT, "code": {"text": "x"}}
    assert "Perhaps the file is of another FHIR version" in refusal(tmp_path, old)


def test_a_folder_leaves_alone_what_is_no_fhir_and_names_what_it_can_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    write(folder, ANN, "ann.json")
    for name in ("README.md", ".DS_Store", "._ann.json", "old.xml", "more.tar.gz"):
        write(folder, b"x", name)
    (folder / "loop.json").symlink_to("loop.json")
    (folder / "up").symlink_to("..")
    (folder / "lost.json").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.json")
    found = {result.name.removeprefix("export/"): result for result in read_files([folder])}
    assert found.pop("ann.json").kept == {"Patient": 1}
    refused = {name: str(one.fault) for name, one in found.items() if one.fault is not None}
    assert set(refused) == {"loop.json", "lost.json", "pipe.json"} and "This is no file" in refused["pipe.json"]
    alone = {name: one.passed_over for name, one in found.items() if one.passed_over}
    assert set(alone) == {"README.md", ".DS_Store", "._ann.json", "old.xml", "more.tar.gz"}
    assert "export it as JSON" in alone["old.xml"] and "unpack it first" in alone["more.tar.gz"]


def test_an_empty_folder_and_an_empty_zip_are_named(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    with zipfile.ZipFile(tmp_path / "nothing.zip", "w"):
        pass
    for name, reason in (("nothing", "The folder is empty"), ("nothing.zip", "The zip is empty")):
        (result,) = read_files([tmp_path / name])
        assert result.fault is not None and reason in str(result.fault)


def test_a_file_that_grows_after_it_was_measured_is_still_bounded(tmp_path: Path) -> None:
    path = write(tmp_path, ANN)
    results = read_files([path, write(tmp_path, ANN, "b.json")], Limits(file_bytes=1000))
    next(results)
    write(tmp_path, b" " * 2000, "b.json")
    (late,) = results
    assert late.fault is not None and "at most 1000 bytes are read" in str(late.fault)


def test_a_zip_in_a_zip_is_named(tmp_path: Path) -> None:
    inner = pack(tmp_path, {"a.json": ANN}, "inner.zip").read_bytes()
    (result,) = read_files([pack(tmp_path, {"inner.zip": inner})])
    assert "unpack it first" in result.passed_over
    assert rows(tmp_path, "patient")
