# SPDX-License-Identifier: Apache-2.0
"""The patients that ship with the program: small, licensed, whole, and made by the committed script."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

from hms_desktop.interop.fhir.reader import read_files
from installer import make_demo_patients
from tests.interop.fhir.build import need


def test_the_demo_patients_ship_with_licence_and_origin() -> None:
    assert make_demo_patients.TARGET.stat().st_size < make_demo_patients.LARGEST
    with zipfile.ZipFile(make_demo_patients.TARGET) as archive:
        assert b"Apache License" in archive.read("LICENSE")
        assert b"Synthea" in archive.read("ORIGIN.txt")


def test_every_demo_patient_is_kept_whole_and_they_differ() -> None:
    kept: Counter[str] = Counter()
    births, names = [], Counter[str]()
    for result in read_files([make_demo_patients.TARGET]):
        assert result.fault is None and not result.not_kept and not result.awaited
        kept.update(result.kept)
        for row in result.rows:
            if row.table == "patient":
                births.append(row.values["born"])
                names[row.values["family"]] += 1
    assert kept["Patient"] == 50 and kept["AllergyIntolerance"] > 30 and kept["MedicationRequest"] > 100
    assert min(births) < "1930" and max(births) > "2015"
    assert sum(count > 1 for count in names.values()) >= 5
    assert any(not name.isascii() for name in names)


def test_the_script_makes_the_same_bytes_again(tmp_path: Path) -> None:
    chosen = make_demo_patients.choose(make_demo_patients.candidates(need(make_demo_patients.SOURCE)))
    licence = (make_demo_patients.PROJECT / "LICENSE").read_text("utf-8")
    make_demo_patients.pack(chosen, tmp_path / "again.zip", licence)
    assert (tmp_path / "again.zip").read_bytes() == make_demo_patients.TARGET.read_bytes()
