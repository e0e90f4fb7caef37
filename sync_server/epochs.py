# SPDX-License-Identifier: Apache-2.0
"""The epochs of a server's store: each time that it is put back from a backup a new one begins, with a new author.

What is kept here says up to which place the epochs have the same history, who has given back what it holds since, and
when the server lends again: what it lent in the lost time it may not know of, and no lease runs longer than it lends.
"""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from hms_desktop.core.clock import stamp_author
from hms_desktop.security.accounts import Device
from hms_desktop.security.receipts import Receipt
from hms_desktop.security.signing import Forged
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.pull import position
from hms_desktop.sync.segments import FORMER_AUTHORS
from hms_desktop.sync.vectors import chain_end

EPOCH = "epoch"
_ENDED, _GIVEN, _BEGUN, _BY_HAND = "epochs ended", "given back", "epoch begun", "put back by hand"
LONGEST_LEASE = timedelta(hours=12)


class Begun(msgspec.Struct, frozen=True):
    """How this epoch began: when (ms since 1970), from a backup made when, and up to which place of the order."""

    at_ms: int
    backup_ms: int
    place: int
    author: int


class Given(msgspec.Struct, frozen=True):
    """What one workstation gave back in this epoch: change sets of its own and of others, those in parts, refused,
    not signed by whom they name, and not to be joined to what is here; `known` is how far it knows each author."""

    at_ms: int = 0
    own: int = 0
    others: int = 0
    parts: int = 0
    refused: int = 0
    unsigned: int = 0
    unjoined: int = 0
    done: bool = False
    known: list[tuple[int, int]] = []

    def plus(self, more: Given) -> Given:
        """This and what came after it."""
        return Given(
            more.at_ms, self.own + more.own, self.others + more.others, self.parts + more.parts,
            self.refused + more.refused, self.unsigned + more.unsigned, self.unjoined + more.unjoined,
            self.done or more.done, more.known or self.known,
        )  # fmt: skip


def begin_epoch(connection: Connection, authors: tuple[int, int], now_ms: int, backup_ms: int) -> bytes:
    """Begin a new epoch over what lies here; `authors` are the server's before and now. Returns it (16 bytes)."""
    was, author = authors
    set_meta(connection, FORMER_AUTHORS, [*meta_value(connection, FORMER_AUTHORS, []), was])
    place = position(connection)
    before = bytes(meta_value(connection, EPOCH, b""))
    epoch = os.urandom(16)
    set_meta(connection, _ENDED, [*ended(connection), (before, place)])
    set_meta(connection, EPOCH, epoch)
    set_meta(connection, _GIVEN, {})
    set_meta(connection, _BY_HAND, False)
    set_meta(connection, _BEGUN, msgspec.to_builtins(Begun(now_ms, backup_ms, place, author)))
    return epoch


def older_than(connection: Connection, author: int, receipt: Receipt, public: bytes) -> bool:
    """Whether the server's own chain ends before where it ended when it gave this receipt, which its key signed.

    Then its folder was put back by hand. It is noted until a new epoch begins: what it writes would get numbers that
    other work of its own has.
    """
    if receipt.own.author != author or receipt.own.number <= chain_end(connection, author).number:
        return False
    try:
        receipt.verify(public)
    except Forged:
        return False
    set_meta(connection, _BY_HAND, True)
    return True


def put_back_by_hand(connection: Connection) -> bool:
    """Whether a workstation showed that the folder was put back without a new epoch."""
    return bool(meta_value(connection, _BY_HAND, False))


def ended(connection: Connection) -> list[tuple[bytes, int]]:
    """The epochs before this one, oldest first, each with the place up to which its history is this one's, too."""
    return [(bytes(epoch), int(place)) for epoch, place in meta_value(connection, _ENDED, [])]


def begun(connection: Connection) -> Begun | None:
    """How this epoch began; None for a store that was never put back."""
    kept = meta_value(connection, _BEGUN)
    return None if kept is None else msgspec.convert(kept, Begun)


def given(connection: Connection) -> dict[UUID, Given]:
    """What each workstation gave back in this epoch."""
    kept = meta_value(connection, _GIVEN, {})
    return {UUID(hex=device): msgspec.convert(told, Given) for device, told in kept.items()}


def note_given(connection: Connection, device: UUID, more: Given) -> None:
    """A workstation gave back so much more."""
    kept = given(connection)
    kept[device] = kept.get(device, Given()).plus(more)
    set_meta(connection, _GIVEN, {id.hex: msgspec.to_builtins(told) for id, told in kept.items()})


def awaited(connection: Connection) -> list[tuple[UUID, str]]:
    """The approved workstations that have not yet given back all that they hold: id and name.

    One that was enrolled since, by the new author or a later one, holds nothing of the lost time.
    """
    how = begun(connection)
    if how is None:
        return []
    done = {device for device, told in given(connection).items() if told.done}
    rows = connection.execute(
        select(Device.id, Device.name, Device.k)
        .where(Device.status == "approved", Device.kind != "server")
        .order_by(Device.name)
    )
    return [(row.id, row.name) for row in rows if row.id not in done and stamp_author(row.k) < how.author]


def may_lend(connection: Connection, now_ms: int) -> bool:
    """Whether nothing lent in a lost time can still be out: everybody gave back, or the longest lease ended."""
    how = begun(connection)
    if how is None or now_ms - how.at_ms > LONGEST_LEASE.total_seconds() * 1000:
        return True
    return not awaited(connection)
