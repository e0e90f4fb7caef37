# SPDX-License-Identifier: Apache-2.0
"""Change sets sealed to the centre when they are committed, so that they can be sent by who can't read them.

The box shows the number and the root, by which the device's key signs where the chain ends; all else is the centre's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.security import sealing
from hms_desktop.security.receipts import ChainEnd
from hms_desktop.storage.change_sets import ChangeSet, Number, Root, change_set_root

PATH = "/v1/sealed"
UNREADABLE = "unreadable"
"""The verdict over a box that does not open: damaged, or sealed for another centre. Nothing after it is taken."""
_PURPOSE = "change set for the centre"


class Box(msgspec.Struct, array_like=True, frozen=True):
    """One sealed change set of the device that sends it."""

    number: Number
    root: Root
    sealed: bytes


class SealedPush(msgspec.Struct, array_like=True, frozen=True):
    """Boxes in the order of their numbers; `end` is where the chain ends with the last, signed by the device.

    It is answered as a push of what they hold.
    """

    boxes: list[Box]
    end: ChainEnd | None = None


@dataclass(frozen=True)
class Opened:
    """What the boxes held, and the number of the first that did not open (0: all did)."""

    sets: list[ChangeSet]
    unreadable: int = 0


def seal_set(change_set: ChangeSet, centre: bytes, device: UUID) -> Box:
    """Seal a change set of `device` to the centre's exchange key (X25519, 32 bytes)."""
    root = change_set_root(change_set)
    context = _context(device, change_set.number, root)
    plain = msgspec.msgpack.encode(change_set)
    return Box(change_set.number, root, sealing.seal_to(centre, plain, purpose=_PURPOSE, context=context))


def open_boxes(centre: X25519PrivateKey, device: UUID, boxes: Sequence[Box]) -> Opened:
    """What a device sealed, as far as it opens: each box must hold what its number and root say."""
    found: list[ChangeSet] = []
    for box in boxes:
        context = _context(device, box.number, box.root)
        try:
            plain = sealing.open_sealed(centre, box.sealed, purpose=_PURPOSE, context=context)
            held = msgspec.msgpack.decode(plain, type=ChangeSet)
        except (sealing.WontOpen, msgspec.MsgspecError):
            return Opened(found, box.number)
        if (held.number, change_set_root(held)) != (box.number, box.root):
            return Opened(found, box.number)
        found.append(held)
    return Opened(found)


def _context(device: UUID, number: int, root: bytes) -> bytes:
    return sealing.framed(device.bytes, str(number).encode(), root)
