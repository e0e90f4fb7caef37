# SPDX-License-Identifier: Apache-2.0
"""Bundles in a world of tests: the same files as the commands make, carried between its centre and its desks."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.security.accounts import Device
from hms_desktop.storage.unit import Unit
from hms_desktop.sync import bundles as desk_bundles
from hms_desktop.sync.bundles import Ends
from sync_server import bundles
from sync_server.administration import By
from sync_server.home import Facts, Home, ServiceKeys
from tests.sync.world import World, WorldDesk


class Carrier:
    """Who walks between the centre of a world and its desks, with a stick in the pocket."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        folder.mkdir(exist_ok=True)
        self.exchange = X25519PrivateKey.generate()
        worker = world.centre.worker
        facts = Facts(
            id=worker.person.id, clinic=world.clinic, clinic_name="Riverbend Clinic", zone="Africa/Johannesburg",
            currency="ZAR", site="Main", training=True, addresses=(), hosts=(), author=0,
        )  # fmt: skip
        keys = ServiceKeys(
            store=b"", signing=world._signing.private_bytes_raw(), worker=b"", authority_key=b"", server_key=b"",
            exchange=self.exchange.private_bytes_raw(),
        )  # fmt: skip
        self.home = Home(folder, facts, keys, world.centre.store, worker)
        self.by = By(worker.person.id, "Anele", "command")
        self._made = 0

    def know(self, desk: WorldDesk, status: str = "approved") -> None:
        """The centre has the workstation in its list."""
        station, public = desk.store.station, desk.signing.public_key().public_bytes_raw()

        def write(unit: Unit) -> None:
            unit.action = "server.device"
            if unit.find(Device, station.device) is None:
                unit.add(
                    Device, id=station.device, author=station.author, name=station.name, site=station.site,
                    kind=station.kind, signing_public=public, status=status, reduced_protection=False,
                )  # fmt: skip
            else:
                unit.change(Device, station.device, status=status)

        self.world.centre.store.act(write, self.world.centre.worker)

    def ends(self, desk: WorldDesk, **other: Any) -> Ends:
        """Between whom a bundle of this desk goes."""
        of = {
            "clinic": self.world.clinic, "device": desk.store.station.device, "signing": desk.signing,
            "server_signing": self.world.trust.server_public,
            "server_exchange": self.exchange.public_key().public_bytes_raw(),
        }  # fmt: skip
        return Ends(**{**of, **other})

    def _name(self) -> Path:
        self._made += 1
        return self.folder / f"{self._made}.hmsbundle"

    def from_desk(self, desk: WorldDesk, **other: Any) -> Path:
        """What a desk has not sent, in a file."""
        number = desk_bundles.next_number(desk.store)
        return desk_bundles.make(desk.store, self.ends(desk, **other), number, self._name()).file

    def into_centre(self, file: Path) -> bundles.Came:
        """A desk's file is taken in at the centre."""
        return bundles.take(self.home, self.world.centre, file, self.by)

    def from_centre(self, desk: WorldDesk, *, fill: bool = False) -> Path:
        """What a desk has not got, in a file."""
        device = desk.store.station.device
        return bundles.make(self.home, self.world.centre, device, self._name(), self.by, fill=fill).file

    def into_desk(self, desk: WorldDesk, file: Path, **other: Any) -> desk_bundles.Taken:
        """The centre's file is taken in at a desk."""
        return desk_bundles.take(desk.exchange, self.ends(desk, **other), file)


def spoilt(file: Path, at: float, to: Path) -> Path:
    """A copy of a file with one byte changed, this far along (0 to 1)."""
    raw = bytearray(file.read_bytes())
    raw[min(len(raw) - 1, int(len(raw) * at))] ^= 0x40
    to.write_bytes(raw)
    return to


def cut(file: Path, at: float, to: Path) -> Path:
    """A copy of the first part of a file."""
    raw = file.read_bytes()
    to.write_bytes(raw[: int(len(raw) * at)])
    return to


def other_signing() -> Ed25519PrivateKey:
    """The key of somebody else."""
    return Ed25519PrivateKey.from_private_bytes(os.urandom(32))
