# SPDX-License-Identifier: Apache-2.0
"""When the server makes its backups and where, how they stand, and what asks for somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from hms_desktop.core.clock import OFF_MS, instant, milliseconds, stamp_ms
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Device, setting
from hms_desktop.storage.reader import Reader
from sync_server import epochs
from sync_server.administration import By, note_act
from sync_server.backup.keeping import Keep, clear_out
from sync_server.backup.making import Made, make_backup
from sync_server.backups import last_backup
from sync_server.home import Home
from sync_server.notebook import Notebook

LOOK_EVERY_SECONDS = 10.0
TRY_AGAIN_MS = 10 * 60_000
FOLDER, HOUR, DAYS, WEEKS, MONTHS = "backup_folder", "backup_hour", "backup_days", "backup_weeks", "backup_months"
BESIDE = "backups"
"""The folder that is used while nobody chose one: inside the server's own, so on the same disk."""
DEFAULT_HOUR = 1
TOO_OLD = timedelta(hours=26)
MADE = "backup.made"
_NOTE, _WANTED = "backups", "backup wanted"


@dataclass(frozen=True)
class Standing:
    """How the backups stand. `last` is the newest that was tried, None before there is one; `problem` is why the last
    attempt made none, empty when it did; `overdue` that the newest is older than it may be."""

    folder: Path
    same_disk: bool
    hour: int
    keep: Keep
    last: datetime | None
    file: str
    size: int
    seconds: float
    problem: str
    broken: tuple[str, ...]
    overdue: bool

    @property
    def well(self) -> bool:
        """Whether nobody has to look."""
        return not (self.problem or self.overdue or self.broken)


def an_hour(typed: str) -> int:
    """An hour of the day, 0 to 23; BadInput for anything else."""
    if not typed.isascii() or not typed.isdigit() or int(typed) > 23:
        raise BadInput(f"“{typed}” is no hour of the day: write a number from 0 to 23.", "value")
    return int(typed)


def a_folder(typed: str) -> str:
    """A folder of this computer by its whole path, or the one beside the store; BadInput for anything else."""
    if typed == BESIDE:
        return typed
    path = Path(typed)
    if not path.is_absolute() or not path.is_dir():
        raise BadInput(f"“{typed}” is no folder of this computer. Make it first, and write its whole path.", "value")
    return str(path)


def folder_of(home: Home, create: bool = False) -> Path:
    """Where the backups go."""
    chosen = home.store.read(lambda reader: setting(reader, FOLDER, BESIDE), home.worker)
    folder = home.folder / BESIDE if chosen == BESIDE else Path(chosen)
    if create and chosen == BESIDE:
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def make_and_keep(home: Home, book: Notebook, by: By, folder: Path | None = None) -> Made:
    """Make a backup where they go (or in another folder), note it, then take away what need not be kept."""
    target = folder or folder_of(home, create=True)
    try:
        made = make_backup(home, target)
    except ClinicError as problem:
        kept = book.get(_NOTE, {})
        book.put(_NOTE, {**kept, "problem": str(problem), "tried_ms": home.store.clock.now_ms()})
        raise
    manifest = made.manifest
    note = {
        "made_ms": manifest.made_ms, "file": str(made.file), "size": made.file.stat().st_size,
        "seconds": round(made.seconds, 1), "broken": manifest.broken, "problem": "", "tried_ms": manifest.made_ms,
    }  # fmt: skip
    book.put(_NOTE, note)
    note_act(home, by, MADE, None, f"{made.file.name} {note['size']}")
    clear_out(target, home, home.store.read(_keep, home.worker))
    return made


def run_if_due(home: Home, book: Notebook) -> bool:
    """Make the day's backup when its hour has come and there is none since, or one that an administrator asked for.

    True when it was made now. After one that failed the next try is ten minutes later.
    """
    wanted = book.get(_WANTED)
    if wanted is not None:
        book.put(_WANTED, None)
        make_and_keep(home, book, By(UUID(hex=wanted["person"]), wanted["name"], wanted["origin"]))
        return True
    if home.keys.database:  # it is copied by its own means
        return False
    kept, now_ms = book.get(_NOTE, {}), home.store.clock.now_ms()
    if kept.get("problem") and 0 <= now_ms - kept.get("tried_ms", 0) < TRY_AGAIN_MS:
        return False
    if max(_believed(kept.get("made_ms", 0), now_ms), _begun_ms(home, now_ms)) >= _slot(home, now_ms):
        return False
    make_and_keep(home, book, By(home.facts.id, "Sync server", "server"))
    return True


def want(book: Notebook, by: By) -> None:
    """Ask for a backup at the next look."""
    book.put(_WANTED, {"person": by.person.hex, "name": by.name, "origin": by.origin})


def is_wanted(book: Notebook) -> bool:
    """Whether one was asked for and is not being made yet."""
    return book.get(_WANTED) is not None


def standing(home: Home, book: Notebook) -> Standing:
    """How the backups stand now."""
    kept, now_ms, folder = book.get(_NOTE, {}), home.store.clock.now_ms(), folder_of(home)
    made_ms = kept.get("made_ms", 0)
    noted = last_backup(home) if home.keys.database else None
    since = max(_believed(made_ms, now_ms), _begun_ms(home, now_ms), milliseconds(noted) if noted else 0)
    return Standing(
        folder,
        _same_disk(folder, home.folder),
        home.store.read(_hour, home.worker),
        home.store.read(_keep, home.worker),
        instant(made_ms) if made_ms else None,
        kept.get("file", ""),
        kept.get("size", 0),
        kept.get("seconds", 0.0),
        kept.get("problem", ""),
        tuple(kept.get("broken", ())),
        now_ms - since > TOO_OLD.total_seconds() * 1000,
    )


def problems(found: Standing) -> list[str]:
    """What asks for somebody, as sentences."""
    said = []
    if found.problem:
        said.append(_("The last backup failed: {why}").format(why=found.problem))
    if found.overdue:
        said.append(_("There is no backup of the last day. Look at the folder for backups and at the server's log."))
    if found.broken:
        message = _("The newest backup holds a broken chain: {chain}. Keep the older ones.")
        said.append(message.format(chain=found.broken[0]))
    return said


def _same_disk(folder: Path, other: Path) -> bool:
    try:
        return folder.stat().st_dev == other.stat().st_dev
    except OSError:
        return folder.is_relative_to(other)


def _slot(home: Home, now_ms: int) -> int:
    """When the newest backup should have been made (ms since 1970): the last time that the clock struck the hour."""
    zone = ZoneInfo(home.facts.zone)
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    slot = now.replace(hour=home.store.read(_hour, home.worker), minute=0, second=0, microsecond=0)
    if slot > now:
        slot -= timedelta(days=1)
    return int(slot.timestamp() * 1000)


def _believed(at_ms: int, now_ms: int) -> int:
    """A moment, or 0 where it lies ahead: a clock that ran ahead and was put right keeps no backup from being made."""
    return at_ms if at_ms <= now_ms + OFF_MS else 0


def _begun_ms(home: Home, now_ms: int) -> int:
    """Since when there is something to keep: the server was made, or put back."""
    with home.store.reading() as connection:
        how = epochs.begun(connection)
        made = connection.execute(select(Device.k).where(Device.id == home.facts.id)).scalar()
    begun = (how.at_ms if how else 0, stamp_ms(made) if made is not None else 0)
    return max(_believed(at_ms, now_ms) for at_ms in begun)


def _hour(reader: Reader) -> int:
    return int(setting(reader, HOUR, DEFAULT_HOUR))


def _keep(reader: Reader) -> Keep:
    usual = Keep()
    return Keep(
        setting(reader, DAYS, usual.days), setting(reader, WEEKS, usual.weeks), setting(reader, MONTHS, usual.months)
    )
