# SPDX-License-Identifier: Apache-2.0
"""Two servers and one clinic: where a workstation goes on in a hub's order, and what a hub brings to the centre.

Change sets travel as their authors wrote and signed them, whoever carries them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from heapq import merge
from itertools import accumulate, islice
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import ChangeSet
from hms_desktop.sync.entries import entry_of
from hms_desktop.sync.outbox import BATCH_BYTES
from hms_desktop.sync.protocol import Verdict
from hms_desktop.sync.pull import position
from hms_desktop.sync.vectors import Vectors

MEET, RELAY, CERTIFICATE = "/v1/meet", "/v1/relay", "/v1/hub-certificate"
RELAYED_SETS = 500
_LOG = ledger.change_log


class Meet(msgspec.Struct, array_like=True, frozen=True):
    """How far a workstation knows each author's chain, whatever road it came by: (author, number)."""

    known: list[tuple[int, int]]


class Met(msgspec.Struct, array_like=True, frozen=True):
    """The place in the hub's order up to which the workstation lacks nothing."""

    after: int


class Relay(msgspec.Struct, array_like=True, frozen=True):
    """What a hub holds and the centre does not, in the hub's order."""

    sets: list[ChangeSet]


class Relayed(msgspec.Struct, array_like=True, frozen=True):
    """How far the centre now has the chain of each author that was relayed, and what became of what was not taken."""

    chains: list[tuple[int, int]]
    verdicts: list[tuple[int, Verdict]] = []


class CertificateWanted(msgspec.Struct, array_like=True, frozen=True):
    """A hub asks the clinic's authority to sign its own key (public half, DER) for the addresses at which it serves."""

    addresses: list[str]
    public: bytes


class CertificateGiven(msgspec.Struct, array_like=True, frozen=True):
    """The certificate and the authority's behind it (PEM)."""

    certificate: bytes


def known_chains(connection: Connection) -> list[tuple[int, int]]:
    """How far each author's chain is known here, and decided: what a hub kept back is asked for again."""
    vectors = Vectors(connection)
    known = {author: end.number for author, end in vectors.chains().items()}
    if held := vectors.held_back():
        for row in connection.execute(select(_LOG.c.author, _LOG.c.number).where(_LOG.c.stamp.in_(held))):
            known[row.author] = min(known[row.author], row.number - 1)
    return sorted(known.items())


def place_before(connection: Connection, known: Iterable[tuple[int, int]]) -> int:
    """The place in this server's order up to which whoever knows these chains lacks nothing."""
    theirs, first = dict(known), []
    for author, end in Vectors(connection).chains().items():
        if end.number > theirs.get(author, 0):
            lacking = select(func.min(_LOG.c.pos)).where(_LOG.c.author == author, _LOG.c.number > theirs.get(author, 0))
            first.append(connection.execute(lacking).scalar_one())
    return min((int(place) - 1 for place in first if place is not None), default=position(connection))


def next_relay(connection: Connection, there: Mapping[int, int], but: Collection[int]) -> list[ChangeSet]:
    """The oldest change sets here that the centre does not have, in the order of this log; about 4 MB at most.

    `there` says how far the centre has each chain, `but` whose work is not relayed: the centre's own workers', and
    theirs with whom something is wrong. What lies here without its content ends its author's part.
    """
    behind = [
        (author, there.get(author, 0))
        for author, end in Vectors(connection).chains().items()
        if author not in but and end.number > there.get(author, 0)
    ]
    batch: list[ChangeSet] = []
    ended: set[int] = set()
    size = 0
    in_turn = merge(*(_after(connection, *one) for one in behind), key=itemgetter(0, 1))
    for _turn, _author, row in islice(in_turn, RELAYED_SETS):
        entry = entry_of(row)
        size += len(row.leaves)
        if batch and size > BATCH_BYTES:
            break
        if not isinstance(entry, ChangeSet):
            ended.add(row.author)
        elif row.author not in ended:
            batch.append(entry)
    return batch


def _after(connection: Connection, author: int, number: int) -> list[tuple[int, int, Any]]:
    """An author's rows by number, each with its turn: one that was decided late stands late in the log."""
    wanted = select(_LOG).where(_LOG.c.author == author, _LOG.c.number > number).order_by(_LOG.c.number)
    rows = connection.execute(wanted.limit(RELAYED_SETS)).all()
    turns = accumulate((row.pos for row in rows), max)
    return [(turn, author, row) for turn, row in zip(turns, rows, strict=True)]
