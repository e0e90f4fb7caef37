# SPDX-License-Identifier: Apache-2.0
"""A hub: the same server at the clinic, which keeps workstations together while the centre can't be reached.

It refuses nothing for good, lends on what it was lent itself, and serves only once it has all that the centre has.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import UUID

import msgspec

from hms_desktop.core.errors import Unavailable
from hms_desktop.storage.reader import Reader, meta_value
from hms_desktop.storage.unit import Unit
from hms_desktop.sync.protocol import Hello, LeaseGiven, LeaseWanted, Push, Pushed, Welcome
from sync_server.sync_api import lending
from sync_server.sync_api.centre import Centre, DeviceFacts

READY = "hub has followed the centre"


class Hub(Centre):
    """What workstations meet at while the line out is down."""

    holds_back = True
    borrow: Callable[[list[tuple[str, UUID, Decimal]]], object] | None = None
    """Asks the centre for loans; None until a line to it was begun."""

    def hello(self, device: DeviceFacts, hello: Hello, session: str) -> Welcome:
        """Greet a workstation, once this hub has followed the centre to its end for the first time."""
        with self.store.reading() as connection:
            if not meta_value(connection, READY, False):
                raise Unavailable("This hub is still fetching what the centre has. Try again later.")
        return msgspec.structs.replace(super().hello(device, hello, session), hub=True)

    def push(self, device: DeviceFacts, push: Push) -> Pushed:
        """Hold a batch for the centre, and show others what passes the checks."""
        return msgspec.structs.replace(super().push(device, push), hub=True)

    def _tell_second_copy(self, device: DeviceFacts) -> None:
        """The administrators hear of it from the centre, when one of the two calls there."""

    def lease(self, device: DeviceFacts, wanted: LeaseWanted) -> LeaseGiven:
        """Lend on what this hub was lent itself; what it lacks it borrows first, where the centre can be reached."""
        with self.store.reading() as connection:
            reader = Reader(connection, self.store.setting, self.worker.person)
            short = list(lending.short_of(reader, wanted.wanted))
        if short and self.borrow is not None:
            self.borrow(short)

        def act(unit: Unit) -> list[Decimal]:
            unit.action = "sync.lend"
            return lending.lend_on(unit, device.id, wanted.wanted)

        given = self.store.act(act, self.worker)
        return LeaseGiven([str(amount) for amount in given])
