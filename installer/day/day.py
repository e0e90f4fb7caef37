# SPDX-License-Identifier: Apache-2.0
"""A day being played: who sits where, what was learned on the way, and the steps that the script is made of."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from installer.day import hands
from installer.day.camera import Camera
from installer.day.clinic import DemoClinic
from installer.day.seat import Seat

ONLINE, CUT, OFFLINE = "online", "cut", "offline"
"""How the line stands: it holds all day, it is cut in the middle, or it is dead before anybody signs in."""


@dataclass
class Day:
    """The clinic, the open windows by workstation, and what one step leaves for a later one to know.

    `opened` are the workstations at which somebody sat at any time. `moved` says who works at another workstation
    than their own, on a day on which only that one knows the patients.
    """

    clinic: DemoClinic
    seats: dict[str, Seat] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    line: str = CUT
    moved: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    camera: Camera | None = None
    papers: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="hms papers ")))
    opened: set[str] = field(default_factory=set)
    _front: str = ""

    def play(self, script: Sequence[Step | Scene]) -> Iterator[Played]:
        """Play the script, telling of each step when it is done."""
        for number, step in enumerate((one for one in script if one.comes_up(self.line)), 1):
            started = time.monotonic()
            before = len(self.camera.taken) if self.camera else 0
            if self.camera:
                self.camera.step()
            step.play(self)
            if self._front in self.seats:
                self.look(self.seats[self._front], step.name)
            pictures = self.camera.taken[before:] if self.camera else []
            line, took = "cut" if self.cut else "up", time.monotonic() - started
            said = self.in_front().says("waiting") if self.seats else ""
            yield Played(number, step.name, step.sentence(self), line, took, list(pictures), said)

    def do(self, act: Act, seat: Seat) -> None:
        """How people do an act here: by the keyboard of their window."""
        act(self, seat)

    def happens(self, scene: Callable[[Day], None]) -> None:
        """How a scene happens here: in front of the open windows."""
        scene(self)

    def look(self, seat: Seat, name: str) -> None:
        """A moment worth a picture inside a step; nothing happens when nobody takes pictures."""
        if self.camera:
            seat.rests()
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
        station = self.place(station)
        seat = self.seats.get(station)
        if seat is not None and seat.login != wanted:
            self.leave(station)
            seat = None
        if seat is None:
            seat = self.seats[station] = self.take_place(station, wanted)
        self._front = station
        self.opened.add(station)
        seat.sit_down()
        return seat

    def place(self, station: str) -> str:
        """Where those of this workstation work today."""
        return self.moved.get(station, station)

    def take_place(self, station: str, login: str) -> Seat:
        """Somebody signs in."""
        return Seat(self.clinic, station, login)

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
                120,
            )


@dataclass(frozen=True)
class Played:
    """A step that was done: its sentence, how the line stood, seconds, pictures, and what the window says waits."""

    number: int
    name: str
    sentence: str
    line: str
    seconds: float
    pictures: list[str]
    waiting: str = ""


Act = Callable[[Day, Seat], None]


@dataclass(frozen=True)
class Ending:
    """How a step goes on another line than the cut one: its sentence and its act; NEVER is for what can't come up."""

    tell: str
    act: Act | None = None


NEVER = Ending("")


@dataclass(frozen=True)
class Step:
    """One sentence of the day: who does what where. `tell` may name what `Day.known` holds, as in "{walk_in}".

    What stands first is how it goes when the line is cut; `online` and `offline` where it goes otherwise there.
    """

    name: str
    station: str
    tell: str
    act: Act
    login: str = ""
    online: Ending | None = None
    offline: Ending | None = None

    def ending(self, line: str) -> Ending:
        """How it goes on this line."""
        other = {ONLINE: self.online, OFFLINE: self.offline}.get(line)
        return other or Ending(self.tell, self.act)

    def comes_up(self, line: str) -> bool:
        """Whether there is anything to do on this line."""
        return self.ending(line) is not NEVER

    def play(self, day: Day) -> None:
        """Do it."""
        day.do(self.ending(day.line).act or self.act, day.at(self.station, self.login))

    def sentence(self, day: Day) -> str:
        """The sentence with its names filled in."""
        person = day.clinic.person(self.login or day.clinic.station(self.station).start)
        return self.ending(day.line).tell.format(who=person.name, **day.known)


@dataclass(frozen=True)
class Scene:
    """Something that happens to the clinic and not at one workstation, on these lines: it is cut, it comes back."""

    name: str
    tell: str
    happen: Callable[[Day], None]
    on: tuple[str, ...] = (ONLINE, CUT, OFFLINE)

    def comes_up(self, line: str) -> bool:
        """Whether it happens on this line."""
        return line in self.on

    def play(self, day: Day) -> None:
        """Let it happen."""
        day.happens(self.happen)

    def sentence(self, day: Day) -> str:
        """The sentence with its names filled in."""
        return self.tell.format(**day.known)
