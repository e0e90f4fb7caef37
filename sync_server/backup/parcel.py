# SPDX-License-Identifier: Apache-2.0
"""A backup as one file: a zip with a manifest that the server signed, and the encrypted files that it names.

No key is in it. Whoever puts it back needs `service.keys`, or the sealed copy of it with two shares of the recovery
key, which are kept elsewhere: either alone opens nothing. The manifest can be read by anybody; it names the clinic and
counts rows, and holds nothing of a patient.
"""

from __future__ import annotations

import lzma
import os
import re
import shutil
import struct
import zipfile
import zlib
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.errors import Damaged, NotFound
from hms_desktop.security.signing import Forged, sign, verify

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
_PURPOSE = "backup manifest"
_NAME = re.compile(r"(server\.json|ca\.pem|server\.pem|store\.db|notebook\.db|trail/[0-9]{6,}\.sealed)")
_MOST_MANIFEST = 4 * 1024 * 1024
_CHUNK = 1024 * 1024
_ODD_ZIP = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, EOFError, RuntimeError, ValueError, struct.error,
)  # fmt: skip
"""What the library raises over changed bytes: RuntimeError where they say that a part is encrypted."""


class Part(msgspec.Struct, frozen=True):
    """One file of the server's folder: its name there, its size in bytes and its SHA-256 (hex)."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is of: whose, when (ms since 1970), at which place of the order, and how much of everything.

    `broken` names what was broken in the store already when the backup was made.
    """

    format: int
    clinic: UUID
    clinic_name: str
    server: UUID
    public: bytes
    author: int
    epoch: bytes
    position: int
    made_ms: int
    program: str
    revision: str
    chains: int
    rows: dict[str, int]
    broken: list[str]
    parts: list[Part]

    @property
    def size(self) -> int:
        """The size of everything in it (bytes)."""
        return sum(part.size for part in self.parts)


def part_of(folder: Path, name: str) -> Part:
    """A file as it lies in a folder."""
    hashed, size = sha256(), 0
    with (folder / name).open("rb") as file:
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
            size += len(chunk)
    return Part(name, size, hashed.hexdigest())


def pack(folder: Path, manifest: Manifest, key: Ed25519PrivateKey, target: Path) -> None:
    """Write the parts that the manifest names, from a folder; on the disk when this returns. OSError as it comes."""
    raw = msgspec.json.encode(manifest)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            archive.writestr(MANIFEST, raw)
            archive.writestr(SIGNATURE, sign(key, _PURPOSE, raw))
            for part in manifest.parts:
                archive.write(folder / part.name, part.name)
        file.flush()
        os.fsync(file.fileno())


def read_manifest(file: Path) -> tuple[Manifest, bool]:
    """What a backup says of itself, and whether its own signature holds; NotFound, or Damaged for what is no backup.

    Whose signature it is has to be asked beside (`Manifest.public`).
    """
    if not file.is_file():
        raise NotFound(f"There is no file {file}. Name a backup, such as hms-20260101-010000.backup.")
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo(MANIFEST).file_size > _MOST_MANIFEST or archive.getinfo(SIGNATURE).file_size > 64:
                raise Damaged(f"{file.name} is no backup: what it says of itself is too long.")
            raw, signature = archive.read(MANIFEST), archive.read(SIGNATURE)
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (OSError, *_ODD_ZIP, msgspec.MsgspecError) as odd:
        raise Damaged(f"{file.name} is no whole backup, or is damaged at its end. Use another one.") from odd
    if manifest.format != FORMAT:
        raise Damaged(f"{file.name} was made by another version of the program (format {manifest.format}).")
    try:
        verify(manifest.public, _PURPOSE, raw, signature)
    except Forged:
        return manifest, False
    return manifest, True


def unpack(file: Path, manifest: Manifest, folder: Path) -> None:
    """Take the parts out into an empty folder; Damaged names the first that is not as the manifest says."""
    (folder / "trail").mkdir(mode=0o700, exist_ok=True)
    with zipfile.ZipFile(file) as archive:
        for part in manifest.parts:
            if not _NAME.fullmatch(part.name):
                raise Damaged(f"{file.name} holds a file “{part.name[:40]}” that no backup has. Use another one.")
            if not _take(archive, part, folder / part.name):
                raise Damaged(f"{part.name} in {file.name} is damaged. Use another backup; nothing was changed.")
    with suppress(OSError):
        (folder / "trail").rmdir()  # there is none


def _take(archive: zipfile.ZipFile, part: Part, target: Path) -> bool:
    try:
        if archive.getinfo(part.name).file_size != part.size:
            return False
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with archive.open(part.name) as source, os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
    except _ODD_ZIP:
        return False
    return part_of(target.parent if "/" not in part.name else target.parents[1], part.name) == part
