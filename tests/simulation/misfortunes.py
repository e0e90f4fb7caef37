# SPDX-License-Identifier: Apache-2.0
"""Deaths of either side between any two transactions, full disks, and clocks that jump by years."""

from __future__ import annotations

import random

from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind
from tests.simulation.mortal import Fate

YEAR_MS = 365 * 86_400_000
JUMPS = (50, 4_000, -3_000, 400_000, -90_000_000, 400_000_000, YEAR_MS, -2 * YEAR_MS, 7 * YEAR_MS, -30 * YEAR_MS)
REACHES = (1, 1, 2, 3, 4, 5, 6, 8, 13, 30)
"""After how many transactions a doomed store dies: an exchange has about ten, a fill as many as pages."""


@kind("clock", 4)
def clock(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A workstation's clock is set by hand, by its battery or by nobody."""
    jump = chance.choice(JUMPS)
    desk.clock.ms += jump
    return f"jumps by {jump} ms"


@kind("death", 2)
def death(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """It is switched off."""
    return clinic.desk_died(desk, "between two steps")


@kind("doomed", 6)
def doom(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """It will be killed within what it does next."""
    desk.store.fate = fate = Fate(chance.choice(REACHES), chance.random() < 0.5)
    return f"will die in {fate}"


@kind("server doomed", 4)
def doom_server(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The server, or the hub, will be killed within what it is asked next."""
    doomed = clinic.hub if clinic.hub is not None and chance.random() < 0.4 else clinic.server
    doomed.store.fate = fate = Fate(chance.choice(REACHES), chance.random() < 0.5)
    return f"{doomed.store.station.name} will die in {fate}"


@kind("server death", 1)
def server_death(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The server is switched off."""
    return clinic.server_died("between two steps")


@kind("full disk", 3)
def full_disk(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A disk, now and then a server's, has room for so many pages more in each transaction; later it has enough."""
    servers = [one for one in (clinic.server, clinic.hub) if one is not None]
    store = chance.choice(servers).store if chance.random() < 0.3 else desk.store
    store.room = chance.choice((0, 0, 1, 2, 5)) if store.room is None else None
    return f"{store.station.name} has room for {'all' if store.room is None else store.room}"
