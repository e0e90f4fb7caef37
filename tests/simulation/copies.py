# SPDX-License-Identifier: Apache-2.0
"""Files of workstations that were copied: put back from an old image, or living twice.

The server tells one by its mark, and one that greeted last before it was copied by its second history. Of two copies
the one that greets first goes on; what was done at the other one stays there and is lost with its disk.
"""

from __future__ import annotations

import random

from hms_desktop.core.errors import Unavailable
from hms_desktop.sync.apply import Forked
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.copies import SECOND_COPY
from tests.simulation import checks
from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind


@kind("old copy", 1)
def old_copy(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A copy is made; a later step of this kind puts the computer back as it was then."""
    if desk.copied is None:
        desk.put_copy_aside()
        return f"is copied, {checks.reached(desk.store)}"
    return "is put back; " + _lives_on(clinic, desk, chance)


@kind("clone", 1)
def clone(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """Work goes on at a workstation while somebody starts a copy of its disk in another computer."""
    desk.put_copy_aside()
    there = clinic.tried(desk, chance, desk.acting)
    desk.fine()
    there += ", " + _called(clinic, desk, chance)
    clinic.hear()
    return f"is cloned; there: {there}; here: " + _lives_on(clinic, desk, chance)


def _lives_on(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The copy at work before anybody notices; then it is thrown away, and the computer enrolled anew.

    What lies at the hub or on a stick was brought to the server before, or is lost with the disk.
    """
    clinic.honest = False
    clinic.bring_what_lies_at_the_hub()
    clinic.sticks.forget(desk)
    held = checks.chain_at(clinic.server.store, desk.author)
    desk.put_back()
    desk.late.clear()
    gone = clinic.oracle.forget(desk.author, held)
    told = [_undetected(clinic, desk, chance) for _ in range(chance.choice((0, 0, 1, 3)))]
    kept = checks.chain_at(clinic.server.store, desk.author)
    clinic.oracle.forget(desk.author, kept)
    clinic.desks.remove(desk)
    desk.close()
    new = clinic.enrol(desk.kind)
    return f"with its disk went {gone}; {'; '.join(told)}; enrolled anew as {new}"


def _undetected(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    came = clinic.tried(desk, chance, desk.acting)
    desk.fine()
    came += ", " + _called(clinic, desk, chance)
    checks.goes_on_from(desk.store, clinic.server.store)
    return came


def _called(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """An exchange of a file that may be a second copy, or have a second history."""
    try:
        return clinic.on_the_line(desk, chance, desk.exchange.catch_up)
    except Forked:
        return "forked"
    except Unavailable as cut:
        return str(cut)
    except ServerRefused as refused:
        if refused.code not in ("damaged", SECOND_COPY):
            raise
        return f"turned away: {refused.code}"
