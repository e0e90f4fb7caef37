# SPDX-License-Identifier: Apache-2.0
"""The further workers of a server that runs in several processes: each an author of its own, with a key of its own.

Their keys lie beside the service keys. After a restore the server writes as a new author, and so do they: those of an
author before it are left where they are and never used again.
"""

from __future__ import annotations

from uuid import uuid4

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from hms_desktop.core.clock import MAX_AUTHOR
from hms_desktop.core.errors import Damaged, Refused
from hms_desktop.security.accounts import Device
from hms_desktop.storage.durable import replace_file
from hms_desktop.storage.unit import Unit
from sync_server.home import Home, Member

CREW_FILE = "workers.keys"
MOST = 16


class _Crew(msgspec.Struct, frozen=True):
    """Who works beside the server's first worker, since it is this author."""

    beside: int
    members: list[Member] = []


def crew(home: Home, count: int) -> list[Member]:
    """So many workers beside the first; those that there are not yet are enlisted."""
    known = _read(home)
    keys = (Ed25519PrivateKey.generate().private_bytes_raw() for _each in range(count - len(known.members)))
    missing = [Member(uuid4(), 0, key) for key in keys]
    if missing:
        enlisted = home.store.act(lambda unit: [_enlist(home, unit, one) for one in missing], home.worker)
        known = _Crew(home.facts.author, [*known.members, *enlisted])
        replace_file(home.folder / CREW_FILE, msgspec.msgpack.encode(known))
    return known.members[:count]


def member(home: Home, number: int) -> Member:
    """The worker of this number, from 1 on; Damaged where there is none."""
    known = _read(home).members
    if not 1 <= number <= len(known):
        raise Damaged(f"{CREW_FILE} names no worker {number}. Start the server with hms-server serve --workers.")
    return known[number - 1]


def _read(home: Home) -> _Crew:
    try:
        known = msgspec.msgpack.decode((home.folder / CREW_FILE).read_bytes(), type=_Crew)
    except FileNotFoundError:
        return _Crew(home.facts.author)
    except (OSError, msgspec.MsgspecError) as error:
        raise Damaged(f"{CREW_FILE} can't be read: take it away, and the workers start as new authors.") from error
    return known if known.beside == home.facts.author else _Crew(home.facts.author)


def _enlist(home: Home, unit: Unit, one: Member) -> Member:
    unit.action = "server.worker"
    author = int(unit.scalar(select(func.max(Device.author)))) + 1
    if author > MAX_AUTHOR:
        raise Refused("No author number is left for another worker.")
    public = Ed25519PrivateKey.from_private_bytes(one.key).public_key().public_bytes_raw()
    unit.add(
        Device, id=one.id, author=author, name=f"Sync server {author}", site=home.facts.site, kind="server",
        signing_public=public, status="approved", reduced_protection=False,
    )  # fmt: skip
    return Member(one.id, author, one.key)
