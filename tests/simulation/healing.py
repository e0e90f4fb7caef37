# SPDX-License-Identifier: Apache-2.0
"""The heal: every line up, nobody about to die; everybody meets until it is quiet, and everything must hold."""

from __future__ import annotations

import random

from tests.simulation import checks
from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind
from tests.simulation.line import Weather


@kind("heal", 0)
def heal(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """Comes at fixed places of a history."""
    for one in (*clinic.desks, clinic.server):
        one.store.fate = one.store.room = None
    for each in clinic.desks:
        each.line.weather = Weather()
    rounds = checks.quiet_after(
        clinic.server.store, clinic.desks, lambda each: clinic.on_the_line(each, chance, each.exchange.catch_up)
    )
    clinic.hear()
    for author in clinic.server.former:
        clinic.oracle.learn_back(author, clinic.server.store, [each.store for each in clinic.desks])
    refused = checks.healed(clinic.server.store, clinic.desks, clinic.oracle)
    assert not (clinic.honest and refused), f"honest work was refused: {checks.reasons(clinic.server.store)}"
    return f"quiet after {rounds} rounds, {len(clinic.oracle.sets)} change sets, {len(refused)} refused"
