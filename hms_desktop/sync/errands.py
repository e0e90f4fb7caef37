# SPDX-License-Identifier: Apache-2.0
"""What a workstation does with the server beside the exchange of change sets, each time that it is reached.

People's own changes of password and second factor go out so: each carries its person's signature, so that any session
at the workstation, or its courier, can deliver it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.own_changes import pending_changes, settle_changes
from hms_desktop.sync.client import Transport
from hms_desktop.sync.person_keys import MOST_CHANGES, PATH, TAKEN, PersonKeys, PersonKeysTaken

Errand = Callable[[Transport], object]


def send_person_keys(transport: Transport, folder: Path, keys: DeviceKeys, device: UUID) -> int:
    """Deliver what is pending here and settle it by the answer; returns how many changes the server answered."""
    waiting = pending_changes(folder, keys, device)[:MOST_CHANGES]
    if not waiting:
        return 0
    answer = transport.send(PATH, PersonKeys(waiting), PersonKeysTaken)
    settled = {sent: verdict.state == TAKEN for sent, verdict in zip(waiting, answer.verdicts, strict=True)}
    settle_changes(folder, keys, device, settled)
    return len(settled)
