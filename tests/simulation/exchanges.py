# SPDX-License-Identifier: Apache-2.0
"""Exchanges on a line that may be bad, whole and in part, and what still travels on it."""

from __future__ import annotations

import contextlib
import random

from hms_desktop.clinic import lending
from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import DiskFull
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import upkeep
from hms_desktop.sync.client import ServerRefused
from tests.simulation.clinic import Clinic, weather
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind


@kind("exchange", 20)
def exchange(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """A whole round."""
    return clinic.on_the_line(desk, chance, desk.exchange.catch_up)


@kind("push once", 4)
def push_once(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """One batch, and then something else is done."""

    def steps() -> None:
        desk.exchange.greet()
        desk.exchange.push()

    return clinic.on_the_line(desk, chance, steps)


@kind("pull once", 5)
def pull_once(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """One page, and then something else is done."""

    def steps() -> None:
        desk.exchange.greet()
        if not desk.exchange.missing_tables():
            desk.exchange.pull()

    return clinic.on_the_line(desk, chance, steps)


@kind("line", 6)
def line(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """The weather on a workstation's line changes, and on its way to the hub."""
    desk.line.weather = weather(chance)
    desk.to_hub.weather = weather(chance)
    return f"becomes {desk.line.weather}"


@kind("late message", 5)
def late(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """Something that a line held back arrives after all, now and then a hub's; its answer reaches nobody."""
    held = clinic.hub.late if clinic.hub is not None and clinic.hub.late and chance.random() < 0.3 else desk.late
    if not held:
        return "has none"
    late = held.pop(chance.randrange(len(held)))
    with contextlib.suppress(Unavailable):
        try:
            late.answer(late.device, late.path, late.message)
        except ServerRefused as refused:
            return f"{late.path} refused: {refused}"
    return late.path


@kind("filled anew", 2.5)
def fill_anew(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """All tables by an administrator's order, or some of those that people write, as a refusal may ask for."""
    granted = sorted(desk.exchange.granted)
    some = [table for table in granted if not REGISTRY[table].server_owned]
    wanted = granted if chance.random() < 0.4 else chance.sample(some, min(len(some), chance.choice((1, 5))))
    with desk.store.writing() as connection:
        set_meta(connection, "refill", wanted)
    return "in all" if wanted is granted else f"in {', '.join(wanted)}"


@kind("leases", 3)
def leases(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """It asks to be lent what its work may need, and gives back what others call for."""
    asked: list[object] = []

    def steps() -> None:
        desk.exchange.catch_up()
        with contextlib.suppress(DiskFull):
            desk.do(lending.give_back)
            desk.do(lending.share)
        asked.extend(desk.exchange.ask_leases(desk.ask(lending.wanted)))
        desk.exchange.follow()

    return clinic.on_the_line(desk, chance, steps) + f", is lent {len(asked)} things"


@kind("looked after", 2)
def look_after(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """It compares itself with the server, which must find nothing, and lets go of old log."""
    found = []

    def steps() -> None:
        desk.exchange.catch_up()
        found.append(upkeep.look_after(desk.exchange))

    came = clinic.on_the_line(desk, chance, steps)
    for compared, let_go in found:
        assert not compared.differences, f"compared with the server it differs in {compared.differences}"
        if let_go.sets:  # a backup is never older than the log that is kept
            clinic.server.copied = None
        came += f", {compared.rows} rows are equal, let go of {let_go.sets}"
    return came
