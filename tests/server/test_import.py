# SPDX-License-Identifier: Apache-2.0
"""`hms-server import fhir`: real patients in, the same file twice changes nothing, a broken one is refused whole."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.process import ServerProcess
from tests.server.warm import ROOT
from tests.sync.world import dump

DEMO = ROOT / "resources" / "demo_clinic" / "patients.zip"
TABLES = frozenset({"patient", "patient_contact", "encounter", "observation", "condition", "allergy", "practitioner"})


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server's folder; nobody serves it."""
    made = ServerProcess(tmp_path_factory.mktemp("import") / "server")
    yield made
    made.close()


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three patients of the demo clinic as files."""
    folder = tmp_path_factory.mktemp("bundles")
    with zipfile.ZipFile(DEMO) as packed:
        names = sorted(name for name in packed.namelist() if name.endswith(".json"))
        found = [name for name in names if b'"resourceType":"Patient"' in packed.read(name)][:3]
        return [Path(packed.extract(name, folder)) for name in found]


def test_patients_come_in_and_the_same_files_change_nothing(store: ServerProcess, bundles: list[Path]) -> None:
    first = store.command("import", "fhir", *map(str, bundles))
    assert first["refused"] == [] and first["kept"]["Patient"] == first["rows_new"]["patient"] == 3
    assert first["kept"]["Observation"] > 0 and first["rows_new"]["encounter"] > 0
    before = dump(store.home.store, TABLES)
    again = store.command("import", "fhir", *map(str, bundles))
    assert again["imported"] == 0 and again["rows_new"] == {} and again["unchanged"] == 3
    assert dump(store.home.store, TABLES) == before


def test_a_broken_file_is_refused_whole_with_place_and_reason(
    store: ServerProcess, bundles: list[Path], tmp_path: Path
) -> None:
    before = dump(store.home.store, TABLES)
    bundle = json.loads(bundles[0].read_text())
    bundle["entry"][0]["resource"]["birthDate"] = "the spring of 1979"
    cut = tmp_path / "cut.json"
    cut.write_bytes(bundles[0].read_bytes()[:5000])
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(bundle))
    done = store.run("import", "fhir", str(cut), str(wrong))
    assert done.returncode == 1 and "2 refused" in done.stdout
    for words in ("cut.json", "wrong.json", "birthDate", "Nothing of this file was imported"):
        assert words in done.stdout
    assert dump(store.home.store, TABLES) == before


def test_a_file_that_belongs_to_nobody_here_is_refused_by_name(store: ServerProcess, tmp_path: Path) -> None:
    lost = {
        "resourceType": "Observation", "id": "o1", "status": "final", "subject": {"reference": "Patient/nobody"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "effectiveDateTime": "2026-01-02T10:00:00Z", "valueQuantity": {"value": 71, "unit": "/min"},
    }  # fmt: skip
    file = tmp_path / "lost.json"
    file.write_text(json.dumps(lost))
    done = store.run("import", "fhir", str(file))
    assert done.returncode == 1 and "Patient/nobody" in done.stdout


def test_single_resources_wait_for_those_that_they_belong_to(store: ServerProcess, tmp_path: Path) -> None:
    observation = {
        "resourceType": "Observation", "id": "first", "status": "final", "subject": {"reference": "Patient/late"},
        "code": {"text": "Heart rate"}, "effectiveDateTime": "2026-01-02T10:00:00Z",
        "valueQuantity": {"value": 71, "unit": "/min"},
    }  # fmt: skip
    patient = {"resourceType": "Patient", "id": "late", "name": [{"family": "Late"}], "gender": "female"}
    for name, resource in (("a.json", observation), ("b.json", patient)):
        (tmp_path / name).write_text(json.dumps(resource))
    report = store.command("import", "fhir", str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    assert report["refused"] == [] and report["rows_new"]["observation"] == 1


def test_a_file_that_is_not_there_is_named(store: ServerProcess, tmp_path: Path) -> None:
    done = store.run("import", "fhir", str(tmp_path / "nowhere.zip"))
    assert done.returncode == 5 and "nowhere.zip" in done.stderr
