# SPDX-License-Identifier: Apache-2.0
"""The invariants: what holds after a death, and what holds once every line is up and everybody has met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

import msgspec

from hms_desktop.clinic.conflicts.queries import open_conflicts
from hms_desktop.security.stations import grants
from hms_desktop.storage import chain
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.reader import Reader, meta_value
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.rows import StandingHead
from hms_desktop.storage.store import Store
from hms_desktop.sync import hubs, outbox
from hms_desktop.sync.merge import in_conflict
from hms_desktop.sync.pull import cursors, position
from hms_desktop.sync.relaying import known_chains
from hms_desktop.sync.vectors import PARTS, REFUSED, chain_end
from tests.simulation.desks import SimDesk
from tests.simulation.hub import SimHub
from tests.simulation.mortal import MortalStore
from tests.simulation.oracle import Oracle, Standing, differences, refused_at
from tests.simulation.raw import Held, Rows, ask, held
from tests.simulation.server import SERVER, Server, somebody
from tests.simulation.versions import running

MOST_ROUNDS = 6
"""In so many rounds everybody is quiet: two to meet, the rest for what the server answers and for new grants."""
_ROOTS = "SELECT author, number, root FROM own_change_log"


def chain_at(store: Store, author: int) -> int:
    """How far a store knows an author's chain."""
    with store.reading() as connection:
        return chain_end(connection, author).number


def reached(store: Store) -> str:
    """The last change set of a store's own author, in words."""
    return f"{store.station.author}/{chain_at(store, store.station.author)}"


def kept_its_promises(store: MortalStore, oracle: Oracle) -> None:
    """After a death, or on a full disk: everything that was committed here is in the file, and the file is whole."""
    author = store.station.author
    here = {(of, number): root for of, number, root in ask(store, _ROOTS)}
    with store.reading() as connection:
        broken = [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]
        begins = meta_value(connection, chain.FILLED, {}).get(str(author), (0, b""))[0]
    orphans = ask(store, "PRAGMA foreign_key_check")
    mine = {name: root for name, root in oracle.roots.items() if name[0] == author and name[1] > begins}
    lost = [name for name, root in mine.items() if here.get(name) != root]
    assert not lost, f"lost: {lost}"
    assert not broken, f"chains broken: {broken}"
    assert not orphans, f"references broken: {orphans[:3]}"


def holds_what_it_acknowledged(server: MortalStore, desks: Sequence[SimDesk]) -> None:
    """A server never says that it holds what it may still lose."""
    with server.reading() as connection:
        epoch = meta_value(connection, "epoch")
    for desk in desks:
        with desk.store.reading() as connection:
            said = outbox.sent(connection) if meta_value(connection, "epoch") == epoch else 0
        has = chain_at(server, desk.author)
        assert has >= said, f"the server acknowledged {said} of {desk} and holds {has}"


def hub_holds_what_it_acknowledged(hub: MortalStore, desks: Sequence[SimDesk]) -> None:
    """Nor does a hub, of what only it and the author have."""
    for desk in desks:
        with desk.store.reading() as connection:
            said = hubs.held(connection)
        has = chain_at(hub, desk.author)
        assert has >= said, f"the hub acknowledged {said} of {desk} and holds {has}"


def met_at(hub: MortalStore, desk: SimDesk) -> None:
    """Who just followed a hub has heard of everything that it holds."""
    with hub.reading() as connection:
        holds = known_chains(connection)
    short = [
        f"{author}: {there} of {number}" for author, number in holds if (there := chain_at(desk.store, author)) < number
    ]
    assert not short, f"{desk} met at the hub and has not heard of {short}"


def quiet_after(stores: Callable[[], Sequence[MortalStore]], exchange: Callable[[], object]) -> int:
    """Let everybody exchange until nothing moves; the number of rounds it took."""
    for rounds in range(1, MOST_ROUNDS + 1):
        before = _state(stores())
        exchange()
        if _state(stores()) == before:
            return rounds
    raise AssertionError(f"not quiet after {MOST_ROUNDS} rounds: {_state(stores())}")


def _state(stores: Sequence[MortalStore]) -> list[object]:
    found: list[object] = []
    for store in stores:
        counted = ask(store, "SELECT count(*), max(pos) FROM own_change_log")
        places = ask(store, "SELECT tbl, position FROM own_cursor ORDER BY tbl")
        with store.reading() as connection:
            found.append((counted, places, outbox.waiting(connection, store.station.author)))
    return found


def healed(server: Server, others: Sequence[SimHub | SimDesk], oracle: Oracle) -> set[tuple[int, int]]:
    """Everything that holds when everybody has met; returns what the server refused, by author and number."""
    refused = refused_at(server.store)
    at_server = {(author, number): root for author, number, root in ask(server.store, _ROOTS)}
    missing = sorted(name for name, root in oracle.roots.items() if at_server.get(name) != root)
    assert not missing, f"acknowledged actions that the server does not hold: {missing[:5]}"
    unknown = sorted(at_server.keys() - oracle.roots.keys())
    assert not unknown, f"the server holds what nobody did: {unknown[:5]}"
    with running(newer=True):
        standing = oracle.standing(refused)
    with running(server.newer):
        everything = held(server.store, REGISTRY)
        _told_of(server.store)
    for one in (server, *others):
        with running(one.newer):
            _equal(one, everything, standing)
        _whole(one.store, oracle)
        if isinstance(one, SimDesk):
            _caught_up(one, server.store, refused)
    _lent_once(everything)
    _numbered_once(everything)
    return refused


def _equal(one: Server | SimHub | SimDesk, everything: Held, standing: Standing) -> None:
    """It holds what stands, and what the server holds, as far as it is granted that and its version knows it."""
    name = one.store.station.name
    here = held(one.store, grants(one.kind).read if isinstance(one, SimDesk) else REGISTRY)
    wrong = differences(one.store, here, standing)
    assert not wrong, f"{name}: {len(wrong)} differences: {wrong[:4]}"
    for table in sorted(here.keys() - {"heads"}):
        assert here[table] == _only(here[table][0], everything[table]), f"{name} and the server differ in {table}"
    heads = [row for row in everything["heads"][1] if row[0] in here and row[2] in REGISTRY[row[0]].groups]
    assert here["heads"][1] == heads, f"{name} and the server differ in what stands in conflict"


def _only(columns: list[str], all_of: tuple[list[str], Rows]) -> tuple[list[str], Rows]:
    """A table's rows in these columns alone."""
    if columns == all_of[0]:
        return all_of
    at = [all_of[0].index(column) for column in columns]
    return columns, [tuple(row[place] for place in at) for row in all_of[1]]


def _whole(store: MortalStore, oracle: Oracle) -> None:
    name = store.station.name
    with store.reading() as connection:
        broken = [end for end in verify_chains(connection) if isinstance(end, BrokenLink)]
    orphans = ask(store, "PRAGMA foreign_key_check")
    waiting = ask(store, "SELECT stamp, tbl, why FROM own_held WHERE why NOT IN (?, ?)", REFUSED, PARTS)
    ends = dict(ask(store, "SELECT author, number FROM own_author_state"))
    assert not broken, f"{name}: {broken}"
    assert not orphans, f"{name}: references to nothing: {orphans[:3]}"
    assert not waiting, f"{name}: still waits for {waiting[:3]}"
    last = {author: number for author, number in sorted(oracle.sets)}
    short = [f"{of}: {ends.get(of, 0)} of {number}" for of, number in last.items() if ends.get(of, 0) < number]
    assert not short, f"{name} has not heard of {short}"


def _caught_up(desk: SimDesk, server: MortalStore, refused: set[tuple[int, int]]) -> None:
    with server.reading() as connection:
        end = position(connection)
    with desk.store.reading() as connection:
        waiting = outbox.waiting(connection, desk.author)
        places = set(cursors(connection, SERVER).values())
    told = {number for (number,) in ask(desk.store, "SELECT number FROM own_refusal WHERE author = ?", desk.author)}
    assert not waiting, f"{desk}: {waiting} change sets still wait to be sent"
    assert places == {end}, f"{desk} has followed to {places}, the server is at {end}"
    hidden = {number for author, number in refused if author == desk.author} - told
    assert not hidden, f"{desk} was never told that {hidden} are held back"


def _told_of(server: MortalStore) -> None:
    """Whatever stands in conflict lies in somebody's inbox."""
    standing: dict[tuple[str, bytes, str], list[StandingHead]] = {}
    sql = "SELECT tbl, record, grp, stamp, vals FROM own_standing_head"
    for table, record, group, stamp, values in ask(server, sql):
        head = StandingHead(stamp, msgspec.msgpack.decode(values))
        standing.setdefault((table, bytes(record), group), []).append(head)
    met = {at for at, heads in standing.items() if in_conflict(REGISTRY[at[0]].groups[at[2]].policy, heads)}
    with server.reading() as connection:
        reader = Reader(connection, server.setting, somebody("inbox", (), oversteps=True).person)
        told = {(one.table, one.subject.bytes, one.group) for one in open_conflicts(reader)}
    swallowed = sorted((table, record.hex(), group) for table, record, group in met - told)
    assert not swallowed, f"conflicts that nobody is told of: {swallowed[:3]}"


def _lent_once(everything: Held) -> None:
    """Of nothing that was lent more was given away than there was."""
    columns, leases = everything["lease"]
    lent = {row[columns.index("id")]: Decimal(row[columns.index("amount")]) for row in leases}
    columns, spends = everything["lease_spend"]
    for row in spends:
        lent[row[columns.index("lease")]] -= Decimal(row[columns.index("amount")])
    over = [lease.hex() for lease, left in lent.items() if left < 0]
    assert not over, f"leases spent twice: {over}"


def _numbered_once(everything: Held) -> None:
    """No two people have the same number, whoever registered them."""
    columns, patients = everything["patient"]
    counted = Counter(row[columns.index("mrn")] for row in patients)
    twice = [number for number, times in counted.items() if times > 1]
    assert not twice, f"given twice: {twice}"


def goes_on_from(store: MortalStore, server: MortalStore) -> None:
    """What a workstation counts as received is what the server holds, and no other history of the same numbers."""
    with store.reading() as connection:
        said = outbox.sent(connection)
    sql = "SELECT number, root FROM own_change_log WHERE author = ? AND number <= ?"
    mine, theirs = (dict(ask(one, sql, store.station.author, said)) for one in (store, server))
    other = [number for number, root in mine.items() if theirs.get(number) != root]
    assert not other, f"{store.station.name} takes {other} for received, of which the server holds others"


def reasons(server: MortalStore) -> list[str]:
    """Why the server refused what it refused."""
    found = ask(server, 'SELECT author, number, "check", reason FROM refusal ORDER BY author, number')
    return [f"{author}/{number} {check}: {reason}" for author, number, check, reason in found]
