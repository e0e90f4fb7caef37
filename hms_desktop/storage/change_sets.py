# SPDX-License-Identifier: Apache-2.0
"""A change set: what one action wrote, as bytes that are hashed, signed, sent and never encoded again.

Each record is one salted leaf; the Merkle root over the leaves, the acting person's details and the author's
previous root make the root that the person signs. Who may see three records of five gets three leaves and two
hashes and can still check the root (RFC 9162 keeps leaf and node hashes apart the same way).
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Any

import msgspec

from hms_desktop.core.clock import MAX_AUTHOR
from hms_desktop.core.errors import Damaged

NO_ROOT = bytes(32)
SCHEMA = 1
_NAME = struct.Struct(">HQq")
_encode = msgspec.msgpack.Encoder().encode

# What a peer sends is held to these as it is decoded; a message that breaks one is no message.
Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Root = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Stamp = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Author = Annotated[int, msgspec.Meta(ge=0, le=MAX_AUTHOR)]
Number = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
Milliseconds = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]  # the last of the year 9999


class Details(msgspec.Struct, array_like=True, frozen=True):
    """Who did what: person id, action name, wall time in ms, schema version of the writer."""

    person: Id
    action: str
    wall_ms: Milliseconds
    schema: int = SCHEMA


class Leaf(msgspec.Struct, array_like=True, frozen=True):
    """One record's part: `bases` None makes the row, else it holds per written group the heads it replaces."""

    salt: Id
    table: str
    record: Id
    values: dict[str, Any]
    bases: dict[str, list[Stamp]] | None = None


class ChangeSet(msgspec.Struct, array_like=True, frozen=True):
    """A change set as it travels. A leaf of 32 bytes is the hash of one that the receiver may not see."""

    author: Author
    number: Number
    stamp: Stamp
    prev: Root
    details: bytes
    leaves: list[bytes]
    signature: bytes


class Gap(msgspec.Struct, array_like=True, frozen=True):
    """What a replica gets of a change set that is not for it: enough to keep the author's chain whole."""

    author: Author
    number: Number
    stamp: Stamp
    prev: Root
    body: Root
    signature: bytes


_leaf = msgspec.msgpack.Decoder(Leaf).decode
_details = msgspec.msgpack.Decoder(Details).decode


def encode_leaf(leaf: Leaf) -> bytes:
    """A leaf as bytes; longer than a hash, since the salt and the record id alone are 32 bytes."""
    return _encode(leaf)


def decode_leaf(data: bytes) -> Leaf:
    """A leaf from its bytes; `Damaged` when they are not one."""
    try:
        return _leaf(data)
    except msgspec.MsgspecError as error:
        raise Damaged(f"A change holds bytes that are not a record: {error}") from error


def readable_leaves(leaves: Iterable[bytes]) -> list[Leaf]:
    """The leaves that were sent whole and are records; others are passed over, as quarantine must keep them too."""
    found = []
    for data in leaves:
        if len(data) != 32:
            with contextlib.suppress(Damaged):
                found.append(decode_leaf(data))
    return found


def encode_details(details: Details) -> bytes:
    """The details as bytes."""
    return _encode(details)


def decode_details(data: bytes) -> Details:
    """The details from bytes; `Damaged` when they are not."""
    try:
        return _details(data)
    except msgspec.MsgspecError as error:
        raise Damaged(f"A change does not say who made it: {error}") from error


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf, or the leaf itself where only its hash was sent."""
    return leaf if len(leaf) == 32 else sha256(b"\x00" + leaf).digest()


def merkle_root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; an odd one at the end of a level moves up as it is."""
    level = list(hashes)
    if not level:
        return sha256(b"").digest()
    while len(level) > 1:
        pairs = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def body_hash(details: bytes, leaves: Iterable[bytes]) -> bytes:
    """What a change set holds, in 32 bytes."""
    return sha256(b"\x02" + sha256(details).digest() + merkle_root([leaf_hash(leaf) for leaf in leaves])).digest()


def root_of(author: int, number: int, stamp: int, prev: bytes, body: bytes) -> bytes:
    """The root that chains and is signed: it covers the author's previous root."""
    return sha256(b"\x03" + _NAME.pack(author, number, stamp) + prev + body).digest()


def change_set_root(change_set: ChangeSet) -> bytes:
    """The root of a change set as received."""
    body = body_hash(change_set.details, change_set.leaves)
    return root_of(change_set.author, change_set.number, change_set.stamp, change_set.prev, body)


def gap_root(gap: Gap) -> bytes:
    """The root of a change set of which only the chain part was received."""
    return root_of(gap.author, gap.number, gap.stamp, gap.prev, gap.body)


def as_gap(change_set: ChangeSet) -> Gap:
    """The same change set with nothing in it to see."""
    body = body_hash(change_set.details, change_set.leaves)
    return Gap(change_set.author, change_set.number, change_set.stamp, change_set.prev, body, change_set.signature)


def only_tables(
    change_set: ChangeSet, tables: frozenset[str], shows: Callable[[Leaf], bool] | None = None
) -> ChangeSet | Gap:
    """The part that a holder of these tables may see, and of these what `shows` lets; other leaves become hashes."""
    shown = []
    for data in change_set.leaves:
        leaf = decode_leaf(data) if len(data) != 32 else None
        seen = leaf is None or (leaf.table in tables and (shows is None or shows(leaf)))
        shown.append(data if seen else leaf_hash(data))
    if all(len(leaf) == 32 for leaf in shown):
        return as_gap(change_set)
    return msgspec.structs.replace(change_set, leaves=shown)
