# SPDX-License-Identifier: Apache-2.0
"""The heal: every line up, nobody about to die; everybody meets until it is quiet, and everything must hold."""

from __future__ import annotations

import random

from tests.simulation import checks
from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind
from tests.simulation.server import Server


@kind("heal", 0)
def heal(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """Comes at fixed places of a history."""
    for one in clinic.machines:
        one.store.fate = one.store.room = None
    for each in clinic.desks:
        each.fine()
    if clinic.hub is not None and chance.random() < 0.5:
        _meet_at_the_hub_alone(clinic, chance)
    clinic.out = False

    def meet() -> None:
        clinic.bring_what_lies_at_the_hub()
        for each in list(clinic.desks):
            clinic.on_the_line(each, chance, each.exchange.catch_up)

    rounds = checks.quiet_after(lambda: [one.store for one in clinic.machines], meet)
    clinic.hear()
    for author in clinic.server.former:
        clinic.oracle.learn_back(author, clinic.server.store, [one.store for one in clinic.machines[1:]])
    others = [one for one in clinic.machines if not isinstance(one, Server)]
    refused = checks.healed(clinic.server, others, clinic.oracle)
    assert not (clinic.honest and refused), f"honest work was refused: {checks.reasons(clinic.server.store)}"
    return f"quiet after {rounds} rounds, {len(clinic.oracle.sets)} change sets, {len(refused)} refused"


def _meet_at_the_hub_alone(clinic: Clinic, chance: random.Random) -> None:
    """The line out is down; what they do together goes up by the hub first."""
    assert clinic.hub is not None
    clinic.out = True
    for each in list(clinic.desks):
        clinic.on_the_line(each, chance, each.exchange.catch_up)
    for each in clinic.desks:
        clinic.on_the_line(each, chance, each.exchange.catch_up)
        if each.exchange.at_hub:
            checks.met_at(clinic.hub.store, each)
