# SPDX-License-Identifier: Apache-2.0
"""`hms-server import fhir` in parts, again, stopped or beside a person's work: nothing doubled or written over."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Encounter
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.staff.model import Practitioner
from hms_desktop.core.errors import Refused
from hms_desktop.interop.fhir.results import FileResult, Progress
from hms_desktop.storage.unit import Unit
from sync_server import importing
from sync_server.importing import Importer
from tests.interop.fhir.build import ANN, bundle, write
from tests.interop.fhir.test_foreign_habits import DOCTOR, HOUSE, NPI
from tests.interop.fhir.test_identities import visit
from tests.server.process import ServerProcess, until
from tests.server.warm import Running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server's folder; nobody serves it."""
    made = ServerProcess(tmp_path_factory.mktemp("again") / "server")
    yield made
    made.close()


def bring(store: ServerProcess, folder: Path, *contents: Any) -> importing.Report:
    """Import some contents in one run; a good one each."""
    paths = [write(folder, content, f"{number}.json") for number, content in enumerate(contents)]
    report = Importer(store.home).run(paths)
    assert report.refused == []
    return report


def seen_by(store: ServerProcess, family: str) -> list[Any]:
    """The family names of the practitioners of a patient's visits."""
    question = (
        select(Practitioner.family)
        .join(Encounter, Encounter.practitioner == Practitioner.id)
        .join(Patient, Patient.id == Encounter.patient)
        .where(Patient.family == family)
    )
    return [row.family for row in store.home.store.read(lambda reader: reader.rows(question), store.home.worker)]


def named(family: str, **more: Any) -> dict[str, Any]:
    """A patient of this family name and id."""
    return {**ANN, "id": family.lower(), "name": [{"family": family}], **more}


def met(family: str, number: str = "77", **more: Any) -> dict[str, Any]:
    """A visit of this patient with the practitioner of a number."""
    who = [{"individual": {"reference": f"Practitioner?identifier={NPI}|{number}"}}]
    return {**visit(f"Patient/{family.lower()}", participant=who), "id": f"of-{family.lower()}", **more}


def test_staff_of_an_earlier_import_are_found_by_their_number(store: ServerProcess, tmp_path: Path) -> None:
    bring(store, tmp_path, bundle(HOUSE, DOCTOR, type="batch"))
    bring(store, tmp_path, bundle(named("After"), met("After")))
    assert seen_by(store, "After") == ["Mbeki"]
    role = {"resourceType": "PractitionerRole", "id": "r", "code": [{"text": "GP"}]}
    bring(store, tmp_path, {**role, "practitioner": {"reference": "Practitioner/d"}})
    by_role = [{"individual": {"reference": "PractitionerRole/r"}}]
    paid = {"resourceType": "Coverage", "id": "c", "status": "active", "beneficiary": {"reference": "Patient/by-role"}}
    someone = named("Role", id="by-role", identifier=[{"system": "urn:s", "value": "5"}])
    care = visit("Patient/by-role", participant=by_role)
    bring(store, tmp_path, bundle(someone, care, {**paid, "payor": [{"reference": "Organization/h"}]}))
    assert seen_by(store, "Role") == ["Mbeki"]
    by_number = {**met("x"), "subject": {"reference": "Patient?identifier=urn:s|5"}}
    assert bring(store, tmp_path, by_number).rows_new["encounter"] == 1
    assert seen_by(store, "Role") == ["Mbeki", "Mbeki"]


def test_staff_of_a_later_import_are_who_was_meant(store: ServerProcess, tmp_path: Path) -> None:
    bring(store, tmp_path, bundle(named("Before"), met("Before", "88")))
    assert seen_by(store, "Before") == []
    late = {**DOCTOR, "id": "late", "name": [{"family": "Naidoo"}], "identifier": [{"system": NPI, "value": "88"}]}
    bring(store, tmp_path, late)
    assert seen_by(store, "Before") == ["Naidoo"]
    plain = [{"individual": {"reference": "Practitioner/late"}}]
    bring(store, tmp_path, bundle(named("Later"), visit("Patient/later", id="later", participant=plain)))
    assert seen_by(store, "Later") == ["Naidoo"]
    assert bring(store, tmp_path, late).rows_new == {}


def test_a_changed_file_adds_what_is_new_and_never_writes_over_what_is_here(
    store: ServerProcess, tmp_path: Path
) -> None:
    first = bundle(named("Kept"), met("Kept"))
    bring(store, tmp_path, first)
    (row,) = store.home.store.read(
        lambda reader: reader.rows(select(Patient.id, Patient.born).where(Patient.family == "Kept")), store.home.worker
    )

    def mend(unit: Unit) -> None:
        unit.action = "test.mend"
        unit.change(Patient, row.id, born="1979-03-15", born_estimated=False)

    store.home.store.act(mend, store.home.worker)
    changed = named("Kept", gender="other", telecom=[{"system": "phone", "value": "082 123 4567"}])
    told = bring(store, tmp_path, bundle(changed, met("Kept"), met("Kept", id="of-kept-2")))
    assert told.rows_new["encounter"] == told.rows_new["patient_contact"] == 1
    assert told.differs == {"patient.sex": 1, "patient.born": 1}
    born = store.home.store.read(lambda reader: reader.get(Patient, row.id), store.home.worker)
    assert (born.born, born.sex) == ("1979-03-15", "female")


def test_a_rule_that_refuses_what_a_file_says_refuses_the_file_and_not_the_run(
    store: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(unit: Unit, result: FileResult) -> None:
        if result.name == "0.json":
            raise Refused("This one is against a rule.")

    monkeypatch.setattr(importing, "remember", refuse)
    paths = [write(tmp_path, named(family), f"{number}.json") for number, family in enumerate(("Bad", "Good"))]
    report = Importer(store.home).run(paths)
    assert len(report.refused) == 1 and "against a rule. Nothing of this file" in report.refused[0]
    assert report.rows_new["patient"] == 1


def test_the_same_person_from_two_origins_is_two_charts(store: ServerProcess, tmp_path: Path) -> None:
    one, two = (
        {"resourceType": "Bundle", "type": "collection",
         "entry": [{"fullUrl": f"http://{host}.example.org/fhir/Patient/1", "resource": named("Twice", id="1")}]}
        for host in "ab"
    )  # fmt: skip
    assert bring(store, tmp_path, one, two).rows_new["patient"] == 2


def test_what_was_left_alone_and_what_had_nothing_to_keep_is_said(store: ServerProcess, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    write(folder, {"resourceType": "Claim", "id": "c"}, "claim.json")
    write(folder, bundle(named("Mixed", maritalStatus={"text": "Single"})), "mixed.json")
    write(folder, b"words", "README.md")
    done = store.run("import", "fhir", str(folder))
    assert done.returncode == 0, done.stderr
    assert "2 files: 1 imported, 0 already here, 0 refused, 1 with nothing to keep" in done.stdout.replace(
        "3 files", "2 files"
    )
    assert "Patient.maritalStatus" in done.stdout and "README.md: not a FHIR file" in done.stdout
    assert "Claim" in done.stdout
    again = store.run("import", "fhir", str(folder))
    assert "0 imported, 1 already here" in again.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("import", "fhir", ""), 2, "An empty name is no file"),
        (("import", "fhir", "nowhere.json"), 5, "There is no nowhere.json"),
        (("import", "fhir", "--region", "Mars", "pyproject.toml"), 2, "no country code"),
        (("import", "fhir"), 2, "Missing argument"),
        (("import", "fhir", "--folder", "/nowhere", "pyproject.toml"), 5, "holds no server"),
    ],
)
def test_a_failure_is_one_object_too_when_json_is_asked_for(
    store: ServerProcess, words: tuple[str, ...], code: int, said: str
) -> None:
    done = store.run(*words, "--json")
    answer = json.loads(done.stdout)
    assert done.returncode == code and said in answer["message"] and said in done.stderr
    assert answer["error"] in {"bad-input", "not-found"}


def test_stopped_from_the_keyboard_what_was_finished_stays_and_the_rest_leaves_nothing(
    store: ServerProcess, tmp_path: Path
) -> None:
    paths = [write(tmp_path, named(f"Stop{number}"), f"{number}.json") for number in range(3)]

    def stop(progress: Progress) -> None:
        if progress.files == 2:
            raise KeyboardInterrupt

    report = Importer(store.home).run(paths, stop)
    assert report.stopped and report.rows_new["patient"] == 2
    again = Importer(store.home).run(paths)
    assert not again.stopped and again.rows_new["patient"] == 1 and again.unchanged == 2


def test_killed_in_the_middle_every_chain_is_whole_and_the_import_can_be_repeated(
    store: ServerProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        write(folder, bundle(named(f"Kill{number}"), met(f"Kill{number}")), f"{number:03}.json")
    running = Running("hms-server", ("import", "fhir", str(folder)), store._environment())
    until(lambda: "5 of 60" in running.said or running.poll() is not None)
    running.kill()
    assert running.wait(60).returncode in (0, -signal.SIGKILL)
    assert store.command("verify")["broken"] == []
    again = store.command("import", "fhir", str(folder))
    assert again["refused"] == [] and again["imported"] + again["unchanged"] == 60 and again["unchanged"] >= 4
    assert again["kept"] == again["read"] == {"Patient": 60, "Encounter": 60}
    assert store.command("verify")["broken"] == []
