# SPDX-License-Identifier: Apache-2.0
"""Verifying a replica: every author's chain, and every signature that the replica can check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.granted import read_former
from hms_desktop.security.key_history import SigningKey, signing_keys, verify_signed
from hms_desktop.security.signing import Forged
from hms_desktop.storage import ledger
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.change_sets import ChangeSet, decode_details, readable_leaves

EVENTS = AccessEvent.__tablename__
HASH_BYTES = 32
"""Details of this length are the hash of some that are not for this store."""


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
        self._keys: dict[bytes, tuple[SigningKey, ...]] = {}
        self._stations: dict[bytes, int] = {}

    def __call__(self, change_set: ChangeSet, root: bytes) -> None:
        """Raise Damaged, naming author and number, unless the signature holds."""
        person = decode_details(change_set.details).person
        place = f"{author_code(change_set.author)} {change_set.number}"
        if person not in self._keys:
            self._keys = _keys(self._connection, self._trust.server_public, self._trust.clinic)
            self._stations = _stations(self._connection)
        if person not in self._keys:
            raise Damaged(_("Change {place} names somebody whom the server never introduced.").format(place=place))
        try:
            verify_signed(self._keys[person], root, change_set.signature, change_set.stamp)
        except Forged as forged:
            raise Damaged(_("Change {place} is not signed by the person it names.").format(place=place)) from forged
        self._must_be_allowed(person, change_set, place)

    def _must_be_allowed(self, person: bytes, change_set: ChangeSet, place: str) -> None:
        """A workstation signs for itself only, and only what it saw while nobody was signed in."""
        author = self._stations.get(person, change_set.author)
        leaves = readable_leaves(change_set.leaves) if person in self._stations else ()
        if author != change_set.author or any(leaf.table != EVENTS for leaf in leaves):
            message = _("Change {place} is signed by a workstation that may not write it.")
            raise Damaged(message.format(place=place))


@dataclass(frozen=True)
class Verified:
    """What was found: change sets in whole chains, signatures that hold, and every broken link by name."""

    chains: int
    whole: int
    signatures: int
    broken: tuple[BrokenLink, ...]


def verify(connection: Connection, server_public: bytes, clinic: UUID) -> Verified:
    """Check everything in the log of this store.

    Damaged when the file can't be read far enough to name a change.
    """
    try:
        ends = list(verify_chains(connection))
        signed = _readable(_signatures(connection, _keys(connection, server_public, clinic)))
        names = {row.author: row.name for row in connection.execute(select(Device.author, Device.name))}
    except DatabaseError as error:
        message = _("The encrypted file itself is damaged, so that no change in it can be named. Keep it as it is, "
                    "check the disk, and ask support before anything is written.")  # fmt: skip
        raise Damaged(message) from error
    links: dict[tuple[int, int], BrokenLink] = {}
    for found in (*ends, *signed):
        if isinstance(found, BrokenLink):
            links.setdefault((found.author, found.number), replace(found, station=names.get(found.author, "")))
    whole = sum(end for end in ends if isinstance(end, int))
    return Verified(
        len(ends), whole, sum(1 for found in signed if found is True), tuple(links[place] for place in sorted(links))
    )


def _readable(found: Iterator[BrokenLink | bool]) -> list[BrokenLink | bool]:
    """What is found before the file can't be read any more: the walk along the chains has named that place."""
    read: list[BrokenLink | bool] = []
    with suppress(DatabaseError):
        for one in found:
            read.append(one)
    return read


def _keys(connection: Connection, server_public: bytes, clinic: UUID) -> dict[bytes, tuple[SigningKey, ...]]:
    """Signing keys by person or server worker, as the server stated them; those before a reset, too."""
    keys: dict[bytes, tuple[SigningKey, ...]] = {}
    for row in connection.execute(select(Account.id, Account.statement, Account.former)):
        with suppress(Forged):  # whoever's statement does not hold is nobody that is known here
            keys[row.id.bytes] = signing_keys(row.statement, read_former(row.former), server_public, clinic)
    for device in connection.execute(select(Device.id, Device.signing_public)):  # a workstation signs what it saw
        keys[device.id.bytes] = (SigningKey(device.signing_public),)
    return keys


def _stations(connection: Connection) -> dict[bytes, int]:
    """Author numbers by workstation."""
    found = connection.execute(select(Device.id, Device.author).where(Device.kind != "server"))
    return {row.id.bytes: row.author for row in found}


def _signatures(connection: Connection, keys: Mapping[bytes, tuple[SigningKey, ...]]) -> Iterator[BrokenLink | bool]:
    log = ledger.change_log
    columns = select(log.c.author, log.c.number, log.c.stamp, log.c.details, log.c.signature, log.c.root)
    for row in connection.execute(columns.order_by(log.c.author, log.c.number)):
        if len(row.details) == HASH_BYTES:
            yield False
            continue
        try:
            public = keys.get(decode_details(row.details).person)
        except Damaged:
            yield BrokenLink(row.author, row.number, "does not say who made it")
            continue
        if public is None:
            yield BrokenLink(row.author, row.number, "is signed by somebody who is not known here")
            continue
        try:
            verify_signed(public, bytes(row.root), bytes(row.signature), row.stamp)
            yield True
        except Forged:
            yield BrokenLink(row.author, row.number, "is not signed by the person that it names")
