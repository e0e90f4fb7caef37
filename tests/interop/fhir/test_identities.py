# SPDX-License-Identifier: Apache-2.0
"""Which record a resource and a reference mean: the same file gives the same ids, strangers never share one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hms_desktop.interop.fhir.reader import read_files
from hms_desktop.interop.fhir.results import FileResult, Progress
from tests.interop.fhir.build import ANN, bundle, pack, read, write

UUID_1 = "0a0e1f6c-6d0d-4b6c-9f7e-2f6f3c1d2e3f"
AT = "2026-11-23T09:40:00Z"


def visit(subject: str, **more: Any) -> dict[str, Any]:
    """An encounter of a subject."""
    return {
        "resourceType": "Encounter",
        "id": "e",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": subject},
        "period": {"start": AT},
        **more,
    }


def ids(result: FileResult, table: str) -> list[Any]:
    """The ids of a table's rows."""
    assert result.fault is None, str(result.fault)
    return [row.id for row in result.rows if row.table == table]


def full(resource: dict[str, Any], url: str) -> dict[str, Any]:
    """A bundle entry with its address."""
    return {"fullUrl": url, "resource": resource}


def collection(*entries: dict[str, Any]) -> dict[str, Any]:
    """A bundle of entries."""
    return {"resourceType": "Bundle", "type": "collection", "entry": list(entries)}


def test_the_same_file_twice_gives_the_same_rows(tmp_path: Path) -> None:
    content = bundle(ANN, visit("Patient/ann"), {**visit("Patient/ann"), "id": None})
    for one in content["entry"]:
        one["resource"] = {key: value for key, value in one["resource"].items() if value is not None}
    assert read(tmp_path, content).rows == read(tmp_path, content).rows
    assert len(ids(read(tmp_path, content), "encounter")) == 2


def test_local_addresses_and_plain_ids_are_one_identity(tmp_path: Path) -> None:
    ann = {**ANN, "id": UUID_1}
    inside = read(
        tmp_path,
        collection(
            full(ann, f"urn:uuid:{UUID_1}"),
            full(visit(f"urn:uuid:{UUID_1}"), "urn:uuid:11111111-6d0d-4b6c-9f7e-2f6f3c1d2e3f"),
        ),
    )
    alone = read(tmp_path, ann)
    assert ids(inside, "patient") == ids(alone, "patient")
    (encounter,) = [row for row in inside.rows if row.table == "encounter"]
    assert encounter.values["patient"] == ids(alone, "patient")[0]


def test_the_same_short_id_on_two_servers_is_two_people(tmp_path: Path) -> None:
    one = read(
        tmp_path,
        collection(
            full({**ANN, "id": "1"}, "http://a.example.org/fhir/Patient/1"),
            full(visit("Patient/1"), "http://a.example.org/fhir/Encounter/e"),
        ),
    )
    two = read(tmp_path, collection(full({**ANN, "id": "1"}, "http://b.example.org/fhir/Patient/1")))
    assert ids(one, "patient") != ids(two, "patient") != ids(read(tmp_path, {**ANN, "id": "1"}), "patient")
    (encounter,) = [row for row in one.rows if row.table == "encounter"]
    assert encounter.values["patient"] == ids(one, "patient")[0] and not one.awaited


def test_versioned_and_absolute_references(tmp_path: Path) -> None:
    address = "http://a.example.org/fhir/Patient/1"
    result = read(
        tmp_path,
        collection(
            full({**ANN, "id": "1"}, address),
            full(visit(f"{address}/_history/3"), "http://a.example.org/fhir/Encounter/e"),
        ),
    )
    (encounter,) = [row for row in result.rows if row.table == "encounter"]
    assert encounter.values["patient"] == ids(result, "patient")[0]


def test_a_patient_in_another_file_is_awaited_under_the_right_id(tmp_path: Path) -> None:
    result = read(tmp_path, visit("Patient/ann"))
    (awaited,) = result.awaited
    assert (awaited.table, awaited.reference) == ("patient", "Patient/ann")
    assert awaited.id == ids(read(tmp_path, ANN), "patient")[0]
    assert awaited.place == "line 1, Encounter/e"


def test_patients_are_read_before_what_belongs_to_them(tmp_path: Path) -> None:
    path = pack(
        tmp_path,
        {
            "a-visit.json": visit("Patient/ann"),
            "z-ann.json": ANN,
            "m.json": {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Mbeki"}]},
        },
    )
    assert [result.name.split(" > ")[1] for result in read_files([path])] == ["m.json", "z-ann.json", "a-visit.json"]


def test_conditional_and_logical_references_find_shared_resources(tmp_path: Path) -> None:
    doctor = {
        "resourceType": "Practitioner",
        "id": "d",
        "name": [{"family": "Mbeki"}],
        "identifier": [{"system": "urn:x", "value": "1"}, {"system": "http://npi", "value": "77"}],
    }
    by_search = {"individual": {"reference": "Practitioner?identifier=http://npi|77"}}
    by_number = {"individual": {"type": "Practitioner", "identifier": {"system": "http://npi", "value": "77"}}}
    for participant in (by_search, by_number):
        path = pack(
            tmp_path, {"staff.json": doctor, "visit.json": bundle(ANN, visit("Patient/ann", participant=[participant]))}
        )
        staff, care = read_files([path])
        (encounter,) = [row for row in care.rows if row.table == "encounter"]
        assert encounter.values["practitioner"] == ids(staff, "practitioner")[0]


def test_a_conditional_reference_to_nobody_we_met_is_the_same_everywhere(tmp_path: Path) -> None:
    participant = [{"individual": {"reference": "Practitioner?identifier=http://npi|99"}}]
    found = [
        next(
            row
            for row in read(tmp_path, bundle(ANN, visit("Patient/ann", participant=participant))).rows
            if row.table == "encounter"
        ).values["practitioner"]
        for _time in range(2)
    ]
    assert found[0] == found[1] is not None


def test_contained_and_worded_references_mean_no_record(tmp_path: Path) -> None:
    for individual in ({"reference": "#d"}, {"display": "Dr Mbeki"}, {"reference": "Device/1"}):
        result = read(tmp_path, bundle(ANN, visit("Patient/ann", participant=[{"individual": individual}])))
        (encounter,) = [row for row in result.rows if row.table == "encounter"]
        assert encounter.values["practitioner"] is None


def test_a_role_leads_to_its_practitioner(tmp_path: Path) -> None:
    doctor = {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Mbeki"}]}
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/d"},
        "code": [{"text": "Consultant"}],
    }
    result = read(
        tmp_path,
        bundle(
            ANN, doctor, role, visit("Patient/ann", participant=[{"individual": {"reference": "PractitionerRole/r"}}])
        ),
    )
    (encounter,) = [row for row in result.rows if row.table == "encounter"]
    assert encounter.values["practitioner"] == ids(result, "practitioner")[0]


def test_exact_copies_are_kept_once_and_counted_and_bundles_in_bundles_are_opened(tmp_path: Path) -> None:
    twice = read(tmp_path, bundle(ANN, ANN))
    assert twice.read == {"Patient": 2} and twice.kept == {"Patient": 1}
    assert twice.not_kept == {("Patient", "an exact copy in the same file"): 1}
    answers = [{"resource": bundle(ANN)}, {"response": {}}]
    nested = {"resourceType": "Bundle", "type": "batch-response", "entry": answers}
    assert read(tmp_path, nested).kept == {"Patient": 1}
    for _level in range(5):
        nested = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": nested}]}
    assert read(tmp_path, nested).fault is not None


def test_lines_of_json_and_a_byte_order_mark(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(one) for one in (ANN, visit("Patient/ann"))) + "\n\n"
    result = read(tmp_path, b"\xef\xbb\xbf" + lines.encode(), "bulk.ndjson")
    assert result.kept == {"Patient": 1, "Encounter": 1} and not result.awaited
    broken = read(tmp_path, (lines + "{").encode(), "bulk.ndjson")
    assert broken.fault is not None and broken.fault.place.startswith("line 4")


def test_folders_are_read_and_progress_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "with space"
    folder.mkdir()
    write(folder, ANN, "ann.json")
    write(folder, visit("Patient/ann"), "visit.json")
    told: list[Progress] = []
    results = list(read_files([folder], progress=told.append))
    assert [result.name for result in results] == ["with space/ann.json", "with space/visit.json"]
    assert [(one.files, one.of_files) for one in told] == [(1, 2), (2, 2)]
    assert told[-1].bytes == told[-1].of_bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_what_has_no_column_is_counted_by_element(tmp_path: Path) -> None:
    race = {"url": "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", "valueString": "x"}
    result = read(
        tmp_path,
        bundle(
            {
                **ANN,
                "extension": [race, race],
                "maritalStatus": {"text": "Married"},
                "_birthDate": {"extension": [race]},
            },
            {"resourceType": "Claim", "id": "c"},
            {"resourceType": "Claim", "id": "d"},
            visit("Patient/ann", priority={"text": "urgent"}),
        ),
    )
    assert result.elements["Patient.extension us-core-race"] == 2
    assert result.elements["Patient.maritalStatus"] == result.elements["Encounter.priority"] == 1
    assert result.elements["Patient._birthDate"] == 1
    assert result.not_kept == {("Claim", ""): 2}
    assert result.read == {"Patient": 1, "Claim": 2, "Encounter": 1}
