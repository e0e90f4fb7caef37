# SPDX-License-Identifier: Apache-2.0
"""Patients, staff and places from FHIR, with every shape of name, date and contact that the standard allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.interop.fhir.build import ANN, bundle, only, read, rows


def patient(folder: Path, **changes: Any) -> dict[str, Any]:
    """The patient row of Ann with changes."""
    (row,) = [one for one in read(folder, {**ANN, **changes}).rows if one.table == "patient"]
    return dict(row.values)


def test_a_patient_keeps_name_birth_and_sex(tmp_path: Path) -> None:
    row = patient(tmp_path)
    assert (row["family"], row["given"], row["prefix"]) == ("Okonkwo", "Amara Ann", "Mrs")
    assert (row["born"], row["born_estimated"], row["sex"], row["active"]) == ("1979-03-14", False, "female", True)
    assert (row["family_key"], row["given_key"], row["name_known"]) == ("okonkwo", "amara ann", True)
    assert row["source"] == "Patient/ann"


def test_the_record_number_is_left_to_the_writer(tmp_path: Path) -> None:
    (row,) = [one for one in read(tmp_path, ANN).rows if one.table == "patient"]
    assert "mrn" not in row.values and row.numbered == {"mrn": "MRN"} and row.agrees == ("family_key", "born")


@pytest.mark.parametrize("born", ["1979", "1979-03", "1979-03-14", None])
def test_partial_births(tmp_path: Path, born: str | None) -> None:
    changes = {"birthDate": born} if born else {}
    base = {key: value for key, value in ANN.items() if key != "birthDate"}
    (row,) = [one for one in read(tmp_path, {**base, **changes}).rows if one.table == "patient"]
    assert row.values["born"] == born


def test_the_official_name_wins_and_the_nickname_is_preferred(tmp_path: Path) -> None:
    names = [
        {"use": "maiden", "family": "Smith", "given": ["Amara"]},
        {"use": "nickname", "given": ["Ama"]},
        {"use": "official", "family": "Nuñez-O’Brien", "given": ["Amara"]},
    ]
    row = patient(tmp_path, name=names)
    assert (row["family"], row["preferred"], row["family_key"]) == ("Nuñez-O’Brien", "Ama", "nunez obrien")
    assert read(tmp_path, {**ANN, "name": names}).elements["Patient.name (further)"] == 1


def test_a_name_that_is_one_text_or_none_at_all(tmp_path: Path) -> None:
    row = patient(tmp_path, name=[{"text": "Amara Okonkwo"}])
    assert (row["family"], row["given"], row["name_known"]) == ("Amara Okonkwo", None, True)
    nobody = {key: value for key, value in ANN.items() if key != "name"}
    (unnamed,) = [one for one in read(tmp_path, nobody).rows if one.table == "patient"]
    assert unnamed.values["name_known"] is False and unnamed.values["family"] is None


def test_death_with_and_without_a_date(tmp_path: Path) -> None:
    assert patient(tmp_path, deceasedDateTime="2015-02-14T13:42:00+10:00")["deceased_on"] == "2015-02-14"
    result = read(tmp_path, {**ANN, "deceasedBoolean": True})
    (flag,) = [one for one in result.rows if one.table == "patient_flag"]
    assert flag.values["text"] == "Died, the date is not recorded" and flag.values["active"] is True
    assert not [one for one in read(tmp_path, {**ANN, "deceasedBoolean": False}).rows if one.table == "patient_flag"]


def test_the_preferred_language_wins(tmp_path: Path) -> None:
    spoken = [
        {"language": {"coding": [{"code": "en-US"}]}},
        {"language": {"coding": [{"code": "xh"}], "text": "isiXhosa"}, "preferred": True},
    ]
    assert patient(tmp_path, communication=spoken)["language"] == "xh"
    assert patient(tmp_path, communication=[{"language": {"text": "isiXhosa"}}])["language"] == "isiXhosa"


def test_identifiers_keep_system_use_and_period(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "patient_identifier",
        {
            **ANN,
            "id": "bob",
            "identifier": [
                {"system": "urn:oid:1.2.3", "value": "12345", "use": "usual", "period": {"start": "2001-05-06"}},
                {"type": {"coding": [{"code": "PPN"}]}, "value": "A1", "use": "old"},
                {"value": "B2"},
                {"system": "urn:oid:1.2.3"},
                {"system": "urn:oid:1.2.3", "value": "12345"},
            ],
        },
    )
    assert [(row.values["system"], row.values["value"], row.values["active"]) for row in found] == [
        ("urn:oid:1.2.3", "12345", True),
        ("type:PPN", "A1", False),
        ("unnamed", "B2", True),
    ]
    assert (found[0].values["use"], found[0].values["period_from"]) == ("usual", "2001-05-06")


def test_contacts_of_every_kind(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        "patient_contact",
        {
            **ANN,
            "id": "bob",
            "telecom": [
                {"system": "phone", "value": "082 555 0110", "use": "mobile", "rank": 2},
                {"system": "email", "value": "ann@example.org"},
                {"system": "fax", "value": "1"},
                {"system": "phone", "value": "ask at reception", "use": "old"},
            ],
            "address": [
                {
                    "line": ["12 Mill St", "Flat 3"],
                    "city": "Durban",
                    "district": "Glenwood",
                    "state": "KZN",
                    "postalCode": "4001",
                    "country": "ZA",
                },
                {"text": "On the farm"},
                {"use": "temp"},
            ],
            "contact": [
                {
                    "name": {"family": "Okonkwo", "given": ["Obi"]},
                    "telecom": [{"system": "phone", "value": "031 555 0110"}],
                    "relationship": [{"text": "Father"}],
                },
                {"gender": "male"},
            ],
        },
        region="ZA",
    )
    kinds = [(row.values["kind"], row.values["value"]) for row in found]
    assert kinds == [
        ("phone", "+27825550110"),
        ("email", "ann@example.org"),
        ("phone", "ask at reception"),
        ("address", "12 Mill St, Flat 3, Durban, Glenwood, KZN, 4001, ZA"),
        ("address", "On the farm"),
        ("next_of_kin", "+27315550110"),
    ]
    phone, old, address, kin = found[0].values, found[2].values, found[3].values, found[5].values
    assert (phone["rank"], phone["phone_key"], phone["active"], old["active"]) == (2, "01105552872", True, False)
    assert (address["line"], address["city"], address["district"]) == ("12 Mill St, Flat 3", "Durban", "Glenwood, KZN")
    assert (kin["name"], kin["use"]) == ("Obi Okonkwo", "Father")


def test_staff_and_places(tmp_path: Path) -> None:
    doctor = {
        "resourceType": "Practitioner",
        "id": "d",
        "active": True,
        "identifier": [{"system": "npi", "value": "77"}],
        "name": [{"family": "Mbeki", "given": ["T."], "prefix": ["Dr"]}],
        "qualification": [{"code": {"text": "Cardiology"}}],
    }
    role = {
        "resourceType": "PractitionerRole",
        "id": "r",
        "practitioner": {"reference": "Practitioner/d"},
        "code": [{"text": "Consultant"}],
        "specialty": [{"text": "Cardiology"}],
    }
    org = {
        "resourceType": "Organization",
        "id": "o",
        "name": "Riverbend",
        "type": [{"text": "Clinic"}],
        "telecom": [{"system": "phone", "value": "1"}],
        "address": [{"city": "Durban"}],
    }
    room = {
        "resourceType": "Location",
        "id": "l",
        "name": "Room 3",
        "status": "active",
        "physicalType": {"coding": [{"code": "ro"}]},
    }
    result = read(tmp_path, bundle(role, doctor, org, room))
    by_table = {row.table: row for row in result.rows}
    assert [row.table for row in result.rows] == ["organization", "place", "practitioner", "practitioner_role"]
    assert by_table["practitioner"].values["licence"] == "77"
    assert by_table["practitioner"].values["speciality"] == "Cardiology"
    assert by_table["practitioner_role"].values["practitioner"] == by_table["practitioner"].id
    assert by_table["organization"].values["city"] == "Durban" and by_table["place"].values["kind"] == "room"


def test_what_has_no_name_is_counted(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        bundle(
            {"resourceType": "Location", "id": "l"},
            {"resourceType": "Organization", "id": "o", "active": True, "identifier": [{"value": "1"}]},
            {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"reference": "Practitioner/d"}},
        ),
    )
    assert result.not_kept == {
        ("Location", "without a name"): 1,
        ("Organization", "without a name"): 1,
        ("PractitionerRole", "a role without a name"): 1,
    }
    assert result.read == {"Location": 1, "Organization": 1, "PractitionerRole": 1} and not result.rows


def test_coverage(tmp_path: Path) -> None:
    cover = {
        "resourceType": "Coverage",
        "id": "c",
        "status": "active",
        "beneficiary": {"reference": "Patient/ann"},
        "payor": [{"reference": "Organization/p"}],
        "subscriberId": "PH 4471",
        "order": 2,
        "period": {"start": "2026-01-01", "end": "2026-12-31"},
        "class": [{"type": {"coding": [{"code": "plan"}]}, "value": "STD", "name": "Standard"}],
        "costToBeneficiary": [{"type": {"coding": [{"code": "copaypct"}]}, "valueQuantity": {"value": 20}}],
    }
    payer = {"resourceType": "Organization", "id": "p", "name": "Protea Health"}
    row = only(tmp_path, "coverage", cover, payer)
    assert (row["payer"], row["plan"], row["member_id"], row["order"]) == ("Protea Health", "Standard", "PH 4471", 2)
    assert (str(row["patient_share_percent"]), row["valid_to"], row["active"]) == ("20", "2026-12-31", True)
    plain = {
        "resourceType": "Coverage",
        "id": "c",
        "status": "cancelled",
        "beneficiary": {"reference": "Patient/ann"},
        "payor": [{"display": "State"}],
    }
    bare = only(tmp_path, "coverage", plain)
    assert (bare["payer"], str(bare["patient_share_percent"]), bare["active"]) == ("State", "0", False)
    draft = read(tmp_path, bundle(ANN, {**plain, "status": "draft"}))
    assert draft.not_kept == {("Coverage", "draft"): 1}
