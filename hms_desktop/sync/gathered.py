# SPDX-License-Identifier: Apache-2.0
"""Pages of the server's order that came while nobody was signed in, sealed to a key that lies in the encrypted file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.security import sealing
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync.protocol import Pulled

FOLDER = "inbox"
MOST_BYTES = 256 * 1024 * 1024
"""More than this is not gathered: the next session asks for the rest itself."""
_END = ".sealed"
_PURPOSE = "page gathered while locked"
_KEY = "pages key"


def pages_key(store: Store) -> X25519PrivateKey:
    """The key to which what comes for this file is sealed; it lies in the file and nowhere else."""
    with store.reading() as connection:
        kept = meta_value(connection, _KEY)
    if kept is None:
        with store.writing() as connection:
            kept = meta_value(connection, _KEY)
            if kept is None:
                kept = X25519PrivateKey.generate().private_bytes_raw()
                set_meta(connection, _KEY, kept)
    return X25519PrivateKey.from_private_bytes(bytes(kept))


class Whence(msgspec.Struct, array_like=True, frozen=True):
    """Which server (id and epoch) a page came from, the position that it follows and the one that it reaches."""

    server: bytes
    epoch: bytes
    after: int
    position: int


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    whence: Whence
    sealed: bytes


@dataclass(frozen=True)
class Page:
    """One page of this workstation's, still sealed."""

    whence: Whence
    file: Path
    _sealed: bytes
    _device: UUID

    def open(self, key: X25519PrivateKey) -> Pulled | None:
        """What the server sent, or None when it was spoilt or is for another file."""
        try:
            plain = sealing.open_sealed(
                key, self._sealed, purpose=_PURPOSE, context=_context(self._device, self.whence)
            )
            return msgspec.msgpack.decode(plain, type=Pulled)
        except (sealing.WontOpen, msgspec.MsgspecError):
            return None


class Inbox:
    """The pages of a workstation; written by the courier, read and emptied by an open session."""

    def __init__(self, profile: Path, device: UUID) -> None:
        self._folder, self._device = profile / FOLDER, device

    def put(self, whence: Whence, page: Pulled, public: bytes) -> None:
        """Keep a page sealed to this X25519 key (32 bytes); it is on the disk when this returns."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        plain = msgspec.msgpack.encode(page)
        sealed = sealing.seal_to(public, plain, purpose=_PURPOSE, context=_context(self._device, whence))
        file = self._folder / f"{whence.after:016d}-{whence.position:016d}{_END}"
        replace_file(file, msgspec.msgpack.encode(_Kept(whence, sealed)))

    def pages(self) -> Iterator[Page]:
        """The pages in their order; a file that can't be read is taken away."""
        files = sorted(self._folder.glob(f"*{_END}")) if self._folder.is_dir() else []
        for file in files:
            try:
                kept = msgspec.msgpack.decode(file.read_bytes(), type=_Kept)
            except FileNotFoundError:
                continue
            except msgspec.MsgspecError:
                file.unlink(missing_ok=True)
                continue
            yield Page(kept.whence, file, kept.sealed, self._device)

    def reached(self, server: bytes, epoch: bytes, after: int) -> int:
        """How far the pages here lead on from a position of this server."""
        for page in self.pages():
            if fits(page.whence, server, epoch, after):
                after = page.whence.position
        return after

    def full(self) -> bool:
        """Whether no more is gathered."""
        files = self._folder.glob(f"*{_END}") if self._folder.is_dir() else []
        return sum(file.stat().st_size for file in files) >= MOST_BYTES


def fits(whence: Whence, server: bytes, epoch: bytes, after: int) -> bool:
    """Whether a page leads on from this position of this server, with nothing left out between."""
    return (whence.server, whence.epoch) == (server, epoch) and whence.after <= after < whence.position


def _context(device: UUID, whence: Whence) -> bytes:
    return sealing.framed(device.bytes, msgspec.msgpack.encode(whence))
