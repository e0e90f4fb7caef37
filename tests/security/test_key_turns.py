# SPDX-License-Identifier: Apache-2.0
"""Turning the file key when somebody is put out: who gets in, who does not, and what a kill at any point leaves."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from hms_desktop.core.clock import SetClock
from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.security import key_turns, people, sign_in, slots
from hms_desktop.security.key_turns import KeyTurn, expose, exposed_since, put_out, read_turn
from hms_desktop.security.keys import unwrap
from hms_desktop.security.profile import REPLICA_FILE
from hms_desktop.security.sign_in import SignInRefused
from hms_desktop.security.slots import SlotPlace
from hms_desktop.storage import rekey
from hms_desktop.storage.engine import connect
from hms_desktop.storage.keychain import FileKeychain
from tests.killing import killed, says
from tests.security.conftest import NOON, PASSWORD, Clinic, SetUp, Workstation


def signs_in(folder: Path, began: Path) -> None:
    """Somebody signs in, which turns the key."""
    says(began, "begins")
    sign_in.unlock(folder, "zanele", PASSWORD, keychain=FileKeychain(folder), clock=SetClock(NOON))


@pytest.fixture
def station(clinic: Clinic, set_up: SetUp) -> Workstation:
    """Two nurses sign in here; the file holds something."""
    made = set_up(clinic.joins("zanele", "nurse"), clinic.joins("thabo", "nurse"), kind="nurse")
    write(made, made.file_key)
    return made


def write(station: Workstation, key: bytes, rows: int = 50) -> None:
    connection = connect(station.folder / REPLICA_FILE, key)
    connection.execute("CREATE TABLE own_words (word TEXT)")
    connection.executemany("INSERT INTO own_words VALUES (?)", [(f"word {n} " * 40,) for n in range(rows)])
    connection.close()


def rows(station: Workstation, key: bytes) -> int:
    connection = connect(station.folder / REPLICA_FILE, key)
    try:
        return int(connection.execute("SELECT count(*) FROM own_words").fetchone()[0])
    finally:
        connection.close()


def person(station: Workstation, login: str) -> people.Admitted:
    found = people.read_people(station.folder, station.keys, station.profile.station.device).by_login(login)
    assert found is not None
    return found


def device(station: Workstation):  # type: ignore[no-untyped-def]
    return station.profile.station.device


def exposed(station: Workstation) -> int:
    return exposed_since(station.folder, station.keys, device(station))


def test_who_is_put_out_keeps_a_slot_that_opens_nothing_any_more(station: Workstation) -> None:
    gone, kept = person(station, "thabo"), person(station, "thabo").slot
    assert put_out(station.folder, station.keys, device(station), [gone.granted.person], NOON) == (gone.granted.person,)
    with pytest.raises(SignInRefused):
        station.unlock("thabo")
    assert exposed(station) == NOON, "shown as exposed until somebody signs in"
    opened = station.unlock("zanele")
    assert exposed(station) == 0 and opened.file_key != station.file_key
    assert rows(station, opened.file_key) == 50
    private = unwrap(gone.granted.wrapped, PASSWORD, gone.granted.person).exchange
    old = slots.open_slot(kept, private, station.keys.secret, SlotPlace(device(station), gone.granted.person, 1))
    with pytest.raises(Damaged):
        connect(station.folder / REPLICA_FILE, old)
    assert station.unlock("zanele").file_key == opened.file_key


def test_nothing_is_turned_while_nobody_left_and_nobody_is_put_out_twice(station: Workstation) -> None:
    assert put_out(station.folder, station.keys, device(station), [], NOON) == ()
    assert station.unlock("zanele").file_key == station.file_key
    expose(station.folder, station.keys, device(station), NOON)
    expose(station.folder, station.keys, device(station), NOON + 5)
    assert exposed(station) == NOON


def test_a_file_that_is_open_elsewhere_is_turned_later_and_stays_exposed(
    station: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rekey, "_PATIENCE_MS", 20)
    expose(station.folder, station.keys, device(station), NOON)
    elsewhere = connect(station.folder / REPLICA_FILE, station.file_key)
    elsewhere.execute("BEGIN").execute("SELECT count(*) FROM own_words").fetchone()
    assert station.unlock("zanele").file_key == station.file_key
    assert exposed(station) == NOON
    elsewhere.close()
    assert station.unlock("zanele").file_key != station.file_key and exposed(station) == 0


def cut(monkeypatch: pytest.MonkeyPatch, module: object, name: str, after: int) -> None:
    """The power goes at the so-many-th call of something."""
    real, calls = getattr(module, name), iter(range(after + 1))

    def counted(*given: object, **named: object) -> object:
        if next(calls, after) >= after:
            raise KeyboardInterrupt
        return real(*given, **named)

    monkeypatch.setattr(module, name, counted)


CUTS: list[tuple[object, str, int]] = [
    (key_turns, "_write", 0), (key_turns, "_finish", 0), (key_turns, "write_people", 0), (key_turns, "_settle", 0),
    (rekey, "rekey", 0), (rekey, "opens", 0),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "after"), CUTS, ids=[f"{name}" for _m, name, _a in CUTS])
@pytest.mark.parametrize("again", [False, True])
def test_cut_at_any_step_the_next_sign_in_opens_and_brings_it_to_its_end(
    station: Workstation, monkeypatch: pytest.MonkeyPatch, module: object, name: str, after: int, again: bool
) -> None:
    expose(station.folder, station.keys, device(station), NOON)
    with monkeypatch.context() as patch:
        cut(patch, module, name, after)
        with pytest.raises(KeyboardInterrupt):
            station.unlock("zanele")
    if again:  # somebody is put out while the new key is on its way: it was sealed for them, too
        put_out(station.folder, station.keys, device(station), [person(station, "thabo").granted.person], NOON + 7)
    opened = station.unlock("zanele")
    assert rows(station, opened.file_key) == 50
    opened = station.unlock("zanele")
    assert exposed(station) == 0 and opened.file_key != station.file_key
    assert (
        rows(station, opened.file_key) == 50 and read_turn(station.folder, station.keys, device(station)) == KeyTurn()
    )


def test_a_slot_that_came_after_the_cut_says_who_must_sign_in_first(
    station: Workstation, monkeypatch: pytest.MonkeyPatch
) -> None:
    expose(station.folder, station.keys, device(station), NOON)
    with monkeypatch.context() as patch:
        cut(patch, key_turns, "_finish", 0)
        with pytest.raises(KeyboardInterrupt):
            station.unlock("zanele")
    turn = read_turn(station.folder, station.keys, device(station))
    one = person(station, "thabo").granted.person
    without = msgspec.structs.replace(turn, slots={who: slot for who, slot in turn.slots.items() if who != one})
    key_turns._write(station.folder, station.keys, device(station), without)
    with pytest.raises(Damaged, match="Let a colleague sign in"):
        station.unlock("thabo")
    station.unlock("zanele")
    station.unlock("thabo")


def test_what_is_written_of_a_turn_is_believed_only_here(station: Workstation) -> None:
    (station.folder / key_turns.TURN_FILE).write_bytes(b"garbage")
    with pytest.raises(Damaged, match="Ask support"):
        station.unlock("zanele")


def test_a_full_disk_leaves_the_old_key_and_says_so(station: Workstation, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> None:
        raise Unavailable("The disk is full.")

    expose(station.folder, station.keys, device(station), NOON)
    monkeypatch.setattr(rekey, "rekey", full)
    assert station.unlock("zanele").file_key == station.file_key and exposed(station) == NOON
    monkeypatch.setattr(rekey, "opens", lambda _path, _key: False)
    with pytest.raises(Unavailable):
        station.unlock("zanele")


def test_a_wrong_key_turns_nothing(station: Workstation) -> None:
    with pytest.raises(Unavailable, match="could not be changed"):
        rekey.rekey(station.folder / REPLICA_FILE, os.urandom(32), os.urandom(32))
    assert rows(station, station.file_key) == 50


def kills(station: Workstation, count: int, megabytes: int, figure: Callable[[int, int], object]) -> None:
    """Kill a process that turns the key, at a random moment each; every time the file opens and holds everything."""
    folder = station.folder
    chain = FileKeychain(folder)
    for name, secret in station.drawer.kept.items():
        chain.put(name, secret)
    write_more(station, megabytes)
    whole, took = rows(station, station.file_key), run(folder, None)
    station.drawer.kept.clear()
    hit = 0
    for _time in range(count):
        expose(folder, station.keys, device(station), NOON)
        run(folder, random.uniform(0.02, took))
        hit += (folder / key_turns.TURN_FILE).exists()
        keychain = FileKeychain(folder)
        station.drawer.kept = {file.stem: chain.get(file.stem) or b"" for file in folder.glob("*.secret")}
        opened = station.unlock("zanele")
        assert rows(station, opened.file_key) == whole
        for file in station.drawer.kept:
            keychain.put(file, station.drawer.kept[file])
    figure(count, hit)


def write_more(station: Workstation, megabytes: int) -> None:
    connection = connect(station.folder / REPLICA_FILE, station.file_key)
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO own_words VALUES (?)", [("x" * 1000,)] * (megabytes * 1000))
    connection.execute("COMMIT")
    connection.close()


def run(folder: Path, seconds: float | None) -> float:
    """Sign in in a process of its own, killed after so long; returns how long it took."""
    began = folder.with_name("began")
    return killed(signs_in, folder, began, began=began, seconds=seconds)


def test_a_few_kills_lose_nothing(station: Workstation) -> None:
    kills(station, 3, 2, lambda _count, _hit: None)


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_200_kills_lose_nothing(station: Workstation, record_property: Callable[[str, object], None]) -> None:
    kills(station, 200, 6, lambda count, hit: record_property("kills", f"{count}, {hit} of them inside the turn"))
