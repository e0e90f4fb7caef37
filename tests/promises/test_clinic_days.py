# SPDX-License-Identifier: Apache-2.0
"""A day is the clinic's own, wherever it lies and whatever its clocks do that night; when it was and when it was
written are two things.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.clinic.appointments import queries
from hms_desktop.clinic.appointments.service import walk_in
from hms_desktop.clinic.ehr.model import Observation
from hms_desktop.clinic.ehr.service_vitals import record_vitals
from hms_desktop.core.clock import instant, milliseconds, stamp_ms
from hms_desktop.core.dates import show_day
from hms_desktop.ui.appointments.day_screen import DayPage
from hms_desktop.ui.routes import DayView
from hms_desktop.ui.widgets.look import install_look
from tests import desk as desks
from tests.promises.seats import words_of
from tests.ui import reception as receptions
from tests.ui.reception import Reception

NIGHTS = [
    ("Etc/GMT-12", datetime(2026, 11, 23, 23, 50)),
    ("Etc/GMT+12", datetime(2026, 11, 23, 23, 50)),
    ("America/Santiago", datetime(2026, 9, 5, 23, 50)),  # the midnight that follows is left out
]


def people_shown(reception: Reception, page: DayPage, count: int) -> set[str]:
    """Who stands in the list of the day."""
    reception.until(lambda: len(page._lines()) == count)
    reception.settle()
    return {line.row.patient.listed for line in page._lines()}


@pytest.mark.accepts("X-10")
@pytest.mark.parametrize(("zone", "late"), NIGHTS)
def test_before_and_after_midnight_are_two_days_of_the_clinic(
    zone: str, late: datetime, tmp_path: Path, qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = ZoneInfo(zone)
    for module in (desks, receptions):
        monkeypatch.setattr(module, "CLINIC", replace(desks.CLINIC, zone=here))
    monkeypatch.setattr(desks, "MONDAY_09_00", milliseconds(late.replace(tzinfo=here)))
    install_look(qapp, "light", 1.0)
    reception = Reception(tmp_path, qtbot, "receptionist", "nurse", "manager")
    first = reception.register(family="Before", given="Ana", sex="female", born="1979-03-14")
    reception.do(partial(walk_in, patient=first, service="General practice"))
    page = reception.open(DayView(), DayPage)
    (name,) = people_shown(reception, page, 1)
    assert "Before" in name and show_day(late.date()) in words_of(reception.window)
    reception.clock.ms += 20 * 60_000
    now = instant(reception.clock.ms).astimezone(here)
    assert now.date() == late.date() + timedelta(days=1)
    second = reception.register(family="After", given="Bo", sex="male", born="1984-12-03")
    reception.do(partial(walk_in, patient=second, service="General practice"))
    page = reception.open(DayView(), DayPage)
    reception.until(lambda: any("After" in line.row.patient.listed for line in page._lines()))
    assert len(people_shown(reception, page, 1)) == 1
    yesterday = reception.ask(partial(queries.day, on=late.date()))
    assert [row.patient.family for row in yesterday.rows] == ["Before"]
    written_later(reception, first, now)
    reception.close()


def written_later(reception: Reception, patient: object, now: datetime) -> None:
    """A reading from before midnight that is written after it: it keeps its own time beside that of its writing."""
    taken = now.astimezone(UTC) - timedelta(minutes=25)
    act = partial(record_vitals, patient=patient, readings={"pulse": Decimal(72)}, at=taken)
    (made,) = reception.do(act)
    row = reception.ask(lambda reader: reader.get(Observation, made))
    assert row.at == taken and stamp_ms(row.k) - milliseconds(taken) == 25 * 60_000
