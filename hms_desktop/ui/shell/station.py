# SPDX-License-Identifier: Apache-2.0
"""What sign-in and lock may say about this computer without any key: clinic, station, last sync, limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hms_desktop.core.text import _, ngettext

SOON, ENDED = "soon", "ended"


@dataclass(frozen=True)
class StationFacts:
    """Clinic and station names and the state of sync; times are milliseconds since 1970, 0 if unknown.

    `reachable` is None while nobody has asked the server. `shielded` is False where no keyring holds the device secret.
    `permit` is SOON within three days of `offline_until_ms`, ENDED after it. `exposed`: somebody who was put out could
    still open the file; `behind`: the clock was set back. `number` names the workstation on the telephone. `touch`:
    somebody may switch to their session by touching their security key. `sent` counts changes that went out since
    nobody is signed in.
    """

    clinic: str
    station: str
    version: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    last_sync_ms: int = 0
    waiting: int = 0
    offline_until_ms: int = 0
    reachable: bool | None = None
    shielded: bool = True
    training: bool = False
    permit: str = ""
    blocked: bool = False
    exposed: bool = False
    behind: bool = False
    number: str = ""
    touch: bool = False
    sent: int = 0


@dataclass(frozen=True)
class CourierFacts:
    """What went on with the server while nobody is signed in: changes sent, those that wait, last contact (ms)."""

    reachable: bool
    sent: int = 0
    waiting: int = 0
    last_ms: int = 0
    wiped: bool = False


@dataclass(frozen=True)
class WipedFacts:
    """A workstation that was wiped: where it was, and when (aware)."""

    clinic: str
    station: str
    at: datetime


@dataclass(frozen=True)
class WhoIsLocked:
    """Whose session was locked, when and why, and what is kept for them."""

    name: str
    login: str
    at_ms: int
    idle_minutes: int = 0
    unfinished: tuple[tuple[str, int], ...] = ()
    waiting: int = 0
    last_sync_ms: int = 0
    needs_code: bool = False
    broke: bool = False


def sent_words(sent: int, waiting: int, when: str) -> str:
    """What the courier has done, in one line."""
    done = ngettext("{count} change sent", "{count} changes sent", sent).format(count=sent)
    left = ngettext("{count} waiting", "{count} waiting", waiting).format(count=waiting)
    return _("{sent}, {waiting}, last contact {when}").format(sent=done, waiting=left, when=when)


def tries_words(left: int) -> str:
    """What stands under the password field of the lock."""
    return ngettext(
        "Wrong 5 times signs you out. {count} try left.", "Wrong 5 times signs you out. {count} tries left.", left
    ).format(count=left)


def left_words(left: int) -> str:
    """How many tries a name has before it must wait."""
    return ngettext("{count} try left before a wait.", "{count} tries left before a wait.", left).format(count=left)
