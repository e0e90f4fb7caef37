# SPDX-License-Identifier: Apache-2.0
"""The server's log as administrators read it: who, what, why, whose record by number, where, which fields, no value.

When something was done is what its stamp says: the clock of a chain never runs back, whoever sets that of the computer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from hms_desktop.clinic.privacy.words import purpose_word
from hms_desktop.core.clock import instant, milliseconds, stamp, stamp_ms
from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.security.accounts import Account, Device
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import Leaf, decode_details, readable_leaves
from sync_server.console.audit_words import what_words
from sync_server.console.whose import Whose, charts_of
from sync_server.home import Home

PAGE = 50
MOST_LOOKED_AT = 20_000
LATE_MS = 60_000
"""What came so much later than it was done was done out of reach of the server."""
ADMIN_EVENT, ACCESS_EVENT = "admin_event", "access_event"
AREAS = ("", "administration", "reading", "leaving", "glass", "sessions", "changes", "sync", "refused")
_AREA_OF = {
    "print": "leaving", "export": "leaving", "break-glass": "glass", "denied": "refused",
    **dict.fromkeys(("sign-in", "sign-out", "lock", "wrong-try", "broke-off", "lost"), "sessions"),
}  # fmt: skip


@dataclass(frozen=True)
class Touched:
    """A record that a change set wrote: its table, the end of its id, the names of its fields, never their values."""

    table: str
    record: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One change set: its place in the server's order, when it was done, who did what at which workstation.

    `came` is when the server got it; `name` is the action as the program calls it and `action` in words. Of a look
    `access` is the kind, `purpose` why (in words). `patients` are the numbers of the records that it is about.
    """

    pos: int
    change: str
    at: datetime
    came: datetime
    person: str
    station: str
    action: str
    state: str
    touched: tuple[Touched, ...]
    detail: str = ""
    origin: str = ""
    name: str = ""
    access: str = ""
    purpose: str = ""
    by: UUID | None = None
    subject: UUID | None = None
    author: int = 0
    patients: tuple[str, ...] = ()

    @property
    def late(self) -> bool:
        """Whether it was done out of reach of the server, and came when the line was back."""
        return milliseconds(self.came) - milliseconds(self.at) > LATE_MS


@dataclass(frozen=True)
class Filter:
    """What is looked for; empty parts let everything through.

    `person` did it, `subjects` are what an act of an administrator is about, one of them; `device` wrote it, or it is
    what an administrator did to that; `record` is a record number; `before` is a place: only what is older.
    """

    person: UUID | None = None
    subjects: frozenset[UUID] = frozenset()
    device: UUID | None = None
    area: str = ""
    words: str = ""
    record: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0


def audit_page(
    home: Home, wanted: Filter, most: int = PAGE, look_at: int | None = MOST_LOOKED_AT
) -> tuple[list[Line], int]:
    """The newest lines that fit, and the place to go on from (0 when that was all).

    So many lines at `most`, found among so many change sets (`look_at`; None: all of them).
    """
    found: list[Line] = []
    charts = charts_of(home, wanted.record) if wanted.record else frozenset[UUID]()
    with home.store.reading() as connection:
        names, whose = _Names(connection, home.facts.author), Whose(connection)
        for looked, row in enumerate(_rows(connection, wanted, names), 1):
            leaves = readable_leaves(msgspec.msgpack.decode(row.leaves, type=list[bytes]))
            line = _line(row, leaves, names)
            if _fits(line, wanted, names) and (not wanted.record or charts & whose.of(leaves)):
                found.append(replace(line, patients=whose.numbers(whose.of(leaves))))
            if len(found) == most or looked == look_at:
                return found, row.pos
    return found, 0


class _Names:
    """People and workstations by what the log calls them."""

    def __init__(self, connection: Connection, server: int) -> None:
        self.server = server
        self.people: Mapping[UUID, str] = {
            row.id: row.name for row in connection.execute(select(Account.id, Account.name))
        }
        devices = connection.execute(select(Device.id, Device.author, Device.name)).all()
        self.stations: Mapping[int, str] = {row.author: row.name for row in devices}
        self.authors: Mapping[UUID, int] = {row.id: row.author for row in devices}
        self.devices: Mapping[UUID, str] = {row.id: row.name for row in devices}

    def person(self, id: UUID) -> str:
        return self.people.get(id) or self.devices.get(id) or id.hex[-12:]


def _rows(connection: Connection, wanted: Filter, names: _Names) -> Iterator[Any]:
    log = ledger.change_log
    question = select(log).order_by(log.c.pos.desc())
    if wanted.before:
        question = question.where(log.c.pos < wanted.before)
    if wanted.device is not None:
        question = question.where(log.c.author.in_((names.authors.get(wanted.device, -1), names.server)))
    if wanted.since is not None:
        question = question.where(log.c.stamp >= _first_of(wanted.since))
    if wanted.until is not None:
        question = question.where(log.c.stamp < _first_of(wanted.until))
    yield from connection.execution_options(stream_results=True).execute(question)


def _first_of(moment: datetime) -> int:
    """The least stamp of a moment, as far as stamps go."""
    return min(max(stamp(milliseconds(moment), 0, 0), 0), 2**63 - 1)


def _line(row: Any, leaves: list[Leaf], names: _Names) -> Line:
    action, by = "", None
    with suppress(Damaged):
        details = decode_details(bytes(row.details))
        action, by = details.action, UUID(bytes=details.person)
    refused = row.state == ledger.REFUSED
    event, look = ({}, {}) if refused else (_event(leaves), _look(leaves))  # what was refused proves nothing of itself
    action, by = event.get("kind", action), _id((event or look).get("by")) or by
    access = look.get("kind", "")
    return Line(
        pos=row.pos, change=f"{author_code(row.author)} {row.number}", at=instant(stamp_ms(row.stamp)),
        came=instant(row.received_ms), person=names.person(by) if by else "",
        station=names.stations.get(row.author, ""), action=what_words(action, access) or "?",
        state="refused" if refused else "",
        touched=tuple(_touched(leaf) for leaf in leaves if refused or leaf.table not in (ADMIN_EVENT, ACCESS_EVENT)),
        detail=(event or look).get("detail") or "", origin=event.get("origin") or "", name=action, access=access,
        purpose=purpose_word(look.get("purpose", "")), by=by, subject=_id(event.get("subject")),
        author=row.author,
    )  # fmt: skip


def _event(leaves: list[Leaf]) -> Mapping[str, Any]:
    """The act of an administrator in a change set, nothing where there is none."""
    return next((leaf.values for leaf in leaves if leaf.table == ADMIN_EVENT), {})


def _look(leaves: list[Leaf]) -> Mapping[str, Any]:
    """The look in a change set; of several the one that is more than reading."""
    looks = [leaf.values for leaf in leaves if leaf.table == ACCESS_EVENT]
    return max(looks, key=lambda one: one.get("kind") in _AREA_OF, default={})


def _id(stored: bytes | None) -> UUID | None:
    return UUID(bytes=stored) if stored else None


def _touched(leaf: Leaf) -> Touched:
    fields = tuple(sorted(name[:60] for name, value in leaf.values.items() if value is not None))
    return Touched(leaf.table[:60], leaf.record.hex()[-8:], fields)


def _fits(line: Line, wanted: Filter, names: _Names) -> bool:
    if wanted.person is not None and line.by != wanted.person:
        return False
    if wanted.subjects and line.subject not in wanted.subjects:
        return False
    if wanted.device is not None and line.subject != wanted.device and line.author != names.authors.get(wanted.device):
        return False
    if wanted.area and wanted.area != area_of(line):
        return False
    words = wanted.words.casefold()
    told = (line.action, line.name, line.person, line.station, line.change, line.detail, line.purpose,
            *(t.table for t in line.touched), *(t.record for t in line.touched))  # fmt: skip
    return not words or any(words in one.casefold() for one in told)


def area_of(line: Line) -> str:
    """Which of AREAS a line belongs to."""
    if line.state == "refused":
        return "refused"
    if line.name in ("console.denied", "console.wrong_try"):
        return "refused"
    if line.origin or line.name.startswith("server."):
        return "administration"
    if line.access:
        return _AREA_OF.get(line.access, "reading")
    return "sync" if line.name.startswith("sync.") else "changes"
