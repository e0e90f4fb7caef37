# SPDX-License-Identifier: Apache-2.0
"""The demo says who can sign in with what, knows its workstations by name, and says when there is no demo yet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hms_desktop.clinic.patients.phones import region_of
from hms_desktop.core.errors import BadInput
from installer.day import demo
from installer.day.clinic import DemoClinic, morning_zone
from installer.day.people import new_people, shipped_stations
from installer.day.server import ServerProcess


@pytest.mark.parametrize("month", [1, 7])
@pytest.mark.parametrize("hour", range(24))
def test_a_day_is_played_in_the_morning_and_reads_the_same_at_any_hour(hour: int, month: int) -> None:
    now = datetime(2026, month, 5, hour, 30, tzinfo=UTC)
    zone = morning_zone(now)
    assert now.astimezone(ZoneInfo(zone)).hour == 9 and not region_of(zone)


def test_everybody_is_named_with_password_and_where_the_code_comes_from(tmp_path: Path) -> None:
    clinic = DemoClinic(tmp_path, ServerProcess(tmp_path, 20_100), new_people(), shipped_stations())
    said = demo.who_can_sign_in(clinic)
    for person in clinic.people:
        assert person.login in said and person.password in said
    (administrator,) = [person for person in clinic.people if person.seed]
    assert f"seed {administrator.seed}" in said and "code now: " in said
    assert "nowhere yet" not in said
    assert '--station "Pharmacy 2"' in said and "--who" in said


def test_a_workstation_that_does_not_exist_is_refused_with_the_names_of_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no workstation “Pharmacy 3”: choose among Front desk 1, "):
        demo.open_demo(tmp_path / "demo", ["Pharmacy 3"], afresh=False)
    assert not (tmp_path / "demo").exists()


def test_without_a_demo_nobody_can_sign_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.say_who(tmp_path) == 1
    assert "There is no demo clinic yet" in capsys.readouterr().out
