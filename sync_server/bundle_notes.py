# SPDX-License-Identifier: Apache-2.0
"""What the server remembers of the bundles of each workstation: its key, the last one made and taken, how far it is."""

from __future__ import annotations

from uuid import UUID

import msgspec
from sqlalchemy import Connection

from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta

KEY_BYTES = 32
NEVER = -1


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Of one workstation: the X25519 key of its file, the numbers of the last bundle made for it and taken from it.

    `digest` is that of the one taken, at `taken_ms` (ms since 1970). It stood `after` this place of the server's order
    then (-1: never filled), held the tables in `holds`, and asked how it stands with `asked` (packed; empty: no). With
    `too_old` its program gets nothing before it is updated.
    """

    pages: bytes = b""
    made: int = 0
    taken: int = 0
    digest: bytes = b""
    taken_ms: int = 0
    after: int = NEVER
    holds: tuple[str, ...] = ()
    asked: bytes = b""
    too_old: bool = False


def note_of(connection: Connection, device: UUID) -> Note:
    """What is remembered of a workstation."""
    return msgspec.convert(meta_value(connection, _name(device), {}), Note)


def keep_note(connection: Connection, device: UUID, note: Note) -> None:
    """Remember it."""
    set_meta(connection, _name(device), msgspec.structs.asdict(note))


def _name(device: UUID) -> str:
    return f"bundles {device.hex}"
