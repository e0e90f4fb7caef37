# SPDX-License-Identifier: Apache-2.0
"""Which backups are kept: the newest of each of so many days, weeks and months; nothing but this server's own goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hms_desktop.core.errors import ClinicError
from sync_server.backup.making import END
from sync_server.backup.parcel import Manifest, read_manifest
from sync_server.home import Home


@dataclass(frozen=True)
class Keep:
    """For how many days, weeks and months one is kept each."""

    days: int = 7
    weeks: int = 4
    months: int = 12


@dataclass(frozen=True)
class Kept:
    """A backup that lies in a folder."""

    file: Path
    manifest: Manifest

    @property
    def at(self) -> datetime:
        """When it was made."""
        return datetime.fromtimestamp(self.manifest.made_ms / 1000, UTC)


def backups_in(folder: Path, home: Home) -> list[Kept]:
    """This server's own backups in a folder, newest first; whatever else lies there is passed over."""
    found = []
    for file in folder.glob(f"hms-*{END}"):
        with suppress(ClinicError):
            manifest, holds = read_manifest(file)
            if holds and manifest.public == home.server_facts.signing_public:
                found.append(Kept(file, manifest))
    return sorted(found, key=lambda one: one.manifest.made_ms, reverse=True)


def wanted(moments: Iterable[datetime], keep: Keep) -> set[datetime]:
    """Which of these moments are kept; the newest always is. Pure."""
    newest_first = sorted(moments, reverse=True)
    kept = set(newest_first[:1])
    spans: tuple[tuple[int, Callable[[datetime], object]], ...] = (
        (keep.days, lambda at: at.date()),
        (keep.weeks, lambda at: at.isocalendar()[:2]),
        (keep.months, lambda at: (at.year, at.month)),
    )
    for most, span in spans:
        met: dict[object, datetime] = {}
        for at in newest_first:
            met.setdefault(span(at), at)
        kept |= set(list(met.values())[:most])
    return kept


def clear_out(folder: Path, home: Home, keep: Keep) -> list[Path]:
    """Take away what need not be kept, after a new one was made and tried; returns what went."""
    found = backups_in(folder, home)
    stay = wanted((one.at for one in found), keep)
    gone = [one.file for one in found if one.at not in stay]
    for file in gone:
        file.unlink(missing_ok=True)
    return gone
