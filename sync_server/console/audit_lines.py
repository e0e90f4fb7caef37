# SPDX-License-Identifier: Apache-2.0
"""The server's log as administrators read it: who, what, where, which records by number and field, never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from hms_desktop.core.clock import instant, milliseconds
from hms_desktop.core.errors import Damaged
from hms_desktop.core.ids import author_code
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account, Device
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import Leaf, decode_details, readable_leaves
from sync_server.home import Home

PAGE = 50
MOST_LOOKED_AT = 20_000
ADMIN_EVENT, ACCESS_EVENT = "admin_event", "access_event"
AREAS = ("", "administration", "reading", "changes", "sync", "refused")


@dataclass(frozen=True)
class Touched:
    """A record that a change set wrote: its table, the end of its id, the names of its fields, never their values."""

    table: str
    record: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One change set: its place in the server's order, when it came, who did what at which workstation."""

    pos: int
    change: str
    at: datetime
    person: str
    station: str
    action: str
    state: str
    touched: tuple[Touched, ...]
    detail: str = ""
    origin: str = ""
    name: str = ""
    by: UUID | None = None
    subject: UUID | None = None


@dataclass(frozen=True)
class Filter:
    """What is looked for; empty parts let everything through.

    `person` did it, `subjects` are what an act of an administrator is about, one of them; `before` is a place: only
    what is older.
    """

    person: UUID | None = None
    subjects: frozenset[UUID] = frozenset()
    device: UUID | None = None
    area: str = ""
    words: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0


def audit_page(home: Home, wanted: Filter, most: int = PAGE) -> tuple[list[Line], int]:
    """The newest lines that fit, and the place to go on from (0 when that was all)."""
    found: list[Line] = []
    with home.store.reading() as connection:
        names = _Names(connection)
        for looked, row in enumerate(_rows(connection, wanted, names), 1):
            line = _line(row, names)
            if _fits(line, wanted):
                found.append(line)
            if len(found) == most or looked == MOST_LOOKED_AT:
                return found, row.pos
    return found, 0


def kind_words(kind: str) -> str:
    """What an act of an administrator is called; one that has no words yet keeps its own name."""
    words = {
        "console.signed_in": _("Signed in to the console"), "console.signed_out": _("Signed out of the console"),
        "console.access": _("Access to the console set up"), "console.closed": _("Access to the console ended"),
        "console.session_ended": _("Session ended"), "console.sessions_ended": _("Sessions ended"),
        "console.key_added": _("Security key added"), "console.key_removed": _("Security key removed"),
        "device.code": _("Code for a new device"), "device.approved": _("Device approved"),
        "device.blocked": _("Device blocked"), "device.wipe_ordered": _("Wiping ordered"),
        "device.permit_code": _("Permit code shown"), "device.new_key": _("New file key ordered"),
        "device.fill_anew": _("Filling anew ordered"), "device.diagnostics_asked": _("Diagnostics asked for"),
        "device.diagnostics_read": _("Diagnostics read"), "device.silent": _("Device silent in opening hours"),
        "person.joined": _("Person joined"), "person.moved": _("Roles changed"), "person.left": _("Person left"),
        "person.new_keys": _("New keys for a person"), "person.new_factor": _("Second factor reset"),
        "request.asked": _("Two-person request asked"), "request.approved": _("Request approved"),
        "request.declined": _("Request declined"), "request.withdrawn": _("Request taken back"),
        "request.failed": _("Request failed"), "request.used": _("Request used"),
        "quarantine.replayed": _("Held change tried again and taken"),
        "quarantine.asked": _("Owner of a held change asked"),
        "quarantine.put_away": _("Held change put away"), "audit.checked": _("Chains checked"),
        "audit.exported": _("Audit log exported"), "access.reviewed": _("Access review finished"),
        "backup.noted": _("Backup noted"), 
        "records.exported": _("Every record exported"), "settings.opening": _("Opening hours changed"),
        "settings.chosen": _("Setting changed"), "server.device": _("Device record changed"),
        "server.person": _("Account changed"), "server.begin": _("Server made"), "server.setting": _("Setting changed"),
    }  # fmt: skip
    return words.get(kind, kind)


class _Names:
    """People and workstations by what the log calls them."""

    def __init__(self, connection: Connection) -> None:
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
        question = question.where(log.c.author == names.authors.get(wanted.device, -1))
    if wanted.since is not None:
        question = question.where(log.c.received_ms >= milliseconds(wanted.since))
    if wanted.until is not None:
        question = question.where(log.c.received_ms < milliseconds(wanted.until))
    yield from connection.execution_options(stream_results=True).execute(question)


def _line(row: Any, names: _Names) -> Line:
    action, by = "", None
    with suppress(Damaged):
        details = decode_details(bytes(row.details))
        action, by = details.action, UUID(bytes=details.person)
    leaves = readable_leaves(msgspec.msgpack.decode(row.leaves, type=list[bytes]))
    event = next((leaf.values for leaf in leaves if leaf.table == ADMIN_EVENT), None)
    if event is not None:
        action, by = event["kind"], UUID(bytes=event["by"])
    about = (event or {}).get("subject")
    return Line(
        pos=row.pos, change=f"{author_code(row.author)} {row.number}", at=instant(row.received_ms),
        person=names.person(by) if by else "",
        station=names.stations.get(row.author, ""), action=kind_words(action) or "?",
        state="refused" if row.state == ledger.REFUSED else "",
        touched=tuple(_touched(leaf) for leaf in leaves if leaf.table != ADMIN_EVENT),
        detail=(event or {}).get("detail") or "", origin=(event or {}).get("origin") or "",
        name=action, by=by, subject=UUID(bytes=about) if about else None,
    )  # fmt: skip


def _touched(leaf: Leaf) -> Touched:
    fields = tuple(sorted(name for name, value in leaf.values.items() if value is not None))
    return Touched(leaf.table, leaf.record.hex()[-8:], fields)


def _fits(line: Line, wanted: Filter) -> bool:
    if wanted.person is not None and line.by != wanted.person:
        return False
    if wanted.subjects and line.subject not in wanted.subjects:
        return False
    if wanted.area and wanted.area != _area(line):
        return False
    words = wanted.words.casefold()
    told = (line.action, line.name, line.person, line.station, line.change, line.detail,
            *(t.table for t in line.touched), *(t.record for t in line.touched))  # fmt: skip
    return not words or any(words in one.casefold() for one in told)


def _area(line: Line) -> str:
    """Which of AREAS a line belongs to."""
    tables = {one.table for one in line.touched}
    if line.state == "refused":
        return "refused"
    if line.origin or line.name.startswith("server."):
        return "administration"
    if line.name.startswith("sync."):
        return "sync"
    return "reading" if tables == {ACCESS_EVENT} else "changes"
