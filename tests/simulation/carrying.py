# SPDX-License-Identifier: Apache-2.0
"""The road by bundles: made at either side, carried late, twice, out of order, half copied, and to the wrong place."""

from __future__ import annotations

import random
from pathlib import Path

from hms_desktop.core.errors import ClinicError, Refused, Unavailable
from tests.simulation.clinic import Clinic
from tests.simulation.desks import SimDesk
from tests.simulation.kinds import kind
from tests.simulation.mortal import MortalStore
from tests.simulation.raw import ask

FEW = 3
"""The sticks that were made last come out of the pocket more often."""


@kind("stick from desk", 4)
def make_up(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """What was not sent goes onto a stick."""
    return f"gets {clinic.sticks.from_desk(desk).name}"


@kind("stick from server", 4)
def make_down(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """What a desk lacks goes onto a stick, or all that it may hold."""
    try:
        return f"gets {clinic.sticks.from_server(desk, fill=chance.random() < 0.2).name}"
    except Refused as refused:
        return f"gets none: {refused}"


@kind("stick taken in", 9)
def take_in(clinic: Clinic, desk: SimDesk, chance: random.Random) -> str:
    """One of those that lie about; now and then where it does not belong, or only half of it."""
    lying = clinic.sticks.lying
    if not lying:
        return "there is none"
    bundle = chance.choice(lying[-FEW:] if chance.random() < 0.7 else lying)
    receiver = next((one for one in clinic.desks if one.device == bundle.device), None)
    if chance.random() < 0.15:
        up = not bundle.up and (desk is receiver or chance.random() < 0.5)
        return f"{bundle.name} at the wrong place: " + _astray(clinic, desk, bundle.file, up=up)
    if chance.random() < 0.1:
        return f"half of {bundle.name}: " + _astray(clinic, receiver or desk, _half(bundle.file, chance), up=bundle.up)
    if receiver is None and not bundle.up:
        return f"{bundle.name}, whose desk is gone: " + _astray(clinic, desk, bundle.file, up=False)
    try:
        if bundle.up:
            return f"{bundle.name} at the server: {clinic.sticks.into_server(bundle.file)}"
        assert receiver is not None
        came = clinic.sticks.into_desk(receiver, bundle.file)
    except (Refused, Unavailable) as refused:
        return f"{bundle.name} was not taken: {refused}"
    clinic.learn_kind(receiver)
    return f"{bundle.name}: {came}"


def _half(file: Path, chance: random.Random) -> Path:
    raw = file.read_bytes()
    half = file.with_suffix(".half")
    half.write_bytes(raw[: chance.randrange(len(raw))])
    return half


def _astray(clinic: Clinic, desk: SimDesk, file: Path, *, up: bool) -> str:
    """It is refused by name, and nothing is changed by it."""
    store = clinic.server.store if up else desk.store
    before = _log(store)
    try:
        clinic.sticks.into_server(file) if up else clinic.sticks.into_desk(desk, file)
    except ClinicError as refused:
        assert _log(store) == before, f"{store.station.name} was changed by a file that it refused: {refused}"
        return f"refused: {refused}"
    raise AssertionError(f"{store.station.name} took what is not for it")


def _log(store: MortalStore) -> object:
    return ask(store, "SELECT count(*), max(pos) FROM own_change_log")
