# SPDX-License-Identifier: Apache-2.0
"""The road by the hub: it follows and relays by fits and starts, is all that is left, dies, and is put back."""

from __future__ import annotations

import random

from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.store import DiskFull
from hms_desktop.sync.client import ServerRefused
from tests.simulation import checks
from tests.simulation.clinic import PASSING, Clinic, weather
from tests.simulation.desks import SimDesk
from tests.simulation.hub import SimHub
from tests.simulation.kinds import kind
from tests.simulation.versions import running

NONE = "there is no hub here"


@kind("hub calls", 8)
def hub_calls(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A whole round of the hub with the centre, or the first part of one."""
    hub = clinic.hub
    if hub is None:
        return NONE
    hub.line.weather = weather(chance)
    hub.line.begin(chance)
    parts = chance.choice((0, 1, 2))
    try:
        with running(hub.newer):
            _in_part(hub, parts) if parts else hub.upstream.catch_up()
        came = "in part" if parts else "went through"
    except (Unavailable, DiskFull) as cut:
        came = f"was cut: {cut}"
    except ServerRefused as refused:
        if refused.code not in PASSING:
            raise
        came = f"was refused: {refused}"
    mishaps = "; ".join(hub.line.mishaps)
    return came + (f" ({mishaps})" if mishaps else "")


def _in_part(hub: SimHub, parts: int) -> None:
    hub.upstream.greet()
    hub.upstream.pull()
    if parts > 1:
        hub.upstream.relay()


@kind("line out", 3)
def line_out(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The clinic's line to the centre is cut for everybody, or mended."""
    clinic.out = not clinic.out
    return "is cut: the hub is all that is left" if clinic.out else "is mended"


@kind("hub death", 1)
def hub_death(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The hub is switched off."""
    return NONE if clinic.hub is None else clinic.hub_died("between two steps")


@kind("hub copy", 1)
def hub_copy(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A copy is made; a later step puts the hub back, unless it wrote of its own since: it must be made anew then."""
    hub = clinic.hub
    if hub is None:
        return NONE
    if hub.copied is None:
        hub.put_copy_aside()
        clinic.hub_wrote = checks.chain_at(hub.store, hub.store.station.author)
        return "is made"
    if checks.chain_at(hub.store, hub.store.station.author) != clinic.hub_wrote:
        hub.copied = None
        return "is too old"
    hub.put_back()
    return "is put back"
