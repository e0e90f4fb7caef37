# SPDX-License-Identifier: Apache-2.0
"""What people changed of how they sign in, kept in this workstation's sealed list until the server is seen to hold it.

A change works here at once. It is laid over whatever the server says of the account until that shows it, or shows that
another was faster; then the person is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import msgspec

from hms_desktop.core.errors import NotFound, Refused
from hms_desktop.core.text import _
from hms_desktop.security.device_keys import DeviceKeys
from hms_desktop.security.own_keys import Overtaken, Pending, SignedChange, applied, read_change
from hms_desktop.security.people import Admitted, read_people, write_people
from hms_desktop.security.profile import LOCK_FILE
from hms_desktop.storage.durable import exclusive


def keep_change(folder: Path, keys: DeviceKeys, device: UUID, sent: SignedChange) -> Admitted:
    """Let a change work here from now on, and keep it for the server.

    Returns the person's new entry. Refused when what it replaces no longer stands, NotFound when they left.
    """
    change = read_change(sent)
    with exclusive(folder / LOCK_FILE):
        people = read_people(folder, keys, device)
        admitted = people.by_id(change.person)
        if admitted is None:
            raise NotFound(_("You may no longer sign in at this workstation. Ask an administrator."))
        after = applied(admitted.granted, change)
        if after is None:
            raise Refused(_("This was changed meanwhile, here or at another workstation. Look again, then try again."))
        entry = msgspec.structs.replace(admitted, granted=after, pending=(*admitted.pending, Pending(sent)))
        write_people(folder, keys, device, people.with_one(entry))
    return entry


def pending_changes(folder: Path, keys: DeviceKeys, device: UUID) -> list[SignedChange]:
    """Everybody's changes that the server has not answered, each person's in the order in which they were made."""
    people = read_people(folder, keys, device)
    return [one.change for admitted in people.admitted for one in admitted.pending if not one.sent]


def settle_changes(folder: Path, keys: DeviceKeys, device: UUID, answered: Mapping[SignedChange, bool]) -> None:
    """Note the server's answers: a change that was taken (True) waits to be seen in the account, another is dropped.

    Of a dropped one the person is told; what the account says comes back with the next look at it (`people.admit`).
    """
    with exclusive(folder / LOCK_FILE):
        people = read_people(folder, keys, device)
        entries = tuple(_settled(admitted, answered) for admitted in people.admitted)
        if entries != people.admitted:
            write_people(folder, keys, device, msgspec.structs.replace(people, admitted=entries))


def _settled(admitted: Admitted, answered: Mapping[SignedChange, bool]) -> Admitted:
    pending: list[Pending] = []
    lost = list(admitted.overtaken)
    for one in admitted.pending:
        taken = answered.get(one.change)
        if taken is False:
            change = read_change(one.change)
            lost.append(Overtaken(change.part, change.at_ms))
        else:
            pending.append(Pending(one.change, one.sent or taken is True))
    return msgspec.structs.replace(admitted, pending=tuple(pending), overtaken=tuple(lost))


def take_overtaken(folder: Path, keys: DeviceKeys, device: UUID, person: UUID) -> tuple[Overtaken, ...]:
    """What this person is still to be told of; it is told once."""
    with exclusive(folder / LOCK_FILE):
        people = read_people(folder, keys, device)
        admitted = people.by_id(person)
        if admitted is None or not admitted.overtaken:
            return ()
        write_people(folder, keys, device, people.with_one(msgspec.structs.replace(admitted, overtaken=())))
    return admitted.overtaken
