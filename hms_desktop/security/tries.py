# SPDX-License-Identifier: Apache-2.0
"""Counting wrong sign-ins, on disk before a password is looked at: a restart forgives nothing."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import ngettext
from hms_desktop.security import sealing
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.profile import LOCK_FILE
from hms_desktop.storage.durable import exclusive, replace_file

FREE_TRIES = 5
WAITS_MINUTES = (1, 5, 15)
STRANGERS_KEPT = 100
TRIES_FILE = "tries.sealed"
MINUTE_MS = 60_000
_PURPOSE = "sign-in tries"


class MustWait(ClinicError):
    """Too many wrong tries; `minutes` until the next one is looked at."""

    code = "must-wait"

    def __init__(self, minutes: int) -> None:
        text = ngettext(
            "Too many wrong tries. Try again in {minutes} minute.",
            "Too many wrong tries. Try again in {minutes} minutes.",
            minutes,
        )
        super().__init__(text.format(minutes=minutes))
        self.minutes = minutes


class Count(msgspec.Struct, frozen=True):
    """Wrong tries under one name, and the wait that follows from them (ms since 1970; 0 for none)."""

    wrong: int = 0
    since_ms: int = 0
    until_ms: int = 0


class Tries(msgspec.Struct, frozen=True):
    """Counts by keyed hash of the sign-in name."""

    counts: dict[str, Count] = {}

    def gate(self, name: str, now_ms: int) -> None:
        """Raise MustWait while a wait lasts; a clock set back makes it last from now again."""
        count = self.counts.get(name, Count())
        left = count.until_ms - max(now_ms, count.since_ms)
        if now_ms < count.since_ms:
            left = count.until_ms - count.since_ms
        if left > 0:
            raise MustWait(-(-left // MINUTE_MS))

    def counted(self, name: str, now_ms: int, known: Iterable[str]) -> Tries:
        """One more try under this name, taken as wrong until it proves right."""
        wrong = self.counts.get(name, Count()).wrong + 1
        extra = min(wrong - FREE_TRIES, len(WAITS_MINUTES) - 1)
        wait = WAITS_MINUTES[extra] * MINUTE_MS if extra >= 0 else 0
        counts = {**self.counts, name: Count(wrong, now_ms, now_ms + wait)}
        return Tries(_bounded(counts, {name, *known}))

    def right(self, name: str) -> Tries:
        """The try proved right: nothing is held against the name."""
        return Tries({n: c for n, c in self.counts.items() if n != name})

    def left(self, name: str) -> int:
        """Tries before the next wait."""
        return max(FREE_TRIES - self.counts.get(name, Count()).wrong, 1)


def name_key(keys: DeviceKeys, login: str) -> str:
    """What stands for a sign-in name in the file."""
    secret = sealing.derive(keys.secret, "sign-in name", b"")
    return hmac.digest(secret, login.encode("utf-8", "surrogatepass"), "sha256").hex()


def read_tries(folder: Path, keys: DeviceKeys, device: UUID) -> Tries:
    """The counts of this workstation; none when nothing was counted yet or the file was damaged."""
    try:
        box = (folder / TRIES_FILE).read_bytes()
        plain = sealing.unlock(keys.secret, box, purpose=_PURPOSE, context=device.bytes)
        return msgspec.msgpack.decode(plain, type=Tries)
    except (FileNotFoundError, sealing.WontOpen, msgspec.MsgspecError):
        return Tries()


def write_tries(folder: Path, keys: DeviceKeys, device: UUID, tries: Tries) -> None:
    """Put the counts on the disk, whole."""
    plain = msgspec.msgpack.encode(tries)
    replace_file(folder / TRIES_FILE, sealing.lock(keys.secret, plain, purpose=_PURPOSE, context=device.bytes))


def begin_try(folder: Path, keys: DeviceKeys, device: UUID, name: str, now_ms: int, known: Iterable[str]) -> None:
    """Count one more try before anything is looked at; MustWait while a wait lasts. `known` are the names here."""
    with exclusive(folder / LOCK_FILE):
        tries = read_tries(folder, keys, device)
        tries.gate(name, now_ms)
        write_tries(folder, keys, device, tries.counted(name, now_ms, known))


def end_try(folder: Path, keys: DeviceKeys, device: UUID, name: str) -> None:
    """The try proved right; nothing is held against the name."""
    with exclusive(folder / LOCK_FILE):
        write_tries(folder, keys, device, read_tries(folder, keys, device).right(name))


def _bounded(counts: dict[str, Count], kept: set[str]) -> dict[str, Count]:
    """Names that nobody here has are kept up to a number, newest first; people's own are never dropped."""
    strangers = sorted((n for n in counts if n not in kept), key=lambda n: counts[n].since_ms)
    for name in strangers[: max(0, len(strangers) - STRANGERS_KEPT)]:
        del counts[name]
    return counts
