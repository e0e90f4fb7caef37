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
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import engine, snapshot
from hms_desktop.sync.apply import Forked
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.copies import SECOND_COPY
from sync_server.sync_api import snapshots
from tests.desk import MONDAY_09_00
from tests.simulation import checks
from tests.simulation.desks import SimDesk
from tests.simulation.line import Weather
from tests.simulation.mortal import Died, Fate
from tests.simulation.oracle import Oracle
from tests.simulation.server import OUTSIDER, Server, somebody
from tests.simulation.steps import HEAL, Step
from tests.simulation.work import Scene, chosen

KINDS = ("all", "front_desk", "doctor", "nurse", "lab", "billing", "pharmacy")
MOST_TRIES = 8
YEAR_MS = 365 * 86_400_000
JUMPS = (50, 4_000, -3_000, 400_000, -90_000_000, 400_000_000, YEAR_MS, -2 * YEAR_MS, 7 * YEAR_MS)


class Clinic:
    """A server and its desks under one seed. `story` holds a sentence for each step that was carried out."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.seed = seed
        self.story: list[str] = []
        self.oracle = Oracle()
        self.honest = True
        chance = random.Random(f"clinic {seed}")
        self.server = Server(folder / "server", seed, SetClock(MONDAY_09_00))
        self.desks: list[SimDesk] = []
        self._authors = 0
        kinds = [KINDS[0], *(chance.choice(KINDS) for _ in range(chance.randint(2, 4)))]
        for kind in kinds:
            self._enrol(kind)
        self.oracle.hear(self.server.store)

    def _enrol(self, kind: str) -> SimDesk:
        self._authors += 1
        self.server.store.fate = None
        desk = SimDesk(self.server, self.folder, self._authors, kind, self.seed, self._asked)
        self.server.enrol(desk.device, desk.author, kind)
        self.desks.append(desk)
        chance = random.Random(f"enrolled {self.seed} {self._authors}")
        if chance.random() < 0.5:  # else it is filled when the line lets it
            desk.exchange.catch_up()
        else:
            self._line(desk, chance)
        return desk

    def carry_out(self, step: Step) -> None:
        """Do one step; AssertionError, or whatever the engine should never raise, when something does not hold."""
        desk, chance = self.desks[step.desk % len(self.desks)], step.chance
        self._let_time_pass(chance)
        self.story.append(f"{step.kind}: {desk}" if step.kind != HEAL else step.kind)
        try:
            came = _STEPS[step.kind](self, desk, chance)
        except Died as death:
            assert death.store is desk.store
            came = self._desk_died(desk, str(death))
        self.story[-1] += f" {came}" if came else ""
        self.oracle.hear(self.server.store)
        for one in self.desks:
            self.oracle.hear(one.store)

    def _let_time_pass(self, chance: random.Random) -> None:
        gone = chance.choice((1, 300, 20_000))
        self.server.clock.ms += gone
        for desk in self.desks:
            desk.clock.ms += gone

    def _asked(self, device: UUID, path: str, message: Any) -> bytes:
        """The server's side of every line: a death there is a lost answer here."""
        server = self.server
        try:
            return server.asked(device, path, message)
        except Died as death:
            if death.store is not server.store:
                raise
            self._server_died(str(death))
            raise Unavailable("the server died") from None

    def _server_died(self, when: str) -> str:
        self.server.died()
        self.story[-1] += f" [the server died {when}]"
        checks.kept_its_promises(self.server.store, self.oracle)
        checks.holds_what_it_acknowledged(self.server.store, self.desks)
        return ""

    def _desk_died(self, desk: SimDesk, when: str) -> str:
        desk.died()
        checks.kept_its_promises(desk.store, self.oracle)
        return f"died {when}"

    # steps

    def _work(self, desk: SimDesk, chance: random.Random) -> str:
        return self._tried(desk, chance, desk.acting)

    def _overstep(self, desk: SimDesk, chance: random.Random) -> str:
        self.honest = False
        return "somebody who may not: " + self._tried(desk, chance, somebody("mallory", OUTSIDER, oversteps=True))

    def _tried(self, desk: SimDesk, chance: random.Random, acting: Acting) -> str:
        """Do one thing; what a rule refuses, or has nothing to be done to, gives way to another."""
        refused: list[str] = []
        while len(refused) < MOST_TRIES:
            name, make = chosen(desk.kind, chance)
            try:
                desk.do(desk.ask(lambda reader: make(Scene(_free(reader), chance))), acting)  # noqa: B023
            except ClinicError as error:
                refused.append(f"{name}: {type(error).__name__}")
                continue
            self.oracle.hear(desk.store)
            return f"“{name}” done, {checks.reached(desk.store)}"
        return f"can do nothing: {', '.join(refused)}"

    def _exchange(self, desk: SimDesk, chance: random.Random) -> str:
        return self._on_the_line(desk, chance, desk.exchange.catch_up)

    def _push_once(self, desk: SimDesk, chance: random.Random) -> str:
        def steps() -> None:
            desk.exchange.greet()
            desk.exchange.push()

        return self._on_the_line(desk, chance, steps)

    def _pull_once(self, desk: SimDesk, chance: random.Random) -> str:
        def steps() -> None:
            desk.exchange.greet()
            if not desk.exchange.missing_tables():
                desk.exchange.pull()

        return self._on_the_line(desk, chance, steps)

    def _on_the_line(self, desk: SimDesk, chance: random.Random, steps: Callable[[], object]) -> str:
        desk.line.begin(chance)
        try:
            steps()
            came = "went through"
        except Unavailable as cut:
            came = f"was cut: {cut}"
        except ServerRefused as refused:
            if refused.code != "bad-input":  # a snapshot that is kept no more is asked for anew
                raise
            came = f"was refused: {refused}"
        finally:
            mishaps = "; ".join(desk.line.mishaps)
            self.story[-1] += f" ({mishaps})" if mishaps else ""
        self._learn_kind(desk)
        return came

    def _learn_kind(self, desk: SimDesk) -> None:
        with desk.store.reading() as connection:
            kind = connection.execute(select(Device.kind).where(Device.id == desk.device)).scalar()
        if kind is not None and kind != desk.kind:
            desk.become(kind)
            self.story[-1] += f" [is now {desk}]"

    def _line(self, desk: SimDesk, chance: random.Random) -> str:
        share = chance.choice((0.0, 0.02, 0.1, 0.3))
        desk.line.weather = Weather(
            chance.random() < 0.85, share, share / 2, share / 2, share / 3, chance.choice((1, 3, 20, 5000))
        )
        return f"becomes {desk.line.weather}"

    def _late(self, desk: SimDesk, chance: random.Random) -> str:
        if not desk.late:
            return "has none"
        late = desk.late.pop(chance.randrange(len(desk.late)))
        with contextlib.suppress(Unavailable):
            try:
                self._asked(late.device, late.path, late.message)
            except ServerRefused as refused:
                return f"{late.path} refused: {refused}"
        return late.path

    def _clock(self, desk: SimDesk, chance: random.Random) -> str:
        jump = chance.choice(JUMPS)
        desk.clock.ms += jump
        return f"jumps by {jump} ms"

    def _death(self, desk: SimDesk, chance: random.Random) -> str:
        return self._desk_died(desk, "between two steps")

    def _doom(self, desk: SimDesk, chance: random.Random) -> str:
        desk.store.fate = fate = Fate(chance.choice((1, 1, 2, 3, 4, 5, 6, 8)), chance.random() < 0.5)
        return f"will die in {fate}"

    def _doom_server(self, desk: SimDesk, chance: random.Random) -> str:
        self.server.store.fate = fate = Fate(chance.choice((1, 1, 2, 3, 4, 5, 6, 8)), chance.random() < 0.5)
        return f"will die in {fate}"

    def _server_death(self, desk: SimDesk, chance: random.Random) -> str:
        return self._server_died("between two steps")

    def _grants(self, desk: SimDesk, chance: random.Random) -> str:
        self.honest = False
        kind = chance.choice(KINDS)
        try:
            self.server.grant(desk.device, kind)
        except Died as death:
            self._server_died(str(death))
        return f"is to be {kind}"

    def _fill_anew(self, desk: SimDesk, chance: random.Random) -> str:
        """All tables by an administrator's order, or some of those that people write, as a refusal may ask for."""
        granted = sorted(desk.exchange.granted)
        some = [table for table in granted if not REGISTRY[table].server_owned]
        wanted = granted if chance.random() < 0.4 else chance.sample(some, min(len(some), chance.choice((1, 5))))
        with desk.store.writing() as connection:
            set_meta(connection, "refill", wanted)
        return "in all" if wanted is granted else f"in {', '.join(wanted)}"

    def _old_copy(self, desk: SimDesk, chance: random.Random) -> str:
        """A copy is made; a later step of this kind puts the computer back as it was then."""
        if desk.copied is None:
            desk.put_copy_aside()
            return f"is copied, {checks.reached(desk.store)}"
        self.honest = False
        held = checks.chain_at(self.server.store, desk.author)
        desk.put_back()
        desk.late.clear()
        gone = self.oracle.forget(desk.author, held)
        forked = [self._undetected(desk, chance) for _ in range(chance.choice((0, 0, 1, 3)))]
        kept = checks.chain_at(self.server.store, desk.author)
        self.oracle.forget(desk.author, kept)
        self.desks.remove(desk)
        desk.close()
        new = self._enrol(desk.kind)
        return f"is put back; with its disk went {gone}; {'; '.join(forked)}; enrolled anew as {new}"

    def _undetected(self, desk: SimDesk, chance: random.Random) -> str:
        """An old copy at work before anybody notices: the server keeps its first history and refuses the other.

        It is told by its mark; one that greeted last before it was copied, by its second history.
        """
        came = self._work(desk, chance)
        desk.line.weather = Weather()
        try:
            came += ", " + self._on_the_line(desk, chance, desk.exchange.catch_up)
        except Forked:
            came += ", forked"
        except ServerRefused as refused:
            if refused.code not in ("damaged", SECOND_COPY):
                raise
            came += f", turned away: {refused.code}"
        return came

    def _heal(self, desk: SimDesk, chance: random.Random) -> str:
        for one in (*self.desks, self.server):
            one.store.fate = None
        for one in self.desks:
            one.line.weather = Weather()
        rounds = checks.quiet_after(self.server.store, self.desks, lambda one: self._exchange(one, chance))
        self.oracle.hear(self.server.store)
        refused = checks.healed(self.server.store, self.desks, self.oracle)
        assert not (self.honest and refused), f"honest work was refused: {checks.reasons(self.server.store)}"
        return f"quiet after {rounds} rounds, {len(self.oracle.sets)} change sets, {len(refused)} refused"

    def close(self) -> None:
        """Close every store."""
        for one in (*self.desks, self.server):
            one.store.close()


def _free(reader: Reader) -> Reader:
    """For choosing a subject no right is asked: the action itself asks."""
    reader.depth += 1
    return reader


_STEPS: dict[str, Callable[[Clinic, SimDesk, random.Random], str]] = {
    "work": Clinic._work,
    "exchange": Clinic._exchange,
    "push once": Clinic._push_once,
    "pull once": Clinic._pull_once,
    "line": Clinic._line,
    "late message": Clinic._late,
    "clock": Clinic._clock,
    "death": Clinic._death,
    "doomed": Clinic._doom,
    "server doomed": Clinic._doom_server,
    "server death": Clinic._server_death,
    "grants": Clinic._grants,
    "filled anew": Clinic._fill_anew,
    "not theirs to do": Clinic._overstep,
    "old copy": Clinic._old_copy,
    HEAL: Clinic._heal,
}


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
