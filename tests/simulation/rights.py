# SPDX-License-Identifier: Apache-2.0
"""Grants given and taken: a workstation becomes one of another kind."""

from __future__ import annotations

import random

from hms_desktop.storage.store import DiskFull
from tests.simulation.clinic import STATIONS, Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind
from tests.simulation.mortal import Died


@kind("grants", 1.5)
def grants(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The server is told so; the workstation hears of it when it greets."""
    clinic.honest = False
    station = chance.choice(STATIONS)
    try:
        clinic.server.grant(desk.device, station)
    except Died as death:
        clinic.server_died(str(death))
    except DiskFull as full:
        return f"should be {station}: {full}"
    return f"is to be {station}"
