# SPDX-License-Identifier: Apache-2.0
"""Verifying a replica: every author's chain, and every signature that the replica can check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.security.audit import AccessEvent
from hms_desktop.security.granted import read_former
from hms_desktop.security.key_history import SigningKey, device_signing_keys, signing_keys, verify_signed
from hms_desktop.security.signing import Forged
from hms_desktop.storage import ledger
from hms_desktop.storage.chain import BrokenLink, verify_chains
from hms_desktop.storage.change_sets import ChangeSet, decode_details, readable_leaves
from hms_desktop.sync.facts import HUB, written_by_hubs
from hms_desktop.sync.segments import check_segments
from hms_desktop.sync.together import walk_together
from hms_desktop.sync.verify_ends import Ends, Window

EVENTS, DEVICES = AccessEvent.__tablename__, Device.__tablename__
Found = TypeVar("Found")
HASH_BYTES = 32
MayWrite = Callable[[str], bool]
"""Details of this length are the hash of some that are not for this store."""


@dataclass(frozen=True)
class Trust:
    """What a workstation learned at enrolment and believes since: the key of the clinic's statements."""

    server_public: bytes
    clinic: UUID


class Believer:
    """Believes a change set only when the person or server worker that it names signed it.

    Whoever follows a server `from_the_start`, and was not filled, hears of its workers by the first that each wrote.
    """

    def __init__(self, connection: Connection, trust: Trust, *, from_the_start: bool = False) -> None:
        self._connection = connection
        self._trust = trust
        self._from_the_start = from_the_start
        self._keys: dict[bytes, tuple[SigningKey, ...]] = {}
        self._stations: dict[bytes, tuple[int, MayWrite | None]] = {}

    def __call__(self, change_set: ChangeSet, root: bytes) -> None:
        """Raise Damaged, naming author and number, unless the signature holds, of somebody who may write this."""
        self.signed(change_set, root)
        self._must_be_allowed(change_set)

    def signed(self, change_set: ChangeSet, root: bytes) -> None:
        """The same for the signature alone; a workstation or hub signs in its own chain and no other's."""
        person, place = decode_details(change_set.details).person, _place(change_set)
        if person not in self._keys:
            only = UUID(bytes=person)  # whoever signed; a clinic has many more people and workstations
            self._keys |= _keys(self._connection, self._trust.server_public, self._trust.clinic, only)
            self._stations |= _stations(self._connection, only)
        if person not in self._keys and self._from_the_start and change_set.number == 1:
            self._keys.update(_introduced(change_set, person))
        if person not in self._keys:
            raise Damaged(_("Change {place} names somebody whom the server never introduced.").format(place=place))
        try:
            verify_signed(self._keys[person], root, change_set.signature, change_set.stamp)
        except Forged as forged:
            raise Damaged(_("Change {place} is not signed by the person it names.").format(place=place)) from forged
        if self._stations.get(person, (change_set.author, None))[0] != change_set.author:
            raise _not_theirs(change_set)

    def _must_be_allowed(self, change_set: ChangeSet) -> None:
        """A workstation signs only what it saw while nobody was signed in; a hub what hubs do."""
        person = decode_details(change_set.details).person
        _author, may_write = self._stations.get(person, (change_set.author, None))
        leaves = readable_leaves(change_set.leaves) if may_write is not None else ()
        if may_write and not all(may_write(leaf.table) for leaf in leaves):
            raise _not_theirs(change_set)


def _place(change_set: ChangeSet) -> str:
    return f"{author_code(change_set.author)} {change_set.number}"


def _not_theirs(change_set: ChangeSet) -> Damaged:
    message = _("Change {place} is signed by a workstation that may not write it.")
    return Damaged(message.format(place=_place(change_set)))


def _introduced(change_set: ChangeSet, person: bytes) -> dict[bytes, tuple[SigningKey, ...]]:
    """The key of a server's worker, when this change set is the one by which it begins."""
    for leaf in readable_leaves(change_set.leaves):
        if (leaf.table, leaf.record, leaf.values.get("kind")) == (DEVICES, person, "server"):
            return {person: device_signing_keys(leaf.values["signing_public"], None)}
    return {}


@dataclass(frozen=True)
class Verified:
    """What was found: change sets in whole chains, signatures that hold, and every broken link by name.

    `ends` are signed chain ends that hold, `windows` what no receipt of the server covers yet, `segments` the sealed
    files of the old trail that hold.
    """

    chains: int
    whole: int
    signatures: int
    broken: tuple[BrokenLink, ...]
    ends: int = 0
    windows: tuple[Window, ...] = ()
    segments: int = 0


def verify(
    connection: Connection,
    server_public: bytes,
    clinic: UUID,
    *,
    own: int | None = None,
    quick: bool = False,
    trail: tuple[Path, int] | None = None,
) -> Verified:
    """Check everything in the log of this store: chains by their hashes, signed ends, and every signature.

    `own` is the author of the workstation whose store it is, None at the server; `trail` the folder of the server's own
    sealed segments and its author. `quick` leaves out the signature of each single change set, which the signed ends
    cover. Damaged when the file can't be read far enough to name one.
    """
    try:
        chains = list(verify_chains(connection, walk_together))
        devices = {
            row.author: row
            for row in connection.execute(select(Device.author, Device.name, Device.signing_public, Device.former))
        }
        names = {author: row.name for author, row in devices.items()}
        keys = {author: device_signing_keys(row.signing_public, row.former) for author, row in devices.items()}
        signed_ends = Ends(connection, server_public, keys, None if own is None else (own,))
        ends = _readable(signed_ends.check())
        signed = [] if quick else _readable(_signatures(connection, _keys(connection, server_public, clinic)))
        sealed = list(check_segments(connection, *trail)) if trail else []
        windows = signed_ends.windows(names, None if own is None else (own,))
    except DatabaseError as error:
        message = _("The encrypted file itself is damaged, so that no change in it can be named. Keep it as it is, "
                    "check the disk, and ask support before anything is written.")  # fmt: skip
        raise Damaged(message) from error
    links: dict[tuple[int, int], BrokenLink] = {}
    for found in (*chains, *ends, *signed, *sealed):
        if isinstance(found, BrokenLink):
            links.setdefault((found.author, found.number), replace(found, station=names.get(found.author, "")))
    return Verified(
        len(chains),
        sum(end for end in chains if isinstance(end, int)),
        sum(1 for found in signed if found is True),
        tuple(links[place] for place in sorted(links)),
        sum(end for end in ends if isinstance(end, int)),
        windows,
        sum(1 for segment in sealed if isinstance(segment, int)),
    )


def _readable(found: Iterator[Found]) -> list[Found]:
    """What is found before the file can't be read any more: the walk along the chains has named that place."""
    read: list[Found] = []
    with suppress(DatabaseError):
        for one in found:
            read.append(one)
    return read


def _keys(
    connection: Connection, server_public: bytes, clinic: UUID, only: UUID | None = None
) -> dict[bytes, tuple[SigningKey, ...]]:
    """Signing keys by person or server worker, as the server stated them; those before a reset, too."""
    keys: dict[bytes, tuple[SigningKey, ...]] = {}
    accounts = select(Account.id, Account.statement, Account.former)
    for row in connection.execute(accounts if only is None else accounts.where(Account.id == only)):
        with suppress(Forged):  # whoever's statement does not hold is nobody that is known here
            keys[row.id.bytes] = signing_keys(row.statement, read_former(row.former), server_public, clinic)
    devices = select(Device.id, Device.signing_public, Device.former)
    # a workstation signs what it saw
    for device in connection.execute(devices if only is None else devices.where(Device.id == only)):
        keys[device.id.bytes] = device_signing_keys(device.signing_public, device.former)
    return keys


def _stations(connection: Connection, only: UUID) -> dict[bytes, tuple[int, MayWrite | None]]:
    """Of a workstation or hub its author number, and which tables it may sign for by itself."""
    asked = select(Device.id, Device.author, Device.kind).where(Device.kind != "server", Device.id == only)
    found = connection.execute(asked)
    return {row.id.bytes: (row.author, written_by_hubs if row.kind == HUB else EVENTS.__eq__) for row in found}


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
