# SPDX-License-Identifier: Apache-2.0
"""Verifying a replica: every author's chain, and every signature that the replica can check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, select

from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.signing import Forged, verify_root
from hms_desktop.security.statements import read_statement
from hms_desktop.storage import ledger
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.change_sets import ChangeSet, decode_details


@dataclass(frozen=True)
class Trust:
    """What a workstation learned at enrolment and believes since: the key of the clinic's statements."""

    server_public: bytes
    clinic: UUID


class Believer:
    """Believes a change set only when the person or server worker that it names signed it."""

    def __init__(self, connection: Connection, trust: Trust) -> None:
        self._connection = connection
        self._trust = trust
        self._keys: dict[bytes, bytes] = {}

    def __call__(self, change_set: ChangeSet, root: bytes) -> None:
        """Raise Damaged, naming author and number, unless the signature holds."""
        person = decode_details(change_set.details).person
        place = f"{author_code(change_set.author)} {change_set.number}"
        if person not in self._keys:
            self._keys = _keys(self._connection, self._trust.server_public, self._trust.clinic)
        if person not in self._keys:
            raise Damaged(_("Change {place} names somebody whom the server never introduced.").format(place=place))
        try:
            verify_root(self._keys[person], root, change_set.signature)
        except Forged as forged:
            raise Damaged(_("Change {place} is not signed by the person it names.").format(place=place)) from forged


@dataclass(frozen=True)
class Verified:
    """What was found: change sets in whole chains, signatures that hold, and every broken link by name."""

    chains: int
    whole: int
    signatures: int
    broken: tuple[BrokenLink, ...]


def verify(connection: Connection, server_public: bytes, clinic: UUID) -> Verified:
    """Check everything in the log of this store."""
    ends = list(verify_chains(connection))
    links = [end for end in ends if isinstance(end, BrokenLink)]
    signed = list(_signatures(connection, _keys(connection, server_public, clinic)))
    links += [found for found in signed if isinstance(found, BrokenLink)]
    whole = sum(end for end in ends if isinstance(end, int))
    return Verified(len(ends), whole, sum(1 for found in signed if found is True), tuple(links))


def _keys(connection: Connection, server_public: bytes, clinic: UUID) -> dict[bytes, bytes]:
    """Signing keys by person or server worker, as the server stated them."""
    keys: dict[bytes, bytes] = {}
    for row in connection.execute(select(Account.id, Account.statement)):
        keys[row.id.bytes] = read_statement(row.statement, server_public, clinic).keys.signing
    for row in connection.execute(select(Device.id, Device.signing_public).where(Device.kind == "server")):
        keys[row.id.bytes] = row.signing_public
    return keys


def _signatures(connection: Connection, keys: Mapping[bytes, bytes]) -> Iterator[BrokenLink | bool]:
    log = ledger.change_log
    columns = select(log.c.author, log.c.number, log.c.details, log.c.signature, log.c.root, log.c.state)
    for row in connection.execute(columns.order_by(log.c.author, log.c.number)):
        if row.state == ledger.GAP or len(row.details) == 32:
            yield False
            continue
        public = keys.get(decode_details(row.details).person)
        if public is None:
            yield BrokenLink(row.author, row.number, "is signed by somebody who is not known here")
            continue
        try:
            verify_root(public, bytes(row.root), bytes(row.signature))
            yield True
        except Forged:
            yield BrokenLink(row.author, row.number, "is not signed by the person that it names")
