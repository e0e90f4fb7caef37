# SPDX-License-Identifier: Apache-2.0
"""One furnished clinic for each file of promises: cut off from its server, with the doctor at a workstation.

It is made once for a process of tests; each file begins with a copy of its folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pytest
from PySide6.QtWidgets import QApplication

from hms_desktop.ui.shell.drafts import KeptForm
from hms_desktop.ui.widgets.form import Form
from tests.factors import Factors
from tests.promises.seats import Seat, ServedClinic, served
from tests.promises.whole_visit import DOCTOR, STATION, Visit, furnish, see_a_patient

ALONE = (
    "receptionist", "nurse", "doctor", "trainee_doctor", "lab_technologist", "lab_verifier", "pharmacist", "cashier",
    "manager", "privacy_officer",
)  # fmt: skip
"""Every role that works at workstations; `only.<role>` has it and no other."""


@dataclass(frozen=True)
class Furnished:
    """The folder of a clinic at rest, the whole visit in it, and what its people carry."""

    folder: Path
    visit: Visit
    factors: dict[str, Factors]


@dataclass
class CutOff:
    """A workstation that may do everything, a whole visit in it, and no server."""

    clinic: ServedClinic
    visit: Visit
    seat: Seat


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Furnished:
    """Everything is written, the server is killed, nobody has signed in."""
    folder = tmp_path_factory.mktemp("furnished") / "clinic"
    with served(folder, qapp) as clinic:
        furnish(clinic)
        for role in ALONE:
            clinic.person(f"only.{role}", role)
        clinic.server.start()
        clinic.station(STATION, "all", DOCTOR)
        visit = see_a_patient(clinic, STATION)
        clinic.server.kill()
    return Furnished(folder, visit, clinic.server.factors)


@pytest.fixture(scope="module")
def made(furnished: Furnished, tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[CutOff]:
    """The clinic as it was left, and the doctor's window open."""
    folder = tmp_path_factory.mktemp("whole") / "clinic"
    copytree(furnished.folder, folder)
    with served(folder, qapp) as clinic:
        carried = furnished.factors.items()
        clinic.server.factors = {login: own.elsewhere(furnished.folder, folder) for login, own in carried}
        yield CutOff(clinic, furnished.visit, clinic.sit(STATION, DOCTOR))


@pytest.fixture
def cut_off(made: CutOff) -> CutOff:
    """The same clinic, with its window in front, and nothing left unfinished by the test before."""
    made.seat.sit_down()
    throw_away(made.seat)
    return made


def throw_away(seat: Seat) -> None:
    """What is half typed on the screen, and what was kept of half-typed forms."""
    for form in seat.window.shown.findChildren(Form):
        form.settle()
    drafts = seat.workstation.drafts

    def forget(kept: Iterable[KeptForm]) -> None:
        for one in kept:
            drafts.drop(one.key)

    drafts.flush()
    drafts.unfinished(forget)
    seat.rests()
