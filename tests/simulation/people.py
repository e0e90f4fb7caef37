# SPDX-License-Identifier: Apache-2.0
"""What people do: their work, which settles what stands in conflict too, and what is not theirs to do."""

from __future__ import annotations

import random

from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind
from tests.simulation.server import OUTSIDER, somebody


@kind("work", 46)
def work(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """One thing of those that are done at such a workstation."""
    return clinic.tried(desk, chance, desk.acting)


@kind("not theirs to do", 2)
def overstep(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """At a tampered workstation somebody does what the server will not have from them."""
    clinic.honest = False
    return "somebody who may not: " + clinic.tried(desk, chance, somebody("mallory", OUTSIDER, oversteps=True))
