# SPDX-License-Identifier: Apache-2.0
"""The demo clinic, small: its own people and workstations, a computer for a day without a line, a few real patients."""

from __future__ import annotations

import zipfile
from pathlib import Path

from installer.day.clinic import PATIENTS, DemoClinic, Plan, make_clinic, morning_zone
from installer.day.front_desk import FIRM, OTHER, PENDING
from installer.day.people import DemoStation, shipped_stations
from installer.day.script import SHARED
from tests.server.process import CHEAP

TWIN = "Kessler, Karla"
IN_THE_MIDDLE = DemoStation(SHARED, "all", "z.ndlovu", "Pharmacy")


def small_clinic(folder: Path) -> DemoClinic:
    """Made in this folder, with the patients whom the script names; its server runs."""
    patients = folder.with_name(f"{folder.name} patients.zip")
    keep_patients(PATIENTS, patients, (TWIN, OTHER, FIRM, PENDING))
    plan = Plan(morning_zone(), (*shipped_stations(), IN_THE_MIDDLE), patients, CHEAP)
    return make_clinic(folder, lambda _words: None, plan)


def keep_patients(shipped: Path, kept: Path, wanted: tuple[str, ...]) -> None:
    """A zip with only these patients ("Family, Given") of a zip of one FHIR bundle each."""
    with zipfile.ZipFile(shipped) as whole, zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as part:
        for name in whole.namelist():
            if any(all(word in name for word in who.split(", ")) for who in wanted):
                part.writestr(name, whole.read(name))
