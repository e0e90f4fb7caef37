# SPDX-License-Identifier: Apache-2.0
"""Putting a backup back into a new folder: a new epoch, a new author for the server's own work, nothing overwritten.

The old server must be off for good then. Workstations find the new one at the same address under the same authority,
notice the epoch at their next greeting, and give back what came after the backup.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import uuid5

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from hms_desktop.core.clock import MAX_AUTHOR, Clock
from hms_desktop.core.errors import BadInput, Damaged, Refused, Unavailable
from hms_desktop.core.ids import author_code
from hms_desktop.security.accounts import Device
from hms_desktop.security.administration import AdminEvent
from hms_desktop.storage import ledger
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from sync_server import epochs, notebook
from sync_server.administration import COMMAND
from sync_server.backup.parcel import Manifest, read_manifest, unpack
from sync_server.backup.trying import try_unpacked
from sync_server.home import FACTS_FILE, KEY_FILE, KEYS_FILE, Facts, Home, ServiceKeys, open_home

AUTHORS_LEFT_OUT = 64
"""So many author numbers are left out: as many workstations may have been enrolled since the backup was made."""
AUTHORS_DRAWN_FROM = 1024
"""Out of so many the new one is drawn, fewer where few are left: the same backup put back once more writes as another,
as nothing in it says which number it was given the first time."""
RESTORED = "server.restored"


@dataclass(frozen=True)
class Restored:
    """What was put back: the manifest, how many change sets are in whole chains, the server's new author, seconds."""

    manifest: Manifest
    whole: int
    author: int
    seconds: float


def check_backup(file: Path, keys: ServiceKeys) -> Manifest:
    """What a backup says of itself, once it is sure that these keys are of the server that signed it.

    BadInput for keys of another server, Damaged for a manifest that was changed.
    """
    manifest, holds = read_manifest(file)
    public = Ed25519PrivateKey.from_private_bytes(keys.signing).public_key().public_bytes_raw()
    if manifest.public != public:
        raise BadInput(
            f"{file.name} does not open with these keys: they are another server's. Nothing was changed.",
            "keys",
        )
    if not holds:
        raise Damaged(f"What {file.name} says of itself was changed after it was signed. Use another backup.")
    return manifest


def restore(file: Path, keys: ServiceKeys, folder: Path, clock: Clock | None = None) -> Restored:
    """Put a backup back into `folder`, which must not be there; half of it is never left there."""
    begun = time.monotonic()
    if folder.exists():
        raise BadInput(f"{folder} is there already. Name a new folder: a restore never writes over one.")
    manifest = check_backup(file, keys)
    half = folder.with_name(f".{folder.name}.half")
    try:
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700, parents=True)
        unpack(file, manifest, half)
        whole = try_unpacked(half, manifest, keys)
        author = _begin_anew(half, manifest, keys, clock)
        os.rename(half, folder)
    except OSError as error:
        raise Unavailable(
            f"{folder} can't be written ({error.strerror or error}). Free some room or name another folder; "
            "nothing was left there."
        ) from error
    finally:
        shutil.rmtree(half, ignore_errors=True)
    return Restored(manifest, whole, author, time.monotonic() - begun)


def _begin_anew(folder: Path, manifest: Manifest, keys: ServiceKeys, clock: Clock | None) -> int:
    """Write the keys beside the store, and begin the epoch as a new author."""
    replace_file(folder / KEYS_FILE, msgspec.msgpack.encode(keys))
    replace_file(folder / KEY_FILE, keys.server_key)
    try:
        facts = msgspec.json.decode((folder / FACTS_FILE).read_bytes(), type=Facts)
    except msgspec.MsgspecError as odd:
        raise Damaged(f"{FACTS_FILE} in the backup can't be read. Use another one.") from odd
    with open_home(folder, clock) as home:
        author = next_author(home)
    after = msgspec.structs.replace(facts, author=author)
    replace_file(folder / FACTS_FILE, msgspec.json.format(msgspec.json.encode(after)))
    with open_home(folder, clock) as home:
        begin(home, (facts.author, author), manifest.made_ms)
        _close_what_was_open(home)
    return author


def next_author(home: Home) -> int:
    """An author number that nobody has or may have been given since the backup; Refused when there is none."""
    first = home.store.read(_highest, home.worker) + AUTHORS_LEFT_OUT
    if first > MAX_AUTHOR:
        raise Refused("No author number is left for the restored server. Ask support before anything is done.")
    return first + secrets.randbelow(max(1, min(AUTHORS_DRAWN_FROM, (MAX_AUTHOR - first) // 4)))


def _highest(reader: Reader) -> int:
    devices = reader.scalar(select(func.max(Device.author))) or 0
    return max(int(devices), int(reader.scalar(select(func.max(ledger.author_state.c.author))) or 0))


def begin(home: Home, authors: tuple[int, int], backup_ms: int) -> None:
    """The epoch, and in its first change set the new author's record and the word of what happened."""
    now_ms = home.store.clock.now_ms()
    with home.store.writing() as connection:
        epoch = epochs.begin_epoch(connection, authors, now_ms, backup_ms)
    home.store.act(partial(_introduce, home, epoch, authors[1]), home.worker)


def _introduce(home: Home, epoch: bytes, author: int, unit: Unit) -> None:
    unit.action = RESTORED
    before = unit.get(Device, home.facts.id)
    unit.add(
        Device,
        id=uuid5(home.facts.id, epoch.hex()),
        author=author,
        name=f"Sync server ({author_code(author)})",
        site=before.site,
        kind="server",
        signing_public=before.signing_public,
        status="approved",
        reduced_protection=False,
    )
    unit.add(AdminEvent, kind=RESTORED, by=home.facts.id, subject=None, detail=author_code(author), origin=COMMAND)


def _close_what_was_open(home: Home) -> None:
    """Sessions and invitations of the lost time are over; everybody signs in to the console again."""
    book = notebook.open_notebook(home)
    try:
        with book.writing() as connection:
            for table in (notebook.session, notebook.invitation):
                connection.execute(table.delete())
        book.put("backups", {})
    finally:
        book.close()


def put_back_by_hand(folder: Path) -> int:
    """Begin a new epoch in a folder that somebody put back without `restore`; returns the server's new author."""
    with open_home(folder) as home:
        author, facts = next_author(home), home.facts
        made_ms = home.store.clock.now_ms()
    after = msgspec.structs.replace(facts, author=author)
    replace_file(folder / FACTS_FILE, msgspec.json.format(msgspec.json.encode(after)))
    with open_home(folder) as home:
        begin(home, (facts.author, author), made_ms)
        _close_what_was_open(home)
    return author
