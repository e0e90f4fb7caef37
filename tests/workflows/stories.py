# SPDX-License-Identifier: Apache-2.0
"""A day as a test tells it: played by services or in windows, then asked what was said and whether it came right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtWidgets import QApplication

from hms_desktop.ui.widgets.look import install_look
from installer.day.checks import every_check, verified
from installer.day.clinic import DemoClinic
from installer.day.day import OFFLINE, Day, Played, Scene, Step
from installer.day.hands import until
from installer.day.script import DAY, MOVED
from installer.day.seat import Seat, StrayWindows
from tests.workflows import acts_of_care, acts_of_houses
from tests.workflows.by_services import DayByServices

ACTS = {**acts_of_care.ACTS, **acts_of_houses.ACTS}


class Story:
    """One day of one clinic."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.steps: dict[str, Played] = {}
        self._waited: dict[str, int] = {}

    def play(self, script: Sequence[Step | Scene] = DAY) -> None:
        """Play it; after each step without a line every workstation says that there is none, and loses nothing."""
        for played in self.day.play(script):
            self.steps[played.name] = played
            for station, seat in self.day.seats.items() if self.day.cut else ():
                self._says_the_truth(played.name, station, seat)

    def _says_the_truth(self, step: str, station: str, seat: Seat) -> None:
        offline = f"{station} says that it is offline after “{step}”"
        until(lambda: seat.says("network").startswith("Offline"), offline)
        waits, before = int(seat.says("waiting").split()[0]), self._waited.get(station, 0)
        assert waits >= before, f"{before} changes waited at {station}, after “{step}” it says {waits}"
        self._waited[station] = waits

    def told(self, step: str) -> str:
        """The sentence of a step, as it was told once it was done."""
        return self.steps[step].sentence

    def came_up(self, *steps: str) -> list[str]:
        """Which of these steps there were on this line."""
        return [step for step in steps if step in self.steps]

    def wrong(self) -> list[str]:
        """Every check of the tour that did not pass; the windows are open."""
        return [f"{check.name}: {check.found}" for check in every_check(self.day) if not check.passed]

    def broken(self) -> list[str]:
        """What `hms-server verify` and `hms verify` at every workstation complain about; closes everything."""
        self.day.close()
        return [f"{check.name}: {check.found}" for check in verified(self.day) if not check.passed]


@contextmanager
def by_services(clinic: DemoClinic, line: str) -> Iterator[Story]:
    """The day by services."""
    with _closed(DayByServices(clinic, ACTS, line, MOVED if line == OFFLINE else {})) as story:
        yield story


@contextmanager
def in_windows(clinic: DemoClinic, line: str, app: QApplication) -> Iterator[Story]:
    """The day by keyboard, in the workstations' own windows."""
    install_look(app, "light", 1.0)
    app.setQuitOnLastWindowClosed(False)
    stray = StrayWindows(app)
    try:
        with _closed(Day(clinic, line=line, moved=MOVED if line == OFFLINE else {})) as story:
            yield story
    finally:
        app.removeEventFilter(stray)
        stray.setParent(None)


@contextmanager
def _closed(day: Day) -> Iterator[Story]:
    try:
        yield Story(day)
    finally:
        day.close()
        day.clinic.server.kill()
