# SPDX-License-Identifier: Apache-2.0
"""The high water of a workstation: what never goes back, whatever old file somebody puts back.

It lies with the device secret in the keyring, not in the folder: the generation of the encrypted file, how far the
server has this workstation's work, the latest permit and standing, the latest time seen, and codes that are used up.
A keyring entry is small on some systems, so it holds nothing that grows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import msgspec

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import Damaged, Refused
from hms_desktop.core.text import _
from hms_desktop.security.device_keys import SecretPlace
from hms_desktop.storage.durable import exclusive

WATER_LOCK = "water.lock"
BEHIND_MS = 2 * 60_000
"""So far a clock may lie before the latest time seen: computers are set right by seconds, and nobody notices."""
STEPS_KEPT_MS = 24 * 3_600_000
_STEP_MS = 30_000
_MAGIC = b"HMH\x01"


class ClockBehind(Refused):
    """The computer's clock is earlier than it was; what depends on time is not done."""

    code = "clock-behind"


class HighWater(msgspec.Struct, frozen=True, kw_only=True):
    """Each mark as high as it ever was. Times in ms since 1970, `generation` and `receipt` count from 1; 0 is none.

    `generation` counts how often the file was opened and closed; `receipt` is the last own change set that the server
    acknowledged. `permit_ms` is the end of working without the server (the server may bring it forward, nobody else),
    `standing_ms` when the newest standing was issued, `clock_ms` the latest time seen, `code_day` (days since 1970) the
    day of the last renewal by telephone.
    """

    generation: int = 0
    receipt: int = 0
    permit_ms: int = 0
    standing_ms: int = 0
    clock_ms: int = 0
    code_day: int = 0
    used_steps: dict[UUID, int] = {}

    def behind_ms(self, now_ms: int) -> int:
        """How far the clock lies before the latest time seen; 0 when it doesn't, or by less than anybody notices."""
        behind = self.clock_ms - now_ms
        return behind if behind > BEHIND_MS else 0

    def latest(self, now_ms: int) -> int:
        """The time that permits are held against: a clock that is set back gives none of it back."""
        return max(now_ms, self.clock_ms)

    def clock_must_run_on(self, now_ms: int) -> None:
        """Raise ClockBehind when the clock was set back: a code by time would be good a second time."""
        if self.behind_ms(now_ms):
            seen = f"{instant(self.clock_ms):%Y-%m-%d %H:%M}"
            said = f"{instant(now_ms):%Y-%m-%d %H:%M}"
            raise ClockBehind(
                _(
                    "This computer's clock says {said} (UTC), and it was {seen} here before. Set the clock right, "
                    "then sign in again; without that a code can't be checked. A recovery code works meanwhile."
                ).format(said=said, seen=seen)
            )

    def step_used(self, person: UUID) -> int:
        """The last authenticator step that this person used, -1 for none."""
        return self.used_steps.get(person, -1)


def read_water(place: SecretPlace, device: UUID) -> HighWater:
    """The marks of this workstation; none before its first. Damaged when the keyring's entry can't be read."""
    kept = place.get(_name(device))
    if kept is None:
        return HighWater()
    try:
        if kept[:4] != _MAGIC:
            raise ValueError
        return msgspec.msgpack.decode(kept[4:], type=HighWater)
    except (ValueError, msgspec.MsgspecError) as odd:
        raise Damaged(
            _("What this computer remembers of its workstation can't be read. Enrol the workstation again.")
        ) from odd


def raise_water(
    place: SecretPlace, folder: Path, device: UUID, *, used: Mapping[UUID, int] | None = None, **marks: int
) -> HighWater:
    """Move marks up; none ever goes down. `used` are authenticator steps by person. Returns how they stand."""
    with exclusive(folder / WATER_LOCK):
        before = read_water(place, device)
        higher = {name: max(getattr(before, name), mark) for name, mark in marks.items()}
        after = msgspec.structs.replace(before, **higher)
        if used:
            after = msgspec.structs.replace(after, used_steps=_steps(after, used))
        return _kept(place, device, before, after)


def set_clock_mark(
    place: SecretPlace, folder: Path, device: UUID, now_ms: int, *, permit_ms: int | None = None
) -> HighWater:
    """Take the server's own time as the latest seen, down too: a clock that once ran far ahead holds nobody up.

    Steps that were used while it did count as used by now, so that codes are good again within two steps. With
    `permit_ms` the permit ends when the server says so now, also where it said later before.
    """
    with exclusive(folder / WATER_LOCK):
        before, most = read_water(place, device), now_ms // _STEP_MS + 1
        steps = {person: min(step, most) for person, step in before.used_steps.items()}
        permit = before.permit_ms if permit_ms is None else permit_ms
        after = msgspec.structs.replace(before, clock_ms=now_ms, used_steps=steps, permit_ms=permit)
        return _kept(place, device, before, after)


def forget_water(place: SecretPlace, device: UUID) -> None:
    """The workstation is no more."""
    place.forget(_name(device))


def _kept(place: SecretPlace, device: UUID, before: HighWater, after: HighWater) -> HighWater:
    if after != before:
        place.put(_name(device), _MAGIC + msgspec.msgpack.encode(after))
    return after


def _steps(water: HighWater, used: Mapping[UUID, int]) -> dict[UUID, int]:
    """Steps of the last day: an older one can't fit again, as the clock is never taken to go back."""
    merged = {person: max(step, water.used_steps.get(person, -1)) for person, step in used.items()}
    floor = (max(merged.values()) * _STEP_MS - STEPS_KEPT_MS) // _STEP_MS
    return {person: step for person, step in {**water.used_steps, **merged}.items() if step >= floor}


def _name(device: UUID) -> str:
    return f"{device.hex}.water"
