# SPDX-License-Identifier: Apache-2.0
"""Bundles: the same rows by whatever mix of roads, and each that does not fit refused by name with nothing changed."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.errors import BadInput, ClinicError, Damaged, NotAllowed, NotFound, Refused, Unavailable
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import outbox
from hms_desktop.sync.bundles import make
from hms_desktop.sync.bundles import take as take_in
from hms_desktop.sync.fill import Cancelled
from hms_desktop.sync.pull import set_cursors
from sync_server import epochs
from sync_server.bundle_notes import keep_note, note_of
from tests.sync.carrying import Carrier, cut, other_signing, spoilt
from tests.sync.hubs import HubWorld
from tests.sync.world import World, WorldDesk, dump
from tests.sync.writes import at_random, register, renamed


class Roads:
    """Desks that reach the centre or a hub by a bad line, or by files that are lost, late, swapped and taken twice."""

    def __init__(self, folder: Path, seed: int, desks: int) -> None:
        self.chance = random.Random(seed)
        self.world = HubWorld(folder, seed=seed)
        self.carrier = Carrier(self.world, folder / "stick")
        person = self.world.person("thabo", "receptionist")
        self.desks = [self.world.desk(person, filled=False) for _ in range(desks)]
        for desk in self.desks:
            self.carrier.know(desk)
            desk.line.loss = self.world.up.loss = 0.2
        self.up: list[Path] = []
        self.down: list[tuple[WorldDesk, Path]] = []

    def step(self) -> None:
        """Somebody works, calls, makes a file, or takes in one that lies about."""
        desk = self.chance.choice(self.desks)
        desk.clock.ms += self.chance.choice([1, 50, 4000, -3000])
        ways: list[Callable[[WorldDesk], object]] = [self._work] * 6
        ways += [self._call, self._call, self._follow, self._carry_out, self._carry_out]
        ways += [self._take_up, self._make_down, self._take_down]
        with suppress(Refused, Unavailable):  # refused by name, or a line that failed: nothing was changed by it
            self.chance.choice(ways)(desk)

    def _work(self, desk: WorldDesk) -> None:
        desk.do(at_random(self.chance.randrange(1 << 30)))

    def _call(self, desk: WorldDesk) -> None:
        desk.line.to = self.chance.choice([None, self.world.hub])
        desk.exchange.catch_up()

    def _follow(self, _desk: WorldDesk) -> None:
        self.world.upstream.catch_up()

    def _carry_out(self, desk: WorldDesk) -> None:
        self.up.append(self.carrier.from_desk(desk))

    def _take_up(self, _desk: WorldDesk) -> None:
        if self.up:
            self.carrier.into_centre(self.chance.choice(self.up))

    def _make_down(self, desk: WorldDesk) -> None:
        self.down.append((desk, self.carrier.from_centre(desk)))

    def _take_down(self, _desk: WorldDesk) -> None:
        if self.down:
            desk, file = self.chance.choice(self.down)
            self.carrier.into_desk(desk, file)

    def heal(self) -> None:
        """Everything is carried once more, twice round, without any line."""
        for _round in range(2):
            for desk in self.desks:
                self.carrier.into_centre(self.carrier.from_desk(desk))
            for desk in self.desks:
                self.carrier.into_desk(desk, self.carrier.from_centre(desk))


def rows_of(desk: WorldDesk, world: World) -> tuple[object, object]:
    """The rows of a desk and the centre's, but for the log of administrators: making a file for a desk adds to it."""
    tables = desk.tables - {"admin_event"}
    return dump(desk.store, tables), dump(world.centre.store, tables)


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.proof) for seed in range(1, 60))])
def test_any_mix_of_roads_in_any_order_and_twice_ends_with_the_same_rows(tmp_path: Path, seed: int) -> None:
    roads = Roads(tmp_path, seed, 3 if seed else 2)
    for _step in range(40):
        roads.step()
    roads.heal()
    for desk in roads.desks:
        here, expected = rows_of(desk, roads.world)
        assert here == expected
        assert desk.exchange.counts().waiting == 0
        with desk.store.reading() as connection:
            assert not [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]


class Pair:
    """One desk that was filled by the line, and one more; nobody reaches the centre any more."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.carrier = Carrier(self.world, folder / "stick")
        person = self.world.person("thabo", "receptionist")
        self.desk, self.other = self.world.desk(person), self.world.desk(person, filled=False)
        for desk in (self.desk, self.other):
            self.carrier.know(desk)
            desk.line.up = False
        self.patient = self.desk.do(register)

    def said(self, carry: Callable[[], object], kind: type[ClinicError] = ClinicError) -> str:
        """Why something was not taken; neither the centre nor a desk was changed by it."""
        before = self._state()
        with pytest.raises(kind) as refused:
            carry()
        assert self._state() == before
        return str(refused.value)

    def _state(self) -> list[object]:
        found: list[object] = []
        for store in (self.world.centre.store, self.desk.store, self.other.store):
            with store.reading() as connection:
                log, cursors = (
                    connection.exec_driver_sql(f"SELECT * FROM {of}").all() for of in ("own_change_log", "own_cursor")
                )
                found += [log, cursors, meta_value(connection, "epoch"), outbox.sent(connection)]
        return found


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Two desks and their centre."""
    return Pair(tmp_path)


def test_what_waits_is_carried_there_and_the_word_of_it_back(pair: Pair) -> None:
    carrier, desk = pair.carrier, pair.desk
    came = carrier.into_centre(carrier.from_desk(desk))
    assert (came.station, came.taken, came.refused) == ("Desk 1", 1, 0)
    assert desk.exchange.counts().waiting == 1, "whether it arrived is known when a file comes back"
    taken = carrier.into_desk(desk, carrier.from_centre(desk))
    assert (taken.delivered, taken.waiting, taken.lacking) == (1, 0, 0)
    with desk.store.reading() as connection:
        assert outbox.sent(connection) == 1


def test_an_empty_workstation_starts_from_a_file(pair: Pair) -> None:
    carrier, other = pair.carrier, pair.other
    carrier.into_centre(carrier.from_desk(pair.desk))
    assert "has not told the key" in pair.said(lambda: carrier.from_centre(other), Refused)
    mine = other.do(lambda unit: register(unit, family="Before"))
    carrier.into_centre(carrier.from_desk(other))
    taken = carrier.into_desk(other, carrier.from_centre(other))
    assert taken.filled == len(other.tables) and taken.lacking == 0
    assert other.ask(lambda r: r.get(Patient, pair.patient).family) == "Okonkwo"
    assert other.ask(lambda r: r.get(Patient, mine).family) == "Before"
    here, expected = rows_of(other, pair.world)
    assert here == expected


def test_a_file_that_does_not_belong_at_the_centre_is_refused_by_name(pair: Pair, tmp_path: Path) -> None:
    carrier, desk, said = pair.carrier, pair.desk, pair.said
    file, elsewhere = carrier.from_desk(desk), tmp_path / "elsewhere"

    def refused(kind: type[ClinicError], **other: object) -> str:
        made = carrier.from_desk(desk, **other)
        return said(lambda: carrier.into_centre(made), kind)

    assert "another clinic" in refused(NotAllowed, clinic=uuid4())
    assert "not known here" in refused(NotFound, device=uuid4())
    assert "not from whom it says" in refused(Damaged, signing=other_signing())
    assert "a key that is not here" in refused(Refused, server_exchange=bytes(range(32)))
    assert "for the server" in said(lambda: carrier.into_desk(desk, file), NotAllowed)
    for part in (0.02, 0.3, 0.6, 0.97):
        said(lambda part=part: carrier.into_centre(cut(file, part, elsewhere)), ClinicError)
        said(lambda part=part: carrier.into_centre(spoilt(file, part, elsewhere)), ClinicError)
    assert "ends too soon" in said(lambda: carrier.into_centre(cut(file, 0.9, elsewhere)), Damaged)
    assert "was changed" in said(lambda: carrier.into_centre(spoilt(file, 0.9, elsewhere)), Damaged)
    elsewhere.write_bytes(b"a picture of a cat")
    assert "no file of this program" in said(lambda: carrier.into_centre(elsewhere), BadInput)
    assert "can't be read" in said(lambda: carrier.into_centre(tmp_path / "gone"), Unavailable)
    carrier.know(desk, "blocked")
    assert "Desk 1 is blocked" in said(lambda: carrier.into_centre(file), NotAllowed)
    assert "nothing is made for it" in said(lambda: carrier.from_centre(desk), NotAllowed)
    carrier.know(desk)
    carrier.home = replace(carrier.home, facts=msgspec.structs.replace(carrier.home.facts, training=False))
    assert "Training data" in said(lambda: carrier.into_centre(file), Refused)
    carrier.home = replace(carrier.home, facts=msgspec.structs.replace(carrier.home.facts, training=True))

    newer = carrier.from_desk(desk)
    assert carrier.into_centre(newer).taken == 1, "it holds what those before it held"
    assert "already" in said(lambda: carrier.into_centre(newer), Refused)
    assert "older than file" in said(lambda: carrier.into_centre(file), Refused)
    of_before = carrier.from_desk(desk)
    with pair.world.centre.store.writing() as connection:
        set_meta(connection, "epoch", os.urandom(16))
    assert "put back from a backup" in said(lambda: carrier.into_centre(of_before), Refused)


def test_a_file_that_does_not_belong_at_a_workstation_is_refused_by_name(pair: Pair, tmp_path: Path) -> None:
    carrier, desk, other, said = pair.carrier, pair.desk, pair.other, pair.said
    carrier.into_centre(carrier.from_desk(desk))
    file = carrier.from_centre(desk)

    def refused(file: Path, kind: type[ClinicError] = Refused, at: WorldDesk = desk, **ends: object) -> str:
        return said(lambda: carrier.into_desk(at, file, **ends), kind)

    assert "another workstation" in refused(file, NotAllowed, other)
    assert "another clinic" in refused(file, NotAllowed, clinic=uuid4())
    assert "not from whom it says" in refused(file, Damaged, server_signing=bytes(32))
    assert "for a workstation" in said(lambda: carrier.into_centre(file), NotAllowed)
    assert "ends too soon" in refused(cut(file, 0.9, tmp_path / "cut"), Damaged)
    assert "was changed" in refused(spoilt(file, 0.5, tmp_path / "spoilt"), Damaged)
    newer = carrier.from_centre(desk)
    carrier.into_desk(desk, newer)
    assert "already" in refused(newer) and "older than file" in refused(file)

    behind = carrier.from_centre(desk)
    desk.do(renamed(pair.patient, "Adeyemi"))
    desk.line.up = True
    desk.sync()
    assert "older than what came here since" in refused(behind)
    following = carrier.from_centre(desk)
    with desk.store.writing() as connection:
        server = UUID(bytes=bytes(meta_value(connection, "server")))
        set_cursors(connection, server, desk.exchange.granted, 1)
    assert "begins after what this workstation knows" in refused(following)
    desk.sync()
    with pair.world.centre.store.writing() as connection:
        set_meta(connection, "epoch", os.urandom(16))
    desk.sync()
    assert "put back from a backup" in refused(following)

    carrier.into_centre(carrier.from_desk(other))
    with pair.world.centre.store.writing() as connection:
        note = note_of(connection, other.store.station.device)
        keep_note(
            connection, other.store.station.device, msgspec.structs.replace(note, after=0, holds=tuple(other.tables))
        )
    assert "does not fill it" in refused(carrier.from_centre(other), at=other)
    assert carrier.into_desk(other, carrier.from_centre(other, fill=True)).filled == len(other.tables)


def test_a_stick_that_is_full_or_a_person_who_stops_leaves_nothing(
    pair: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carrier, desk = pair.carrier, pair.desk
    stick = tmp_path / "full"
    stick.mkdir()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("hms_desktop.storage.durable.os.fsync", full)
        with pytest.raises(Unavailable, match=r"No space left on device.*Nothing is left"):
            make(desk.store, carrier.ends(desk), 7, stick)
    assert list(stick.iterdir()) == []
    for number, gone in ((errno.EINVAL, False), (errno.EIO, True)):

        def settle(_folder: Path, number: int = number) -> None:
            raise OSError(number, "of the folder")

        with monkeypatch.context() as patch, suppress(Unavailable):
            patch.setattr("hms_desktop.storage.durable._settle_folder", settle)
            make(desk.store, carrier.ends(desk), number, stick)
        assert (list(stick.iterdir()) == []) == gone
        for left in stick.iterdir():
            left.unlink()
    with pytest.raises(Cancelled):
        make(desk.store, carrier.ends(desk), 8, stick, stop=lambda: True)
    with pytest.raises(Unavailable, match="can't be written"):
        make(desk.store, carrier.ends(desk), 9, tmp_path / "pulled out" / "file")
    assert list(stick.iterdir()) == []
    made = make(desk.store, carrier.ends(desk), 10, stick)
    assert made.file.name == "hms-Desk-1-to-server-10.hmsbundle" and (made.sets, made.size) == (
        1,
        made.file.stat().st_size,
    )
    assert made.file.stat().st_mode & 0o777 == 0o600 and b"Okonkwo" not in made.file.read_bytes()
    with pytest.raises(BadInput, match="is there already"):
        make(desk.store, carrier.ends(desk), 11, made.file)


def test_a_file_that_was_stopped_halfway_goes_on(pair: Pair) -> None:
    carrier, desk, other = pair.carrier, pair.desk, pair.other
    for number in range(3):
        desk.do(lambda unit, number=number: register(unit, family=f"Family {number}"))
    carrier.into_centre(carrier.from_desk(desk))
    carrier.into_centre(carrier.from_desk(other))
    file, read = carrier.from_centre(other), list[int]()

    def take(after: int) -> int:
        read.clear()
        told = (lambda done, _of: read.append(done), lambda: len(read) >= after)
        return take_in(other.exchange, carrier.ends(other), file, progress=told[0], stop=told[1]).filled

    with pytest.raises(Cancelled, match="goes on"):
        take(2)
    whole = len(read)
    assert take(10**6) == len(other.tables) and whole == 2
    here, expected = rows_of(other, pair.world)
    assert here == expected
    desk.do(renamed(pair.patient, "Adeyemi"))
    carrier.into_centre(carrier.from_desk(desk))
    carrier.into_centre(carrier.from_desk(other))
    file = carrier.from_centre(other)
    with pytest.raises(Cancelled, match="take the same file in again"):
        take(0)
    take(10**6)
    assert other.ask(lambda r: r.get(Patient, pair.patient).family) == "Adeyemi"


def test_a_server_that_was_put_back_is_heard_of_by_a_file(pair: Pair) -> None:
    carrier, desk = pair.carrier, pair.desk
    carrier.into_centre(carrier.from_desk(desk))
    carrier.into_desk(desk, carrier.from_centre(desk))
    desk.do(renamed(pair.patient, "Adeyemi"))
    of_before = carrier.from_desk(desk)
    clock = pair.world.clock
    with pair.world.centre.store.writing() as connection:
        epochs.begin_epoch(connection, (0, 0), clock.ms, clock.ms)
    assert "put back from a backup" in pair.said(lambda: carrier.into_centre(of_before), Refused)
    carrier.into_desk(desk, carrier.from_centre(desk))
    assert carrier.into_centre(carrier.from_desk(desk)).taken == 1
    carrier.into_desk(desk, carrier.from_centre(desk))
    here, expected = rows_of(desk, pair.world)
    assert here == expected and desk.exchange.counts().waiting == 0


def test_a_program_that_is_too_old_brings_its_work_and_gets_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("hms_desktop.sync.bundles.SCHEMA", -7)
        file = pair.carrier.from_desk(pair.desk)
    assert pair.carrier.into_centre(file).taken == 1
    assert "too old for what is here" in pair.said(lambda: pair.carrier.from_centre(pair.desk), Refused)
