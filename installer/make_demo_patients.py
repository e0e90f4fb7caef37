# SPDX-License-Identifier: Apache-2.0
"""Choose about fifty of the shared Synthea patients and pack them, small, for the demo clinic.

Run in the project's environment, from the project's folder, with the shared data beside it:
`python -m installer.make_demo_patients`. The same input always gives the same bytes.
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hms_desktop.interop.fhir.reader import KEPT

PROJECT = Path(__file__).resolve().parents[1]
SOURCE = PROJECT.parent / "shared" / "data" / "fhir" / "synthea-r4-smart-a.zip"
TARGET = PROJECT / "resources" / "demo_clinic" / "patients.zip"
COUNT, LARGEST = 50, 2_500_000
NO_DATE = (1980, 1, 1, 0, 0, 0)
ORIGIN = """Patients of the demo clinic

Nobody here is a real person. These FHIR R4 bundles were made by Synthea (MITRE) and published by SMART Health IT in
smart-on-fhir/generated-sample-data, folder R4/SYNTHEA, commit 25ac808, under the Apache License 2.0; its text is the
file LICENSE beside this one. Changed here: a choice of about fifty patients, resource types that this program does not
keep (claims, benefits, care plans, goals, imaging studies) left out, white space left out.
"""


@dataclass(frozen=True)
class Candidate:
    """One bundle: its file name, slimmed bytes, and what the choice goes by."""

    file: str
    data: bytes
    family: str
    name: str
    born: str
    died: bool
    allergies: int


Rule = tuple[int, Callable[[Candidate], bool]]


def candidates(source: Path) -> list[Candidate]:
    """Every patient of the archive without the resources that are not kept, smallest first."""
    with zipfile.ZipFile(source) as archive:
        files = sorted(name for name in archive.namelist() if name.endswith(".json"))
        found = [_candidate(name, json.loads(archive.read(name))) for name in files]
    return sorted(found, key=lambda one: (len(one.data), one.file))


def choose(everyone: list[Candidate], count: int = COUNT) -> list[Candidate]:
    """Some of every kind that the demo needs, the smallest of each kind first, filled up to `count`."""
    families = Counter(one.family for one in everyone)
    rules: tuple[Rule, ...] = (
        (10, lambda one: not one.name.isascii()),
        (14, lambda one: families[one.family] > 1 and not one.died),
        (12, lambda one: one.allergies > 0 and not one.died),
        (10, lambda one: one.born >= "2009"),
        (6, lambda one: one.born < "1940" and not one.died),
        (3, lambda one: one.died),
        (count, lambda one: not one.died),
    )
    chosen: dict[str, Candidate] = {}
    for number, fits in rules:
        fitting = [one for one in everyone if fits(one)]
        for one in fitting[:number]:
            if len(chosen) < count:
                chosen.setdefault(one.file, one)
    return sorted(chosen.values(), key=lambda one: one.file)


def pack(chosen: list[Candidate], target: Path, licence: str) -> int:
    """Write the archive with its licence and origin; its size in bytes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    members = {"LICENSE": licence.encode(), "ORIGIN.txt": ORIGIN.encode(), **{one.file: one.data for one in chosen}}
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            member = zipfile.ZipInfo(name, NO_DATE)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, data, compresslevel=9)
    return target.stat().st_size


def _candidate(file: str, bundle: dict[str, Any]) -> Candidate:
    entries = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] in KEPT]
    kinds = Counter(entry["resource"]["resourceType"] for entry in entries)
    patient = next(entry["resource"] for entry in entries if entry["resource"]["resourceType"] == "Patient")
    name = patient["name"][0]
    slim = json.dumps({**bundle, "entry": entries}, ensure_ascii=False, separators=(",", ":"))
    return Candidate(
        file,
        slim.encode(),
        name["family"],
        " ".join([*name["given"], name["family"]]),
        patient["birthDate"],
        "deceasedDateTime" in patient,
        kinds["AllergyIntolerance"],
    )


def main() -> None:
    """Make the archive and say what is in it."""
    if not SOURCE.exists():
        raise SystemExit(f"The shared patients are not at {SOURCE}. Put the shared folder beside the project.")
    chosen = choose(candidates(SOURCE))
    size = pack(chosen, TARGET, (PROJECT / "LICENSE").read_text("utf-8"))
    if size > LARGEST:
        raise SystemExit(f"{TARGET.name} has {size:,} bytes, more than {LARGEST:,}. Choose fewer patients.")
    print(f"{len(chosen)} patients, {size:,} bytes: {TARGET.relative_to(PROJECT)}")


if __name__ == "__main__":
    main()
