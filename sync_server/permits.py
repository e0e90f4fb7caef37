# SPDX-License-Identifier: Apache-2.0
"""When a workstation had no permit to work without the server, as the server itself gave them.

What was done there in such a time needed an emergency. A workstation that keeps to its permit does nothing else then,
so this meets only one that was tampered with. Each lapse ends at the change set that the workstation had reached when
it called again: what its clock says after that is judged no more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from hms_desktop.security.standing import DAY_MS, LONGEST_PERMIT
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.unit import set_meta

GRACE_MS = 10 * 60_000
"""A session that is open when its permit ends is locked within seconds; what it was just saving is taken."""
KEPT = 50
"""So many lapses of one workstation are remembered."""
_OPEN = 1 << 62


def give(connection: Connection, device: UUID, now_ms: int, until_ms: int) -> None:
    """The workstation is told now that it may work alone until then. It may not hear a shorter word than one before."""
    kept = _with_lapse(_kept(connection, device), now_ms)
    _keep(connection, device, {**kept, "until": max(kept["until"], until_ms)})


def give_by_code(connection: Connection, device: UUID, day: int) -> None:
    """A code of this day (days since 1970) is read over the telephone.

    How long it then works is as it last heard, at most the longest time; its clock may be a day behind.
    """
    kept = _with_lapse(_kept(connection, device), (day - 1) * DAY_MS)
    _keep(connection, device, {**kept, "until": max(kept["until"], (day + 1 + LONGEST_PERMIT) * DAY_MS)})


def is_news(connection: Connection, device: UUID, now_ms: int) -> bool:
    """Whether there is something to note when this workstation calls."""
    kept = _kept(connection, device)
    return 0 < kept["until"] < now_ms or any(upto == _OPEN for _start, _end, upto in kept["lapses"])


def called(connection: Connection, device: UUID, number: int, now_ms: int) -> None:
    """It greets, with so many change sets of its own: what follows them is of a new time."""
    kept = _with_lapse(_kept(connection, device), now_ms)
    lapses = [[start, end, number if upto == _OPEN else upto] for start, end, upto in kept["lapses"]]
    _keep(connection, device, {"until": max(kept["until"], now_ms), "lapses": lapses})


def lapses_of(connection: Connection, device: UUID) -> Callable[[int, int], bool]:
    """Says of a change set (its number, and ms since 1970 by the clock there) whether no permit ran at that time."""
    kept = _kept(connection, device)
    lapses = [*kept["lapses"], *([[kept["until"], _OPEN, _OPEN]] if kept["until"] else [])]

    def lapsed(number: int, wall_ms: int) -> bool:
        return any(number <= upto and start + GRACE_MS < wall_ms < end for start, end, upto in lapses)

    return lapsed


def _with_lapse(kept: dict[str, Any], now_ms: int) -> dict[str, Any]:
    if not 0 < kept["until"] < now_ms:
        return kept
    return {**kept, "lapses": [*kept["lapses"], [kept["until"], now_ms, _OPEN]][-KEPT:]}


def _kept(connection: Connection, device: UUID) -> dict[str, Any]:
    found: dict[str, Any] = meta_value(connection, _note(connection, device), {"until": 0, "lapses": []})
    return found


def _keep(connection: Connection, device: UUID, kept: dict[str, Any]) -> None:
    set_meta(connection, _note(connection, device), kept)


def _note(connection: Connection, device: UUID) -> str:
    """By the server's epoch: one that was put back from a copy knows nothing of the permits given since."""
    return f"permits {device.hex} {bytes(meta_value(connection, 'epoch', b'')).hex()}"
