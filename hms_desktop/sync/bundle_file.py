# SPDX-License-Identifier: Apache-2.0
"""A bundle: messages of the exchange in one file for one receiver, sealed to its key and signed by who made it.

What can be read without a key names no person and no patient: clinic, sender and receiver by their ids, a number, a
moment, and whether it is of training. The messages are those of the line (`sync.protocol`), sealed one by one, so that
a file of any size is written and read in little memory. The signature stands at the end, over everything before it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.core.errors import BadInput, Damaged, Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.security import sealing
from hms_desktop.security.signing import Forged, sign, verify
from hms_desktop.storage.durable import written_beside
from hms_desktop.sync.protocol import pack, unpack

SUFFIX = ".hmsbundle"
CENTRE = UUID(int=0)
"""The clinic's server as sender or receiver: a workstation may not have met it yet, and knows it by its keys."""
FORMAT = 1
MOST_PART = 256 * 1024 * 1024
_MAGIC = b"HMSBUNDL"
_MOST_HEADER = 4096
_MOST_PARTS = 500_000
_MOST_NAME = 60
"""Bytes of a computer's name in a file's: two of them, whatever their letters, fit what file systems take (255)."""
_SIGNATURE = 64
_LENGTH = 4
_SIGNED, _KEY, _PART = "bundle", "bundle key", "bundle part"

T = TypeVar("T")


class Header(msgspec.Struct, array_like=True, frozen=True):
    """What stands outside: from whom to whom, the sender's number of it, when it was made (ms since 1970).

    `epoch` is that of the server as the sender knows it; empty for a workstation that never met it.
    """

    format: int
    clinic: bytes
    sender: bytes
    receiver: bytes
    epoch: bytes
    number: int
    training: bool
    made_ms: int


class Head(msgspec.Struct, array_like=True, frozen=True):
    """What a part is, for the list at the end: the message's path, a page's table and number, how far it reaches."""

    path: str
    table: str = ""
    number: int = 0
    reaches: int = 0


class _Outside(msgspec.Struct, array_like=True, frozen=True):
    header: Header
    key: bytes


class BundleWriter:
    """Seals one message after the other into a file that is not there before the end."""

    def __init__(self, file: BinaryIO, header: Header, receiver: bytes) -> None:
        self._file, self._digest = file, hashlib.sha256()
        self._secret, self._heads = os.urandom(sealing.KEY_BYTES), list[Head]()
        key = sealing.seal_to(receiver, self._secret, purpose=_KEY, context=msgspec.msgpack.encode(header))
        self._write(_MAGIC)
        self._write_part(msgspec.msgpack.encode(_Outside(header, key)))

    def add(self, head: Head, message: Any) -> None:
        """Put a message in; bytes are one that is packed already."""
        self._heads.append(head)
        self._seal(len(self._heads), message if isinstance(message, bytes) else pack(message))

    def end(self, sender: Ed25519PrivateKey) -> None:
        """Write the list of what is in it, and sign the whole."""
        self._seal(0, msgspec.msgpack.encode(self._heads))
        self._write(bytes(_LENGTH))
        self._file.write(sign(sender, _SIGNED, self._digest.digest()))

    def _seal(self, place: int, plain: bytes) -> None:
        self._write_part(sealing.lock(self._secret, plain, purpose=_PART, context=place.to_bytes(8, "big")))

    def _write_part(self, part: bytes) -> None:
        self._write(len(part).to_bytes(_LENGTH, "big"))
        self._write(part)

    def _write(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)


@contextmanager
def bundle_to(path: Path, header: Header, receiver: bytes, sender: Ed25519PrivateKey) -> Iterator[BundleWriter]:
    """A bundle for who has this X25519 key (32 bytes); there whole when the block ends, else not at all.

    BadInput when something of that name is there, Unavailable when it can't be written.
    """
    if path.exists():
        raise BadInput(_("{file} is there already. Name another file; nothing was made.").format(file=path.name), "to")
    try:
        with written_beside(path) as file:
            writer = BundleWriter(file, header, receiver)
            yield writer
            writer.end(sender)
    except OSError as error:
        message = _("{file} can't be written: {reason}. Nothing is left of it; look at the stick, then make it again.")
        raise Unavailable(message.format(file=path.name, reason=error.strerror or str(error))) from error


class BundleReader:
    """A bundle as it lies there: whole, and from whom it says once `must_be_from` has held; `close` it."""

    def __init__(self, path: Path) -> None:
        self._name, self._secret = path.name, b""
        self._places: list[tuple[int, int]] = []
        self.heads: list[Head] = []
        with self._readable():
            self._file = path.open("rb")
        try:
            with self._readable():
                self._outside, self.digest, self._signature = self._scan()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> BundleReader:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    @property
    def header(self) -> Header:
        """What stands outside."""
        return self._outside.header

    def must_be_from(self, sender: bytes) -> None:
        """Damaged unless the owner of this Ed25519 key (32 bytes) signed it as it is."""
        try:
            verify(sender, _SIGNED, self.digest, self._signature)
        except Forged as forged:
            message = _(
                "{file} was changed on its way, or is not from whom it says. Nothing of it was taken: make it anew."
            )
            raise Damaged(message.format(file=self._name)) from forged

    def unseal(self, receiver: X25519PrivateKey) -> None:
        """Open it; Refused when it was sealed to another key."""
        context = msgspec.msgpack.encode(self.header)
        try:
            self._secret = sealing.open_sealed(receiver, self._outside.key, purpose=_KEY, context=context)
        except sealing.WontOpen as wont:
            message = _(
                "{file} is sealed to a key that is not here any more. Nothing was taken: make a file here, have it "
                "taken in at the other side, then make this one anew there."
            )
            raise Refused(message.format(file=self._name)) from wont
        try:
            self.heads = msgspec.msgpack.decode(self._part(len(self._places) - 1, 0), type=list[Head])
        except msgspec.MsgspecError as odd:
            raise self._newer() from odd
        if len(self.heads) != len(self._places) - 1:
            raise self._odd()

    def packed(self, place: int) -> bytes:
        """The message at this place of `heads`, as it goes on the line."""
        return self._part(place, place + 1)

    def message(self, place: int, kind: type[T]) -> T:
        """The same read; BadInput when it is another."""
        return unpack(self.packed(place), kind, MOST_PART)

    def first(self, path: str, kind: type[T]) -> T | None:
        """The first message of this path, or None."""
        return next((self.message(place, kind) for place, head in enumerate(self.heads) if head.path == path), None)

    def _part(self, index: int, place: int) -> bytes:
        offset, size = self._places[index]
        with self._readable():
            self._file.seek(offset)
            box = self._file.read(size)
        try:
            return sealing.unlock(self._secret, box, purpose=_PART, context=place.to_bytes(8, "big"))
        except sealing.WontOpen as wont:
            raise self._odd() from wont

    def _scan(self) -> tuple[_Outside, bytes, bytes]:
        """Walk once over the file: where its parts lie, and what the signature is over."""
        digest = hashlib.sha256()
        if self._file.read(len(_MAGIC)) != _MAGIC:
            raise BadInput(_("{file} is no file of this program for carrying changes.").format(file=self._name), "file")
        digest.update(_MAGIC)
        outside = self._outside_of(self._next(digest, _MOST_HEADER))
        while size := self._size(digest):
            if len(self._places) == _MOST_PARTS:
                raise self._odd()
            self._places.append((self._file.tell(), size))
            self._skip(digest, size)
        signature = self._file.read(_SIGNATURE + 1)
        if len(signature) < _SIGNATURE or not self._places:
            raise self._cut()
        if len(signature) > _SIGNATURE:
            raise self._odd()
        return outside, digest.digest(), signature

    def _outside_of(self, raw: bytes) -> _Outside:
        try:
            outside = msgspec.msgpack.decode(raw, type=_Outside)
        except msgspec.MsgspecError as odd:
            raise self._newer() from odd
        header = outside.header
        if header.format != FORMAT:
            raise self._newer()
        if {len(header.clinic), len(header.sender), len(header.receiver)} != {16}:
            raise self._odd()
        return outside

    def _size(self, digest: Any) -> int:
        raw = self._file.read(_LENGTH)
        if len(raw) < _LENGTH:
            raise self._cut()
        digest.update(raw)
        return int.from_bytes(raw, "big")

    def _next(self, digest: Any, most: int) -> bytes:
        size = self._size(digest)
        if size > most:
            raise self._odd()
        raw = self._file.read(size)
        if len(raw) < size:
            raise self._cut()
        digest.update(raw)
        return raw

    def _skip(self, digest: Any, size: int) -> None:
        if size > MOST_PART:
            raise self._odd()
        while size:
            raw = self._file.read(min(size, 1 << 20))
            if not raw:
                raise self._cut()
            digest.update(raw)
            size -= len(raw)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = _("{file} can't be read: {reason}. Look whether the stick is in, then try again.")
            raise Unavailable(message.format(file=self._name, reason=error.strerror or str(error))) from error

    def _cut(self) -> Damaged:
        return Damaged(_("{file} ends too soon: it was not copied whole. Nothing was taken; copy it again.").format(
            file=self._name
        ))  # fmt: skip

    def _odd(self) -> Damaged:
        return Damaged(
            _("{file} was changed on its way: it does not hold together. Nothing was taken; make it anew.").format(
                file=self._name
            )
        )

    def _newer(self) -> Damaged:
        return Damaged(
            _("{file} was made by another version of the program, or was changed. Update this computer first.").format(
                file=self._name
            )
        )


def file_name(sender: str, receiver: str, number: int) -> str:
    """What a bundle is called: from whom to whom by the names of computers, and its number; nothing of anybody."""
    return f"hms-{_letters(sender)}-to-{_letters(receiver)}-{number}{SUFFIX}"


def _letters(name: str) -> str:
    plain = "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")
    return plain.encode()[:_MOST_NAME].decode(errors="ignore")
