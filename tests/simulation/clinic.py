# SPDX-License-Identifier: Apache-2.0
"""The simulated clinic: it carries out steps, and says in words what came of each."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.security.accounts import Device
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.store import DiskFull
from hms_desktop.sync import engine, snapshot
from hms_desktop.sync.client import ServerRefused
from sync_server.sync_api import snapshots
from tests.desk import MONDAY_09_00
from tests.simulation import checks
from tests.simulation.desks import SimDesk
from tests.simulation.hub import SimHub
from tests.simulation.kinds import KINDS
from tests.simulation.line import Weather
from tests.simulation.mortal import Died
from tests.simulation.oracle import Oracle
from tests.simulation.server import Server
from tests.simulation.steps import HEAL, Step
from tests.simulation.sticks import Sticks
from tests.simulation.versions import running
from tests.simulation.work import Scene, chosen

STATIONS = ("all", "front_desk", "doctor", "nurse", "lab", "billing", "pharmacy")
MOST_TRIES = 8
WITH_HUB = 0.6
WITH_UPDATES = 0.4
PASSING = ("bad-input", "unavailable")
"""What a server says that the next exchange may get past: a snapshot that is kept no more, a disk that is full."""


class Clinic:
    """A server and its desks under one seed. `story` holds a sentence for each step that was carried out."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.story: list[str] = []
        self.oracle = Oracle()
        self.honest = True
        chance = random.Random(f"clinic {seed}")
        self.updates = random.Random(f"updates {seed}").random() < WITH_UPDATES
        self.server = Server(folder / "server", seed, SetClock(MONDAY_09_00))
        self.desks: list[SimDesk] = []
        self.hub: SimHub | None = None
        self.hub_wrote = 0
        self.out = False
        self.sticks = Sticks(self.server, folder / "sticks")
        self._authors = 0
        if chance.random() < WITH_HUB:
            self.hub = SimHub(self.server, folder, seed, self.asked)
            self.bring_what_lies_at_the_hub()
        kinds = [STATIONS[0], *(chance.choice(STATIONS) for _ in range(chance.randint(1, 3)))]
        for kind in kinds:
            self.enrol(kind)
        self.hear()

    @property
    def machines(self) -> list[Server | SimHub | SimDesk]:
        """Everything that has a store."""
        return [self.server, *([self.hub] if self.hub else []), *self.desks]

    def bring_what_lies_at_the_hub(self) -> None:
        """The hub's whole round with the centre, with nothing in its way."""
        if self.hub is None:
            return
        for one in (self.server, self.hub):
            one.store.fate = one.store.room = None
        out, self.out, self.hub.line.weather = self.out, False, Weather()
        self.hub.line.begin(random.Random(0))
        with running(self.hub.newer):
            self.hub.upstream.catch_up()
        self.out = out

    def enrol(self, kind: str) -> SimDesk:
        self._authors += 1
        self.server.store.fate = self.server.store.room = None
        roads = (self.asked, self.asked_of_hub)
        desk = SimDesk(self.server, self.folder, self._authors, kind, self.seed, roads)
        self.server.enrol(desk.device, desk.author, kind)
        self.desks.append(desk)
        chance = random.Random(f"enrolled {self.seed} {self._authors}")
        if chance.random() < 0.5 and not self.out:  # else it is filled when the line lets it
            with running(desk.newer):
                desk.exchange.catch_up()
        else:
            desk.line.weather = weather(chance)
        desk.to_hub.weather = weather(chance)
        return desk

    def carry_out(self, step: Step) -> None:
        """Do one step; AssertionError, or whatever the engine should never raise, when something does not hold."""
        desk, chance = self.desks[step.desk % len(self.desks)], step.chance
        self._let_time_pass(chance)
        self.story.append(f"{step.kind}: {desk}" if step.kind != HEAL else step.kind)
        try:
            with running(desk.newer):
                came = KINDS[step.kind].do(self, desk, chance)
        except Died as death:
            came = self.died(death)
        except DiskFull as full:
            came = str(full)
        self.story[-1] += f" {came}" if came else ""
        self.hear()
        for one in self.machines:
            if one.store.room is not None:
                checks.kept_its_promises(one.store, self.oracle)

    def hear(self) -> None:
        """Let the oracle learn what was committed anywhere."""
        with running(newer=True):
            for one in self.machines:
                self.oracle.hear(one.store)

    def _let_time_pass(self, chance: random.Random) -> None:
        gone = chance.choice((1, 300, 20_000))
        for one in self.machines:
            one.clock.ms += gone

    def died(self, death: Died) -> str:
        """Whoever died in a step comes back."""
        if death.store is self.server.store:
            return self.server_died(str(death))
        if self.hub is not None and death.store is self.hub.store:
            return self.hub_died(str(death))
        (desk,) = (one for one in self.desks if one.store is death.store)
        return self.desk_died(desk, f"{death}: {desk}")

    def asked_of_hub(self, device: UUID, path: str, message: Any) -> bytes:
        """The hub's side of every line within the clinic."""
        hub = self.hub
        if hub is None:
            raise Unavailable("there is no hub")
        try:
            return hub.asked(device, path, message)
        except Died as death:
            if death.store is not hub.store:
                raise
            self.hub_died(str(death))
            raise Unavailable("the hub died") from None

    def hub_died(self, when: str) -> str:
        """The hub comes back, and holds what it said that it holds, unless it was put back from a copy."""
        assert self.hub is not None
        self.hub.died()
        checks.kept_its_promises(self.hub.store, self.oracle)
        if not self.hub.was_put_back:
            checks.hub_holds_what_it_acknowledged(self.hub.store, self.desks)
        self.story[-1] += f" [the hub died {when}]"
        return ""

    def asked(self, device: UUID, path: str, message: Any) -> bytes:
        """The server's side of every line: a death there is a lost answer here."""
        server = self.server
        if self.out:
            raise Unavailable("the line out is down")
        try:
            return server.asked(device, path, message)
        except Died as death:
            if death.store is not server.store:
                raise
            self.server_died(str(death))
            raise Unavailable("the server died") from None

    def server_died(self, when: str) -> str:
        self.server.died()
        self.story[-1] += f" [the server died {when}]"
        checks.kept_its_promises(self.server.store, self.oracle)
        checks.holds_what_it_acknowledged(self.server.store, self.desks)
        return ""

    def desk_died(self, desk: SimDesk, when: str) -> str:
        desk.died()
        checks.kept_its_promises(desk.store, self.oracle)
        return f"died {when}"

    def tried(self, desk: SimDesk, chance: random.Random, acting: Acting) -> str:
        """Do one thing; what a rule refuses, or has nothing to be done to, gives way to another."""
        refused: list[str] = []
        while len(refused) < MOST_TRIES:
            name, make = chosen(desk.kind, chance, len(refused))
            try:
                desk.do(desk.ask(lambda reader: make(Scene(_free(reader), chance))), acting)  # noqa: B023
            except ClinicError as error:
                refused.append(f"{name}: {type(error).__name__}")
                continue
            self.hear()
            return f"“{name}” done, {checks.reached(desk.store)}"
        return f"can do nothing: {', '.join(refused)}"

    def on_the_line(self, desk: SimDesk, chance: random.Random, steps: Callable[[], object]) -> str:
        desk.begin(chance)
        try:
            with running(desk.newer):
                steps()
            came = "went through"
        except Unavailable as cut:
            came = f"was cut: {cut}"
        except ServerRefused as refused:
            if refused.code not in PASSING:
                raise
            came = f"was refused: {refused}"
        finally:
            mishaps = "; ".join(desk.mishaps)
            self.story[-1] += f" ({mishaps})" if mishaps else ""
        self.learn_kind(desk)
        return came + (" at the hub" if desk.exchange.at_hub else "")

    def learn_kind(self, desk: SimDesk) -> None:
        """Somebody else comes to work at a workstation that heard it became one of another kind."""
        with desk.store.reading() as connection:
            kind = connection.execute(select(Device.kind).where(Device.id == desk.device)).scalar()
        if kind is not None and kind != desk.kind:
            desk.become(kind)
            self.story[-1] += f" [is now {desk}]"

    def close(self) -> None:
        """Close every store."""
        for one in self.machines:
            one.store.close()


def weather(chance: random.Random) -> Weather:
    """How a line becomes: now and then it is cut, and the worse it is the more goes wrong on it."""
    share = chance.choice((0.0, 0.02, 0.1, 0.3))
    page = chance.choice((1, 3, 20, 5000))
    return Weather(chance.random() < 0.85, share, share / 2, share / 2, share / 3, page)


def _free(reader: Reader) -> Reader:
    """For choosing a subject no right is asked: the action itself asks."""
    reader.depth += 1
    return reader


@contextlib.contextmanager
def small_pages(seed: int) -> Iterator[None]:
    """Batches, pages and kept snapshots so small that a short history meets every seam between them."""
    chance = random.Random(f"pages {seed}")
    wanted = [
        (engine, "PUSH_SETS", chance.choice((1, 3, 500))),
        (snapshot, "ROWS_PER_PAGE", chance.choice((1, 4, 5000))),
        (snapshots, "FRESH_CHANGES", chance.choice((0, 10, 20_000))),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _value in wanted]
    for module, name, value in wanted:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
