# SPDX-License-Identifier: Apache-2.0
"""What a workstation sees while nobody is signed in: kept sealed beside the file until the next open (`witnessed`).

Each thing seen is one box under the device secret that holds its number and the hash of the box before it. How many
there were stands in the keychain, too, so that taking the file away, its end, or a box out of it is seen and counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec

from hms_desktop.core.errors import ClinicError
from hms_desktop.security import sealing
from hms_desktop.security.device_keys import DeviceKeys, SecretPlace
from hms_desktop.storage.durable import PRIVATE, exclusive

SEEN_FILE = "seen.sealed"
SEEN_LOCK = "seen.lock"
_PURPOSE = "seen while nobody was signed in"
MOST_BYTES = 1024 * 1024
"""What is seen beyond that is counted and no more: nobody fills the disk by typing wrong passwords."""
WRONG_TRY, BROKE_OFF, LOST = "wrong-try", "broke-off", "lost"


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """One thing seen: an access event's kind, the person where somebody is known by that name, when (ms since 1970)."""

    kind: str
    person: UUID | None
    at_ms: int
    detail: str = ""
    patient: UUID | None = None


class Box(msgspec.Struct, frozen=True, array_like=True):
    """One sealed box: its number, the hash of the box before it, and what was seen."""

    number: int
    before: bytes
    seen: Seen


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """How many things were seen in all, and the hash of the last box."""

    number: int = 0
    last: bytes = b""


@dataclass(frozen=True)
class Place:
    """Where one workstation keeps what it saw: its folder, its keys, its keychain."""

    folder: Path
    device: UUID
    keys: DeviceKeys
    secrets: SecretPlace

    @property
    def file(self) -> Path:
        """The file of boxes."""
        return self.folder / SEEN_FILE

    @property
    def _name(self) -> str:
        return f"{self.device.hex} seen"

    def mark(self) -> Mark:
        """How many things were seen in all, as the keychain remembers."""
        kept = self.secrets.get(self._name)
        return msgspec.msgpack.decode(kept, type=Mark) if kept else Mark()

    def set_mark(self, mark: Mark) -> None:
        """Remember it."""
        self.secrets.put(self._name, msgspec.msgpack.encode(mark))

    def seal(self, box: Box) -> bytes:
        """A box as it lies in the file."""
        body = msgspec.msgpack.encode(box)
        return sealing.lock(self.keys.secret, body, purpose=_PURPOSE, context=self.device.bytes)

    def open(self, sealed: bytes) -> Box:
        """What is in it; WontOpen or a decoding error when it was changed."""
        plain = sealing.unlock(self.keys.secret, sealed, purpose=_PURPOSE, context=self.device.bytes)
        return msgspec.msgpack.decode(plain, type=Box)


def note(place: Place, seen: Seen) -> None:
    """Keep one thing that was seen, on the disk and counted, before anything is answered."""
    with exclusive(place.folder / SEEN_LOCK):
        mark = place.mark()
        box = Box(mark.number + 1, mark.last, seen)
        if place.file.exists() and place.file.stat().st_size > MOST_BYTES:
            place.set_mark(Mark(box.number, mark.last))
            return
        sealed = place.seal(box)
        place.set_mark(Mark(box.number, sha256(sealed).digest()))
        _append(place.file, len(sealed).to_bytes(4, "big") + sealed)


def _append(file: Path, data: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def watching(place: Place, person: UUID | None, now_ms: int) -> Iterator[None]:
    """Note a try at signing in that is refused, for whatever reason; `person` is whose name was tried, if anybody's."""
    try:
        yield
    except ClinicError as refused:
        why = "" if refused.code == "sign-in-refused" else refused.code
        note(place, Seen(WRONG_TRY, person, now_ms, why))
        raise


def whole_boxes(place: Place) -> list[Box]:
    """The boxes from the beginning that open and follow one another; the last may be half written by a power cut."""
    data = place.file.read_bytes() if place.file.exists() else b""
    boxes: list[Box] = []
    before: bytes | None = None
    with suppress(sealing.WontOpen, msgspec.MsgspecError):
        while len(data) >= 4:
            size = int.from_bytes(data[:4], "big")
            sealed, data = data[4 : 4 + size], data[4 + size :]
            box = place.open(sealed)
            if before is not None and box.before != before:
                break
            boxes.append(box)
            before = sha256(sealed).digest()
    return boxes
