# SPDX-License-Identifier: Apache-2.0
"""What a workstation and the server say of its standing: asked with the device's key alone, answered when blocked.

With each question the workstation reports what it holds, so that what was on a lost computer is known before it is told
to wipe itself.
"""

from __future__ import annotations

import msgspec

PATH = "/v1/standing"
NONCE_BYTES = 16
MOST_TABLES = 500


class Holding(msgspec.Struct, array_like=True, frozen=True):
    """What a workstation's file holds: rows by table, its last own change set, how many of those the server lacks.

    `counted_ms` is when that was counted (ms since 1970; 0: never).
    """

    tables: list[tuple[str, int]] = []
    last: int = 0
    unsent: int = 0
    counted_ms: int = 0


class StandingAsked(msgspec.Struct, array_like=True, frozen=True):
    """The question. `epoch` counts the file keys, `exposed_ms` is since when somebody put out could open the file.

    `wiped` says that the keys and files are gone, on the order of the answer before.
    """

    nonce: bytes
    holding: Holding
    epoch: int = 0
    exposed_ms: int = 0
    old_file: bool = False
    wiped: bool = False


class StandingTold(msgspec.Struct, array_like=True, frozen=True):
    """The server's signed standing (`security.standing`)."""

    signed: bytes
