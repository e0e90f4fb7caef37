# SPDX-License-Identifier: Apache-2.0
"""Giving a server that was put back from a backup what it lost: each replica offers all that it holds beyond it.

A greeting shows that the server is of another epoch. The replica then goes back with its cursors to the place up to
which both have the same history, counts its own work as unsent beyond what the server has, and offers its log in the
order in which it came here, which is an order of cause and effect: its own change sets whole, others' as far as it may
see them. Others' travel with the gaps before them, as a gap is believed only when a signed change set follows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, and_, func, or_, select, text

from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import Author, ChangeSet, Gap
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import outbox, pull
from hms_desktop.sync.apply import RESTORED
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.protocol import Entry, Welcome

PATH = "/v1/offer"
PENDING = "to be given back"
MOST, MOST_BYTES, _ROWS = 500, 4 * 1024 * 1024, 500
_EPOCH = "epoch of "
EPOCHS_PASSED = "epochs passed"
_BACK = text("UPDATE own_cursor SET position = :place WHERE server = :server AND position > :place")


class Offer(msgspec.Struct, array_like=True, frozen=True):
    """Entries that the server may have lost; an empty one asks for its chains.

    With `last` nothing more comes from here, and `known` says how far this replica knows each author's chain.
    """

    entries: list[Entry]
    known: list[tuple[Author, int]] = []
    last: bool = False


class Offered(msgspec.Struct, array_like=True, frozen=True):
    """How far each author's chain goes at the server now; `again` asks for the same once more at the next greeting,
    as something could not be joined to what lies there."""

    chains: list[tuple[Author, int]]
    again: bool = False


Send = Callable[[str, Offer, type[Offered]], Offered]


def note_passed(connection: Connection, welcome: Welcome) -> None:
    """Note epochs of the server that are over: what was made in one of them is not taken in any more."""
    ended = {bytes(name) for name, _place in welcome.ended} | {bytes(meta_value(connection, "epoch", welcome.epoch))}
    passed = {bytes(one) for one in meta_value(connection, EPOCHS_PASSED, [])}
    if new := ended - passed - {welcome.epoch}:
        set_meta(connection, EPOCHS_PASSED, sorted(passed | new))


def heed_epoch(connection: Connection, welcome: Welcome) -> bool:
    """Notice in a greeting's answer that the server's store was put back, and go back with it; whether it was."""
    server = UUID(bytes=welcome.server)
    before = _known_epoch(connection, server)
    reached = max(pull.cursors(connection, server).values(), default=0)
    set_meta(connection, _EPOCH + server.hex, welcome.epoch)
    if welcome.ended:
        set_meta(connection, RESTORED, True)
    if before in (None, welcome.epoch) and reached <= welcome.position:
        return False
    place = common_place(welcome.ended, before or b"") if before != welcome.epoch else 0
    connection.execute(_BACK, {"server": server.bytes, "place": place})
    set_meta(connection, outbox.ACKNOWLEDGED, min(outbox.sent(connection), welcome.acknowledged))
    set_meta(connection, PENDING, True)
    return True


def _known_epoch(connection: Connection, server: UUID) -> bytes | None:
    """The epoch in which this replica last met a server; files of before this was kept remember the last server's."""
    if bytes(meta_value(connection, "server", b"")) == server.bytes:
        before = meta_value(connection, _EPOCH + server.hex, meta_value(connection, "epoch"))
    else:
        before = meta_value(connection, _EPOCH + server.hex)
    return None if before is None else bytes(before)


def common_place(ended: list[tuple[bytes, int]], epoch: bytes) -> int:
    """Up to which place of its order the server has the same history as in this epoch; 0 for one it never heard of."""
    names = [bytes(name) for name, _place in ended]
    if epoch not in names:
        return 0
    return min(place for _name, place in ended[names.index(epoch) :])


def give_back(store: Store, send: Send, stop: Callable[[], bool] = lambda: False) -> int:
    """Offer what the server lost, if it was put back since; returns how many change sets were sent."""
    with store.reading() as connection:
        if not meta_value(connection, PENDING, False):
            return 0
        known = [(row.author, row.number) for row in connection.execute(select(ledger.author_state))]
    answer = send(PATH, Offer([]), Offered)
    sent, again = 0, False
    for batch in _batches(store, dict(answer.chains)):
        if stop():
            return sent
        answer = send(PATH, Offer(batch), Offered)
        sent, again = sent + len(batch), again or answer.again
    send(PATH, Offer([], known, last=True), Offered)
    with store.writing() as connection:
        outbox.note_sent(connection, dict(answer.chains).get(store.station.author, 0))
        set_meta(connection, PENDING, again)
    return sent


def _batches(store: Store, chains: dict[int, int]) -> Iterator[list[Entry]]:
    gaps: dict[int, list[Entry]] = {}
    batch: list[Entry] = []
    size = 0
    for row in _rows(store, chains):
        entry = entry_of(row)
        if isinstance(entry, Gap):
            gaps.setdefault(entry.author, []).append(Entry(row.pos, None, entry))
            continue
        assert isinstance(entry, ChangeSet)
        batch += [*gaps.pop(entry.author, []), Entry(row.pos, entry, None)]
        size += len(row.leaves)
        if len(batch) >= MOST or size >= MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _rows(store: Store, chains: dict[int, int]) -> Iterator[Any]:
    """The log from the first place at which it holds something that the server lacks, in its own order."""
    log = ledger.change_log
    with store.reading() as connection:
        ends = connection.execute(select(log.c.author, func.max(log.c.number)).group_by(log.c.author)).all()
    lacking = [(author, chains.get(author, 0)) for author, number in ends if number > chains.get(author, 0)]
    if not lacking:
        return
    lost = or_(*(and_(log.c.author == author, log.c.number > number) for author, number in lacking))
    after = 0
    while True:
        with store.reading() as connection:
            page = connection.execute(select(log).where(lost, log.c.pos > after).order_by(log.c.pos).limit(_ROWS)).all()
        yield from page
        if len(page) < _ROWS:
            return
        after = page[-1].pos
