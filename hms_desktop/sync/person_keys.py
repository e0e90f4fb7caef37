# SPDX-License-Identifier: Apache-2.0
"""What a workstation and a server say about people's own changes of password and second factor (`/v1/person-keys`)."""

from __future__ import annotations

import msgspec

from hms_desktop.security.own_keys import SignedChange

PATH = "/v1/person-keys"
TAKEN, OVERTAKEN, REFUSED = "taken", "overtaken", "refused"
MOST_CHANGES = 100


class PersonKeys(msgspec.Struct, array_like=True, frozen=True):
    """Changes in the order in which they were made at this workstation."""

    changes: list[SignedChange]


class KeyVerdict(msgspec.Struct, array_like=True, frozen=True):
    """What became of one change: taken (also when it was taken before), overtaken by another, or refused; and why."""

    state: str
    reason: str = ""


class PersonKeysTaken(msgspec.Struct, array_like=True, frozen=True):
    """One verdict for each change."""

    verdicts: list[KeyVerdict]
