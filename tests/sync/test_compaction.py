# SPDX-License-Identifier: Apache-2.0
"""For every cursor, the state at it plus the rest of the log is the same, whether the log before it is here or not.

Each history is done at real stores; at every page of what a replica fetches a copy of its file lets go of all that it
may, and both go on: rows, standing heads, conflicts and chains are the same at every place and in the end.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from structlog.testing import capture_logs

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.acting import Acting
from hms_desktop.storage.store import Store
from hms_desktop.sync import outbox, pull
from hms_desktop.sync.compaction import DAY_MS, compact, let_go_of, log_days
from hms_desktop.sync.older import fetch_older
from hms_desktop.sync.protocol import Pull, Pulled
from hms_desktop.sync.report import held_sets
from hms_desktop.sync.upkeep import look_after
from hms_desktop.sync.verify import verify
from tests.desk import CLINIC
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import at_random, phoned, register, renamed

SERVER = UUID(int=1)
Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("first", "second", "third", "meet", "refused", "third refused", "send third")),
        st.integers(0, 10_000),
    ),
    min_size=3,
    max_size=9,
)

_LAST_BEFORE = text("SELECT max(number) FROM own_change_log WHERE author = :author AND pos <= :place")
_REFUSED_AFTER = text(
    "SELECT min(r.number) FROM refusal r JOIN own_change_log c ON c.stamp = r.k "
    "WHERE r.author = :author AND c.pos > :place"
)


def all_of(store: Store, tables: frozenset[str]) -> dict[str, Any]:
    """Rows, heads, chains, what waits and what is refused: all that a later change set could meet."""
    found: dict[str, Any] = dump(store, tables)
    with store.reading() as connection:
        for name in ("own_author_state", "own_held", "own_time_bound"):
            found[name] = sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {name}")))
        found["unsent"] = outbox.unsent(connection, store.station.author, outbox.sent(connection), -1)
        found["held back"] = held_sets(connection, store.station.author)
    return found


@dataclass
class Twins:
    """A replica and a copy of its file that lets go of what it may before each page."""

    desk: WorldDesk
    whole: Store
    compacted: Store
    stuck: bool = False

    @classmethod
    def of(cls, desk: WorldDesk, folder: Path) -> Twins:
        """Two copies of a desk's file as it lies there now."""
        made: list[Store] = []
        for name in ("whole", "compacted"):
            assert desk.store.forget_deleted()
            shutil.copyfile(desk.path, folder / f"{name}.db")
            clock = SetClock(desk.clock.ms)
            made.append(Store(folder / f"{name}.db", desk.key, desk.store.station, CLINIC, clock=clock))
        whole, compacted = made
        return cls(desk, whole, compacted)

    def take(self, page: Pulled, cursor: int) -> int:
        """The same page at both, after the compacted one let go; returns how many change sets that has let go of."""
        station, now = self.desk.store.station, self.desk.clock.ms
        with self.compacted.writing() as connection:
            gone = compact(connection, station, now + DAY_MS, self._sent(cursor))
        took = [self._took(store, page, now) for store in (self.whole, self.compacted)]
        assert took[0] == took[1]
        self.stuck = not took[0]
        assert all_of(self.whole, self.desk.tables) == all_of(self.compacted, self.desk.tables)
        return gone.sets

    def _took(self, store: Store, page: Pulled, now: int) -> bool:
        """Whether the page could be taken: not while work that was not sent points at what is taken out."""
        with suppress(IntegrityError), capture_logs(), store.writing() as connection:
            pull.take_page(connection, page, SERVER, self.desk.tables, now)
            return True
        return False

    def _sent(self, cursor: int) -> int:
        """The last own change set before the cursor of which every refusal is known here: what a server is asked for
        after a push lies behind the whole push."""
        asked = {"author": self.desk.store.station.author, "place": cursor}
        with self.desk.world.centre.store.reading() as connection:
            last = connection.execute(_LAST_BEFORE, asked).scalar() or 0
            refused = connection.execute(_REFUSED_AFTER, asked).scalar()
        return int(last if refused is None else min(last, refused - 1))

    def whole_chains(self) -> bool:
        """Whether every chain of the compacted file holds."""
        trust = self.desk.world.trust
        with self.compacted.reading() as connection:
            return not verify(connection, trust.server_public, trust.clinic, own=self.desk.store.station.author).broken

    def close(self) -> None:
        """Close both."""
        self.whole.close()
        self.compacted.close()


def play(steps: list[Step], folder: Path, at_once: int = 2) -> int:
    """Do a history, then fetch it at a replica page by page; returns how many change sets were let go of."""
    world = World(folder)
    clerk = world.person("thabo", "receptionist")
    stranger = stranger_of(world.person("zanele", "lab_technician"), clerk)
    first, second = world.desk(clerk), world.desk(clerk)
    third = world.desk(clerk)
    for what, seed in steps:
        world.clock.ms += 1000
        for desk in (first, second, third):
            desk.clock.ms = world.clock.ms
        if what == "meet":
            for desk in (first, second, first):
                desk.sync()
        elif what == "send third":
            third.exchange.greet()
            while third.exchange.push() is not None:
                pass
        elif what.endswith("refused"):
            (third if what.startswith("third") else second).do(at_random(seed), stranger)
        else:
            {"first": first, "second": second, "third": third}[what].do(at_random(seed))
    for desk in (first, second):
        desk.sync()
    twins = Twins.of(third, folder)
    gone = 0
    with third.store.reading() as connection:
        (at,) = set(pull.cursors(connection, UUID(bytes=world.centre._facts.id.bytes)).values())
    while True:
        page = world.centre.pull(third.line._device, Pull(at, at_once))
        gone = twins.take(page, at)
        if page.position == at or twins.stuck:
            break
        at = page.position
    assert twins.whole_chains()
    twins.close()
    for desk in (first, second, third):
        desk.store.close()
    world.close()
    return gone


def stranger_of(stranger: Acting, clerk: Acting) -> Acting:
    """Somebody whose role the server does not take this from: it is refused there, and done here."""
    return replace(stranger, person=replace(stranger.person, permissions=clerk.person.permissions))


EVERYTHING: list[Step] = [
    ("first", 0), ("meet", 0), ("third", 3), ("refused", 2), ("third refused", 4), ("send third", 0), ("first", 8),
    ("second", 5), ("meet", 0), ("third", 9), ("first", 12),
]  # fmt: skip


def test_for_every_cursor_the_state_and_the_rest_of_the_log_are_the_same(tmp_path: Path) -> None:
    assert play(EVERYTHING, tmp_path, 3) > 4


@pytest.mark.proof
@pytest.mark.timeout(3600)
@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS, at_once=st.integers(1, 3))
def test_for_every_cursor_of_many_histories_the_state_and_the_rest_of_the_log_are_the_same(
    steps: list[Step], at_once: int
) -> None:
    with TemporaryDirectory() as folder:
        play(steps, Path(folder), at_once)


def test_a_day_after_day_replica_keeps_its_days_and_says_so(tmp_path: Path) -> None:
    world = World(tmp_path)
    clerk = world.person("thabo", "receptionist")
    first, second = world.desk(clerk), world.desk(clerk)
    patient, still = first.do(register), first.do(register)
    first.do(phoned(still))
    for desk in (first, second):
        desk.sync()
    second.do(renamed(patient, "Older"))
    second.sync()
    for days in (60, 31):
        world.clock.ms += days * DAY_MS
        second.clock.ms = first.clock.ms = world.clock.ms
        first.do(register)
        first.sync()
        second.sync()
    second.do(renamed(patient, "Nel"))
    second.sync()
    waiting = second.do(register)
    before = dump(second.store, second.tables)
    assert second.ask(lambda reader: len(reader.history(Patient, patient))) == 3
    found, gone = look_after(second.exchange)
    assert not found.differences and gone.sets == 4 and gone.before_ms == world.clock.ms - 90 * DAY_MS
    assert dump(second.store, second.tables) == before
    with second.store.reading() as connection:
        assert log_days(connection, second.store.station) == 90 and let_go_of(connection) == gone
        assert not verify(connection, world.trust.server_public, world.trust.clinic, own=2).broken
    (version,) = second.ask(lambda reader: reader.history(Patient, patient))
    assert (version.was["family"], version.values["family"]) == ("Older", "Nel")
    assert second.ask(lambda reader: reader.history(Patient, still)) == []
    for desk in (second, first, second):
        desk.sync()
    assert dump(second.store, second.tables) == dump(world.centre.store, second.tables)
    assert second.ask(lambda reader: reader.get(Patient, waiting))
    assert look_after(second.exchange)[1] == gone, "what came within the days stays"
    assert fetch_older(second.exchange, [("patient", patient), ("patient", still), ("lab_method", still)]) == 3
    told = second.ask(lambda reader: [v.values["family"] for v in reader.history(Patient, patient)])
    assert told == ["Okonkwo", "Older", "Nel"] and second.ask(lambda reader: reader.history(Patient, still))
    assert fetch_older(second.exchange, [("patient", patient)]) == 0, "it is all here"
    with second.store.reading() as connection:
        assert not verify(connection, world.trust.server_public, world.trust.clinic, own=2).broken
    assert dump(second.store, second.tables) == dump(world.centre.store, second.tables)
    second.line.up, second.exchange.welcome = False, None
    with pytest.raises(Unavailable, match="has not been reached since you signed in"):
        fetch_older(second.exchange, [("patient", patient)])
    with pytest.raises(ValueError, match="never lets go"), world.centre.store.writing() as connection:
        compact(connection, world.centre.store.station, world.clock.ms, 0)
    world.close()
