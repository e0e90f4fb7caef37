# SPDX-License-Identifier: Apache-2.0
"""A laboratory on a real encrypted file, and its bench in a real window for whoever sits there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hms_desktop.storage.acting import Acting
from hms_desktop.ui.lab.folder import folder
from hms_desktop.ui.routes import LabWorklist
from tests.clinic.lab.laboratory import Laboratory
from tests.ui.lab.seat import Seat
from tests.ui.office import open_office

Sits = Callable[[Acting], Seat]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    """One encrypted store with the catalogue in it."""
    opened = Laboratory(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def sits(lab: Laboratory, qtbot: QtBot) -> Iterator[Sits]:
    """Call with a person: the one before leaves, and this one has the window."""
    seats: list[Seat] = []

    def sit(who: Acting, laboratory: Laboratory | None = None) -> Seat:
        while seats:
            seats.pop().leave()
        here = laboratory or lab
        before, here.desk.acting = here.desk.acting, who
        workstation = open_office(here.desk, [folder()])
        here.desk.acting = before
        with qtbot.waitExposed(workstation.window):
            workstation.show()
        if workstation.desk.routes.current != LabWorklist():  # the day of who only collects begins elsewhere
            workstation.desk.routes.open(LabWorklist())
        workstation.window.activateWindow()
        seats.append(Seat(here, workstation, qtbot))
        return seats[-1]

    yield sit
    while seats:
        seats.pop().leave()
