# SPDX-License-Identifier: Apache-2.0
"""The server is lost and put back from a backup, which begins a new epoch; workstations give back what it lost."""

from __future__ import annotations

import random

from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind


@kind("server backup", 1)
def server_backup(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A backup is made; a later step of this kind puts it back, unless it is too old by then."""
    if clinic.server.copied is None:
        clinic.server.put_copy_aside()
        return "is made"
    clinic.hear()
    clinic.server.put_back()
    return f"is put back, the server is author {clinic.server.author} now"
