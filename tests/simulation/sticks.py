# SPDX-License-Identifier: Apache-2.0
"""The sticks on which bundles lie: made by the commands' own functions, and never used up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hms_desktop.sync import bundles as at_desk
from hms_desktop.sync.bundles import Ends
from sync_server import bundles as at_server
from sync_server.administration import By
from sync_server.home import Facts, Home, ServiceKeys
from tests.simulation.desks import SimDesk
from tests.simulation.server import SERVER, WORKER, Server, signing_key
from tests.simulation.versions import running


@dataclass(frozen=True)
class Bundle:
    """A file on a stick, and between whom it goes: the device, and whether from it or to it."""

    file: Path
    device: UUID
    up: bool
    name: str


class Sticks:
    """Every bundle that was made so far and not lost."""

    def __init__(self, server: Server, folder: Path) -> None:
        folder.mkdir()
        self.lying: list[Bundle] = []
        self._server, self._folder, self._made = server, folder, 0
        self._exchange = X25519PrivateKey.from_private_bytes(random.Random("exchange").randbytes(32))
        self._by = By(WORKER, "Anele", "command")

    def _home(self) -> Home:
        """The server's folder as its commands open it."""
        server = self._server
        clinic = server.store.setting.clinic
        facts = Facts(
            id=SERVER, clinic=server.clinic, clinic_name=clinic.name, zone=str(clinic.zone), currency=clinic.currency,
            site="Main", training=clinic.training, addresses=(), hosts=(), author=server.author,
        )  # fmt: skip
        keys = ServiceKeys(
            store=b"", signing=signing_key("server").private_bytes_raw(), worker=b"", authority_key=b"", server_key=b"",
            exchange=self._exchange.private_bytes_raw(),
        )  # fmt: skip
        return Home(self._folder, facts, keys, server.store, server.worker)

    def _ends(self, desk: SimDesk) -> Ends:
        key, public = signing_key(f"device {desk.author}"), self._exchange.public_key().public_bytes_raw()
        return Ends(self._server.clinic, desk.device, key, self._server.trust.server_public, public)

    def _new(self) -> Path:
        self._made += 1
        return self._folder / f"{self._made}.hmsbundle"

    def from_desk(self, desk: SimDesk) -> Bundle:
        """What a desk has not sent."""
        number = at_desk.next_number(desk.store)
        with running(desk.newer):
            made = at_desk.make(desk.store, self._ends(desk), number, self._new())
        return self._lies(Bundle(made.file, desk.device, True, f"file {number} of {desk} with {made.sets}"))

    def from_server(self, desk: SimDesk, *, fill: bool) -> Bundle:
        """What a desk has not got, or everything."""
        with running(self._server.newer):
            made = at_server.make(self._home(), self._server.centre, desk.device, self._new(), self._by, fill=fill)
        what = f"{made.entries} places, {made.filled} tables"
        return self._lies(Bundle(made.file, desk.device, False, f"file {made.number} for {desk} with {what}"))

    def _lies(self, bundle: Bundle) -> Bundle:
        self.lying.append(bundle)
        return bundle

    def into_server(self, file: Path) -> str:
        """Taken in at the server."""
        with running(self._server.newer):
            came = at_server.take(self._home(), self._server.centre, file, self._by)
        return f"{came.taken} new, {came.repeated} known, {came.waiting} wait, {came.refused} refused"

    def into_desk(self, desk: SimDesk, file: Path) -> str:
        """Taken in at a desk."""
        with running(desk.newer):
            took = at_desk.take(desk.exchange, self._ends(desk), file)
        return f"{took.news} new, {took.filled} tables filled, {took.delivered} delivered"

    def forget(self, desk: SimDesk) -> None:
        """What a desk's own files hold is lost with its disk."""
        self.lying = [bundle for bundle in self.lying if not (bundle.up and bundle.device == desk.device)]
