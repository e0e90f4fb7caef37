# SPDX-License-Identifier: Apache-2.0
"""Making a backup while the server serves: copied from one moment, signed, and put back once before it counts."""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sqlalchemy import Connection, func, select

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, Refused, Unavailable
from hms_desktop.core.version import program_version
from hms_desktop.storage import ledger
from hms_desktop.storage.copying import copy_encrypted
from hms_desktop.storage.durable import exclusive
from hms_desktop.storage.schema import REVISION
from hms_desktop.sync.pull import position
from hms_desktop.sync.segments import FOLDER as TRAIL
from hms_desktop.sync.verify import verify
from sync_server.backup.parcel import FORMAT, Manifest, pack, part_of, read_manifest, unpack
from sync_server.backup.trying import epoch_of, notebook_key, opened, rows_of, try_unpacked
from sync_server.home import CERTIFICATE_FILE, FACTS_FILE, STORE_FILE, Home
from sync_server.notebook import NOTEBOOK_FILE

END = ".backup"
_HALF = ".hms-backup-half"
_LOCK = ".hms-backup.lock"
ROOM_TO_SPARE = 64 * 1024 * 1024
IN_POSTGRESQL = (
    "The records of this server lie in PostgreSQL: copy them by its own means (pg_basebackup, pg_dump), and the folder "
    "without service.keys. After putting them back, hms-server new-epoch."
)


@dataclass(frozen=True)
class Made:
    """A backup that was tried: where it lies, what it is of, how many change sets are in whole chains, how long."""

    file: Path
    manifest: Manifest
    whole: int
    seconds: float


def make_backup(home: Home, folder: Path) -> Made:
    """Make a backup in a folder; nothing half made stays there, whatever happens.

    BadInput for a folder that is none, Unavailable when there is no room or nothing can be written, Damaged when what
    was written does not come back as it was.
    """
    begun = time.monotonic()
    if home.keys.database:
        raise Refused(IN_POSTGRESQL)
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder. Make it, or name another one with --to.")
    try:
        with exclusive(folder / _LOCK), _half(folder) as half:
            _must_have_room(home, folder)
            manifest = _lay_out(home, half)
            parcel = half / "parcel"
            pack(half, manifest, home.signing, parcel)
            back = half / "back"
            back.mkdir(mode=0o700)
            unpack(parcel, read_manifest(parcel)[0], back)
            whole = try_unpacked(back, manifest, home.keys)
            target = _free_name(folder, manifest.made_ms)
            os.replace(parcel, target)
            _settle(folder)
    except OSError as error:
        _say_why(folder, error)
    return Made(target, manifest, whole, time.monotonic() - begun)


def file_name(made_ms: int) -> str:
    """The name of a backup, by when it was made (ms since 1970), in UTC."""
    return f"hms-{instant(made_ms):%Y%m%d-%H%M%S}{END}"


def _free_name(folder: Path, made_ms: int) -> Path:
    while (target := folder / file_name(made_ms)).exists():
        made_ms += 1000
    return target


@contextmanager
def _half(folder: Path) -> Iterator[Path]:
    """A place for what is not finished: what a killed backup left there goes first."""
    half = folder / _HALF
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    try:
        yield half
    finally:
        shutil.rmtree(half, ignore_errors=True)


def room_needed(home: Home) -> int:
    """The room that making a backup takes for a while (bytes): the copy, the file, and what is put back to try it."""
    names = [home.folder / STORE_FILE, home.folder / NOTEBOOK_FILE, *(home.folder / TRAIL).glob("*.sealed")]
    return 3 * sum(file.stat().st_size for file in names if file.exists()) + ROOM_TO_SPARE


def _must_have_room(home: Home, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, room_needed(home)
    if free < needed:
        raise Unavailable(
            f"{folder} has {free // 1_000_000} MB free; a backup takes {needed // 1_000_000} MB for a while. "
            "Free some room or name another folder. No backup was made, and none was taken away."
        )


def _lay_out(home: Home, half: Path) -> Manifest:
    """The server's files in a folder, the store and the notebook as of one moment each, and what they hold."""
    made_ms = home.store.clock.now_ms()
    copy_encrypted(home.folder / STORE_FILE, home.keys.store, half / STORE_FILE)
    names = [FACTS_FILE, "ca.pem", CERTIFICATE_FILE, STORE_FILE]
    for name in (FACTS_FILE, "ca.pem", CERTIFICATE_FILE):
        shutil.copyfile(home.folder / name, half / name)
    if (home.folder / NOTEBOOK_FILE).exists():
        key = notebook_key(home.keys, home.facts.id.bytes)
        copy_encrypted(home.folder / NOTEBOOK_FILE, key, half / NOTEBOOK_FILE)
        names.append(NOTEBOOK_FILE)
    (half / TRAIL).mkdir(mode=0o700)
    for segment in sorted((home.folder / TRAIL).glob("*.sealed")):  # each is on the disk before the store names it
        shutil.copyfile(segment, half / TRAIL / segment.name)
        names.append(f"{TRAIL}/{segment.name}")
    with opened(half / STORE_FILE, home.keys.store) as connection:
        return _described(home, connection, half, names, made_ms)


def _described(home: Home, connection: Connection, half: Path, names: list[str], made_ms: int) -> Manifest:
    facts = home.server_facts
    trail = (half, home.facts.author)
    broken = verify(connection, facts.signing_public, facts.clinic, quick=True, trail=trail).broken
    return Manifest(
        format=FORMAT,
        clinic=home.facts.clinic,
        clinic_name=home.facts.clinic_name,
        server=home.facts.id,
        public=facts.signing_public,
        author=home.facts.author,
        epoch=epoch_of(connection),
        position=position(connection),
        made_ms=made_ms,
        program=program_version(),
        revision=REVISION,
        chains=int(connection.execute(select(func.count()).select_from(ledger.author_state)).scalar_one()),
        rows=rows_of(connection),
        broken=sorted(str(link) for link in broken),
        parts=[part_of(half, name) for name in names],
    )


def _settle(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _say_why(folder: Path, error: OSError) -> NoReturn:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        why = f"The disk of {folder} is full. Free some room or name another folder."
    else:
        why = f"{folder} can't be written ({error.strerror or error}). Look at the disk, or name another folder."
    raise Unavailable(f"{why} No backup was made, and none was taken away.") from error
