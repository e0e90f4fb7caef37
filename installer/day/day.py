# SPDX-License-Identifier: Apache-2.0
"""A day being played: who sits where, what was learned on the way, and the steps that the script is made of."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from installer.day import hands
from installer.day.camera import Camera
from installer.day.clinic import DemoClinic
from installer.day.seat import Seat


@dataclass
class Day:
    """The clinic, the open windows by workstation, and what one step leaves for a later one to know."""

    clinic: DemoClinic
    seats: dict[str, Seat] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    cut: bool = False
    camera: Camera | None = None
    papers: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hms papers ")))
    _front: str = ""

    def play(self, script: Sequence[Step | Scene]) -> Iterator[Played]:
        """Play the script, telling of each step when it is done."""
        for number, step in enumerate(script, 1):
            started = time.monotonic()
            before = len(self.camera.taken) if self.camera else 0
            if self.camera:
                self.camera.step()
            step.play(self)
            if self.camera:
                self.camera.take(self.in_front().window, step.name)
            pictures = self.camera.taken[before:] if self.camera else []
            line = "cut" if self.cut else "up"
            yield Played(number, step.name, step.sentence(self), line, time.monotonic() - started, list(pictures))

    def look(self, seat: Seat, name: str) -> None:
        """A moment worth a picture inside a step; nothing happens when nobody takes pictures."""
        if self.camera:
            self.camera.take(seat.window, name)

    def in_front(self) -> Seat:
        """Whose window had the keyboard last."""
        return self.seats[self._front] if self._front in self.seats else next(iter(self.seats.values()))

    def picture_of_trouble(self) -> None:
        """What stood on the screen when the day could not go on."""
        if self.camera and self.seats:
            self.camera.take(self.in_front().window, "trouble")

    def at(self, station: str, login: str = "") -> Seat:
        """The person at this workstation, in front of its window; signs in, or changes places, as needed."""
        wanted = login or self.clinic.station(station).start
        seat = self.seats.get(station)
        if seat is not None and seat.login != wanted:
            self.leave(station)
            seat = None
        if seat is None:
            seat = self.seats[station] = Seat(self.clinic, station, wanted)
        self._front = station
        seat.sit_down()
        return seat

    def leave(self, station: str) -> None:
        """Whoever sits there signs out."""
        seat = self.seats.pop(station, None)
        if seat is not None:
            seat.leave()

    def close(self) -> None:
        """Everybody signs out."""
        for station in list(self.seats):
            self.leave(station)

    def in_step(self, *stations: str) -> None:
        """Wait until these windows (all that are open if none is named) are online with nothing waiting."""
        for station in stations or tuple(self.seats):
            seat = self.seats[station]
            hands.until(
                lambda seat=seat: seat.says("network") == "Online" and seat.says("waiting").startswith("0 "),  # type: ignore[misc]
                f"{station} is in step with the server: it says {seat.says('network')}, {seat.says('waiting')}",
                40,
            )


@dataclass(frozen=True)
class Played:
    """A step that was done: its sentence, how the line stood, seconds, and the pictures of it."""

    number: int
    name: str
    sentence: str
    line: str
    seconds: float
    pictures: list[str]


@dataclass(frozen=True)
class Step:
    """One sentence of the day: who does what where. `tell` may name what `Day.known` holds, as in "{walk_in}"."""

    name: str
    station: str
    tell: str
    act: Callable[[Day, Seat], None]
    login: str = ""

    def play(self, day: Day) -> None:
        """Do it."""
        self.act(day, day.at(self.station, self.login))

    def sentence(self, day: Day) -> str:
        """The sentence with its names filled in."""
        person = day.clinic.person(self.login or day.clinic.station(self.station).start)
        return self.tell.format(who=person.name, **day.known)


@dataclass(frozen=True)
class Scene:
    """Something that happens to the clinic and not at one workstation: the line is cut, it comes back."""

    name: str
    tell: str
    happen: Callable[[Day], None]

    def play(self, day: Day) -> None:
        """Let it happen."""
        self.happen(day)

    def sentence(self, day: Day) -> str:
        """The sentence with its names filled in."""
        return self.tell.format(**day.known)
