# SPDX-License-Identifier: Apache-2.0
"""The invariants: what holds after a death, and what holds once every line is up and everybody has met."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import text

from hms_desktop.security.stations import grants
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store
from hms_desktop.sync import outbox
from hms_desktop.sync.pull import position
from hms_desktop.sync.vectors import REFUSED, chain_end
from tests.simulation.desks import SimDesk
from tests.simulation.oracle import Oracle, differences, refused_at
from tests.sync.world import dump

MOST_ROUNDS = 6
"""In so many rounds everybody is quiet: two to meet, the rest for what the server answers and for new grants."""
_ROOTS = text("SELECT author, number, root FROM own_change_log")
_TOLD = text("SELECT number FROM own_refusal WHERE author = :author")


def chain_at(store: Store, author: int) -> int:
    """How far a store knows an author's chain."""
    with store.reading() as connection:
        return chain_end(connection, author).number


def reached(store: Store) -> str:
    """The last change set of a store's own author, in words."""
    return f"{store.station.author}/{chain_at(store, store.station.author)}"


def kept_its_promises(store: Store, oracle: Oracle) -> None:
    """After a death: everything that was committed here is in the file, and the file is whole."""
    author = store.station.author
    with store.reading() as connection:
        rows = connection.execute(_ROOTS).all()
        broken = [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    here = {(row.author, row.number): bytes(row.root) for row in rows}
    lost = [name for name, root in oracle.roots.items() if name[0] == author and here.get(name) != root]
    assert not lost, f"lost by a death: {lost}"
    assert not broken, f"chains broken by a death: {broken}"
    assert not orphans, f"references broken by a death: {orphans[:3]}"


def holds_what_it_acknowledged(server: Store, desks: Sequence[SimDesk]) -> None:
    """A server never says that it holds what it may still lose."""
    for desk in desks:
        with desk.store.reading() as connection:
            said = outbox.sent(connection)
        held = chain_at(server, desk.author)
        assert held >= said, f"the server acknowledged {said} of {desk} and holds {held}"


def quiet_after(server: Store, desks: Sequence[SimDesk], exchange: Callable[[SimDesk], object]) -> int:
    """Let everybody exchange until nothing moves; the number of rounds it took."""
    for rounds in range(1, MOST_ROUNDS + 1):
        before = _state(server, desks)
        for desk in list(desks):
            exchange(desk)
        if _state(server, desks) == before:
            return rounds
    raise AssertionError(f"not quiet after {MOST_ROUNDS} rounds: {_state(server, desks)}")


def _state(server: Store, desks: Sequence[SimDesk]) -> list[object]:
    found: list[object] = []
    for store in (server, *(desk.store for desk in desks)):
        with store.reading() as connection:
            counted = connection.execute(text("SELECT count(*), max(pos) FROM own_change_log")).one()
            places = sorted(map(tuple, connection.execute(text("SELECT tbl, position FROM own_cursor"))))
            found.append((tuple(counted), places, outbox.waiting(connection, store.station.author)))
    return found


def healed(server: Store, desks: Sequence[SimDesk], oracle: Oracle) -> set[tuple[int, int]]:
    """Everything that holds when everybody has met; returns what the server refused, by author and number."""
    with server.reading() as connection:
        refused = refused_at(connection)
        at_server = {(row.author, row.number): bytes(row.root) for row in connection.execute(_ROOTS)}
    missing = sorted(name for name, root in oracle.roots.items() if at_server.get(name) != root)
    assert not missing, f"acknowledged actions that the server does not hold: {missing[:5]}"
    unknown = sorted(at_server.keys() - oracle.roots.keys())
    assert not unknown, f"the server holds what nobody did: {unknown[:5]}"
    standing = oracle.standing(refused)
    everything = dump(server, frozenset(REGISTRY))
    for store, tables in [(server, frozenset(REGISTRY)), *((d.store, grants(d.kind).read) for d in desks)]:
        name = store.station.name
        with store.reading() as connection:
            wrong = differences(connection, standing, tables)
        assert not wrong, f"{name}: {len(wrong)} differences: {wrong[:4]}"
        _whole(store, oracle, refused)
        here = dump(store, tables)
        for table in sorted(tables):
            assert here[table] == everything[table], f"{name} and the server differ in {table}"
    for desk in desks:
        _caught_up(desk, server, refused)
    return refused


def _whole(store: Store, oracle: Oracle, refused: set[tuple[int, int]]) -> None:
    name = store.station.name
    with store.reading() as connection:
        broken = [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]
        orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
        held = connection.execute(text("SELECT stamp, tbl, why FROM own_held WHERE why <> :r"), {"r": REFUSED}).all()
        ends = {author: chain_end(connection, author) for author, _number in oracle.sets}
    assert not broken, f"{name}: {broken}"
    assert not orphans, f"{name}: references to nothing: {orphans[:3]}"
    assert not held, f"{name}: still waits for {held[:3]}"
    last = {author: number for author, number in sorted(oracle.sets)}
    short = [f"{of}: {ends[of].number} of {number}" for of, number in last.items() if ends[of].number < number]
    assert not short, f"{name} has not heard of {short}"


def _caught_up(desk: SimDesk, server: Store, refused: set[tuple[int, int]]) -> None:
    with server.reading() as connection:
        end = position(connection)
    with desk.store.reading() as connection:
        waiting = outbox.waiting(connection, desk.author)
        places = set(connection.execute(text("SELECT position FROM own_cursor")).scalars())
        told = set(connection.execute(_TOLD, {"author": desk.author}).scalars())
    assert not waiting, f"{desk}: {waiting} change sets still wait to be sent"
    assert places == {end}, f"{desk} has followed to {places}, the server is at {end}"
    hidden = {number for author, number in refused if author == desk.author} - told
    assert not hidden, f"{desk} was never told that {hidden} are held back"


def reasons(server: Store) -> list[str]:
    """Why the server refused what it refused."""
    with server.reading() as connection:
        found = connection.execute(text("SELECT * FROM refusal ORDER BY author, number"))
        return [f"{row.author}/{row.number} {row.check}: {row.reason}" for row in found]
