# SPDX-License-Identifier: Apache-2.0
"""What session and courier write down for each other, sealed under the device secret: no file key is needed for it."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar
from uuid import UUID

import msgspec

from hms_desktop.security import sealing
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.receipts import Receipt
from hms_desktop.storage.durable import replace_file

SHEET_FILE, DELIVERED_FILE = "courier.sealed", "delivered.sealed"

T = TypeVar("T")


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """For the courier: whose work it brings, and from where the file asks on.

    `generation` and `last` are what the file says of itself in a greeting, `after` is its position in the order of the
    server with this id and epoch (-1: nothing is to be pulled), `pages` the X25519 key to which pages are sealed.
    `at_ms` is when somebody was last at work here (ms since 1970), `kbit` how much of the line it may take each way
    (kbit/s, 0: no limit).
    """

    author: int
    generation: bytes
    last: int
    server: bytes
    epoch: bytes
    after: int
    pages: bytes
    at_ms: int = 0
    kbit: int = 0


class Delivered(msgspec.Struct, frozen=True, kw_only=True):
    """For the next session: what the courier brought to the server, and the server's receipt for it (ms since 1970)."""

    acknowledged: int = 0
    receipt: Receipt | None = None
    at_ms: int = 0


def write_note(folder: Path, name: str, keys: DeviceKeys, device: UUID, note: msgspec.Struct) -> None:
    """Put a note there, whole."""
    box = sealing.lock(keys.secret, msgspec.msgpack.encode(note), purpose=name, context=device.bytes)
    replace_file(folder / name, box)


def read_note(folder: Path, name: str, keys: DeviceKeys, device: UUID, kind: type[T]) -> T | None:
    """The note, or None when there is none that can be believed."""
    try:
        box = (folder / name).read_bytes()
        plain = sealing.unlock(keys.secret, box, purpose=name, context=device.bytes)
        return msgspec.msgpack.decode(plain, type=kind)
    except (OSError, sealing.WontOpen, msgspec.MsgspecError):
        return None
