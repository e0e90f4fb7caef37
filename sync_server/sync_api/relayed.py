# SPDX-License-Identifier: Apache-2.0
"""The checks on what a hub brings: each author's by the workstation that it is, the hub's own by what a hub may do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.core.clock import stamp_ms
from hms_desktop.core.errors import ClinicError
from hms_desktop.security.accounts import Device
from hms_desktop.security.key_history import device_signing_keys, verify_signed
from hms_desktop.storage.change_sets import ChangeSet, Leaf, decode_details
from hms_desktop.storage.leases import Lease
from hms_desktop.storage.records import REGISTRY
from hms_desktop.sync.accept import Check, CheckFailed
from hms_desktop.sync.facts import HUB, written_by_hubs
from hms_desktop.sync.standing_rows import StandingRows
from sync_server.sync_api.checks import must_fit, must_have_size


class RelayedChecks:
    """By author number the check for that author's change sets; None for whoever is not known, or is no business of
    this hub: another hub, or a worker of the centre itself."""

    def __init__(self, connection: Connection, hub: UUID, checks_for: Callable[[Any], Check]) -> None:
        self._connection = connection
        self._hub = hub
        self._checks_for = checks_for
        self._made: dict[int, Check | None] = {}

    def __call__(self, author: int) -> Check | None:
        """The check for one author, made once."""
        if author not in self._made:
            self._made[author] = self._make(author)
        return self._made[author]

    def _make(self, author: int) -> Check | None:
        row = self._connection.execute(select(Device.__table__).where(Device.author == author)).first()
        if row is None or row.kind == "server" or (row.kind == HUB and row.id != self._hub):
            return None
        return self._checks_for(row) if row.kind == HUB else self._of_workstation(row)

    def _of_workstation(self, row: Any) -> Check:
        checks = self._checks_for(row)
        approved, since_ms = row.status == "approved", stamp_ms(row.g_trust or row.k)

        def check(change_set: ChangeSet, root: bytes, leaves: Sequence[Leaf]) -> None:
            if not approved and stamp_ms(change_set.stamp) >= since_ms:
                raise CheckFailed("device", "It was done after this workstation was blocked, where that was not known.")
            checks(change_set, root, leaves)

        return check


class OwnOfHub:
    """What a hub writes by itself: it signs it, it is nobody else's to write, and it lends what it was lent."""

    def __init__(self, standing: StandingRows, hub: Any) -> None:
        self._standing = standing
        self._id: UUID = hub.id
        self._keys = device_signing_keys(hub.signing_public, hub.former)

    def __call__(self, change_set: ChangeSet, root: bytes, leaves: Sequence[Leaf]) -> None:
        """Raise CheckFailed unless every check holds."""
        must_have_size(change_set, leaves)
        self._signed(change_set, root)
        for leaf in leaves:
            if not written_by_hubs(leaf.table):
                raise CheckFailed("server-owned", f"A hub does not write {leaf.table[:60]}.")
            must_fit(REGISTRY[leaf.table], leaf)
        self._lends_its_own(leaves)

    def of_parts(self, change_set: ChangeSet, root: bytes, leaves: Sequence[Leaf]) -> None:
        """What can be checked of one that came back without some of its leaves."""
        self._signed(change_set, root)
        for leaf in leaves:
            if not written_by_hubs(leaf.table):
                raise CheckFailed("server-owned", f"A hub does not write {leaf.table[:60]}.")

    def _signed(self, change_set: ChangeSet, root: bytes) -> None:
        try:
            person = UUID(bytes=decode_details(change_set.details).person)
            verify_signed(self._keys, root, change_set.signature, change_set.stamp)
        except ClinicError as forged:
            raise CheckFailed("signature", "It is not signed by the hub that it names.") from forged
        if person != self._id:
            raise CheckFailed("person", "A hub signs as nobody else.")

    def _lends_its_own(self, leaves: Sequence[Leaf]) -> None:
        """Each loan is taken, in the same change set, from what the hub itself was lent, and ends no later."""
        spent = [leaf.values for leaf in leaves if leaf.table == "lease_spend"]
        for loan in (leaf for leaf in leaves if leaf.table == "lease"):
            parts = [REGISTRY["lease_spend"].kinds["amount"].unpack(s["amount"]) for s in spent
                     if s["source"] == loan.record and self._is_its_own(s["lease"], loan)]  # fmt: skip
            if sum(parts) != REGISTRY["lease"].kinds["amount"].unpack(loan.values["amount"]):
                raise CheckFailed("lease", "A hub lends what it was lent, and no more.")

    def _is_its_own(self, lease: bytes, loan: Leaf) -> bool:
        wanted = select(Lease.__table__).where(Lease.id == UUID(bytes=lease), Lease.device == self._id)
        row = self._standing.written.execute(wanted).first()
        return row is not None and (row.kind, row.subject.bytes) == (loan.values["kind"], loan.values["subject"])
