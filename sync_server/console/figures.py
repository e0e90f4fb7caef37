# SPDX-License-Identifier: Apache-2.0
"""The figures of the console: how each workstation stands by its own word, and what asks for an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from hms_desktop.clinic.conflicts.queries import OpenConflict, open_conflicts
from hms_desktop.core.clock import OFF_MS, instant
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.sync import copies, pull
from sync_server import two_person
from sync_server.console.look import span
from sync_server.console_access import Colleague
from sync_server.contacts import UNKNOWN, Contact, Contacts
from sync_server.devices import DeviceRow, device_rows
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.opening import Opening, is_silent, read_opening
from sync_server.quarantine import waiting_count


class Console(Protocol):
    """What figures are read from."""

    home: Home
    book: Notebook
    contacts: Contacts


ONLINE_MS = 60_000
COPY_TOLD_MS = 7 * 24 * 3_600_000
BEHIND = 200
OPENING = "opening"
DEVICES = "device.manage"


@dataclass(frozen=True)
class Chip:
    """A state as it is shown: never by its colour alone."""

    status: str
    icon: str
    words: str


@dataclass(frozen=True)
class StationFigures:
    """A workstation with what it last said; `behind` counts entries of the server's order that it has not fetched."""

    device: DeviceRow
    contact: Contact
    person: str
    chip: Chip
    behind: int
    silent: bool
    online: bool
    copied: bool = False

    @property
    def seen(self) -> datetime | None:
        """When it last called."""
        return instant(self.contact.seen_ms) if self.contact.seen_ms else None

    @property
    def told(self) -> datetime | None:
        """When it last said what waits there."""
        return instant(self.contact.told_ms) if self.contact.told_ms else None

    @property
    def oldest(self) -> datetime | None:
        """When the oldest of what waits there was written."""
        return instant(self.contact.oldest_ms) if self.contact.oldest_ms else None

    @property
    def waiting(self) -> int | None:
        """How many change sets wait there by its last word; None when it never said."""
        return None if self.contact.waiting == UNKNOWN else self.contact.waiting

    @property
    def clock_off(self) -> bool:
        """Whether its clock is minutes away from the server's."""
        return abs(self.contact.ahead_ms) > OFF_MS

    @property
    def groups(self) -> frozenset[str]:
        """The chips of the list that it is found under."""
        found = {"all"}
        if self.device.status == "pending":
            found.add("pending")
        elif self.device.status != "approved":
            found.add("blocked")
        else:
            found |= {"online"} if self.online else {"offline"}
            found |= {"clock"} if self.clock_off or self.device.reduced_protection else set()
        return frozenset(found)


def opening_of(console: Console) -> Opening:
    """The clinic's opening hours as they were set."""
    return read_opening(console.book.get(OPENING))


def stations(console: Console) -> list[StationFigures]:
    """Every workstation: what asks for somebody first, then those out of touch, then by name."""
    home = console.home
    rows, now_ms = [row for row in device_rows(home) if row.kind != "server"], home.store.clock.now_ms()
    with home.store.reading() as connection:
        end = pull.position(connection)
        turned_away = {row.id: copies.turned_away_ms(connection, row.id) for row in rows}
    names, contacts = people_names(home), console.contacts.all()
    opening = opening_of(console)
    found = [_figures(home, row, contacts.get(row.id, Contact(row.id)), names, end, opening) for row in rows]
    copied = {id for id, ms in turned_away.items() if ms and now_ms - ms < COPY_TOLD_MS}
    return sorted((_marked(one) if one.device.id in copied else one for one in found), key=_weight)


def _marked(one: StationFigures) -> StationFigures:
    """The same, of which a second copy called: whoever of the two is wrong, somebody must look."""
    if one.device.status != "approved":
        return one
    return replace(one, copied=True, chip=Chip("critical", "warning-octagon-fill", _("Second copy turned away")))


def _weight(one: StationFigures) -> tuple[int, str]:
    first = {"pending": 0, "approved": 1 if one.silent or one.copied else 3 if one.online else 2}
    return first.get(one.device.status, 4), one.device.name.casefold()


def people_names(home: Home) -> Mapping[UUID, str]:
    """Names of colleagues by id."""
    question = select(Account.id, Account.name)
    return {row.id: row.name for row in home.store.read(lambda reader: reader.rows(question), home.worker)}


def _figures(
    home: Home, row: DeviceRow, contact: Contact, names: Mapping[UUID, str], end: int, opening: Opening
) -> StationFigures:
    now_ms = home.store.clock.now_ms()
    online = bool(contact.seen_ms) and now_ms - contact.seen_ms <= ONLINE_MS and row.status == "approved"
    now, zone = datetime.fromtimestamp(now_ms / 1000, UTC), ZoneInfo(home.facts.zone)
    heard = instant(contact.seen_ms or row.since_ms)  # one that was approved and never called is looked for too
    silent = row.status == "approved" and is_silent(opening, heard, now, zone)
    behind = max(0, end - contact.position) if contact.position else 0
    person = names.get(contact.person, "") if contact.person and online else ""
    return StationFigures(
        row, contact, person, _chip(row, contact, online, silent, behind, now_ms), behind, silent, online
    )


def _chip(row: DeviceRow, contact: Contact, online: bool, silent: bool, behind: int, now_ms: int) -> Chip:
    if row.status == "pending":
        return Chip("warning", "hand", _("Waiting for approval"))
    if row.status != "approved":
        return Chip("critical", "prohibit", _blocked(row.status))
    if not contact.seen_ms and silent:
        return Chip("warning", "warning", _("Never called"))
    if not contact.seen_ms:
        return Chip("neutral", "circle-dashed", _("Not seen yet"))
    if not online:
        away = span(timedelta(milliseconds=now_ms - contact.seen_ms))
        words = _("Silent {time}") if silent else _("Offline {time}")
        return Chip("warning" if silent else "local", "warning" if silent else "wifi-slash", words.format(time=away))
    if abs(contact.ahead_ms) > OFF_MS:
        off = span(timedelta(milliseconds=abs(contact.ahead_ms)))
        words = _("Clock {time} fast") if contact.ahead_ms > 0 else _("Clock {time} slow")
        return Chip("warning", "clock", words.format(time=off))
    if behind > BEHIND:
        return Chip("info", "arrows-clockwise", _("Catching up, {count} behind").format(count=f"{behind:,}"))
    return Chip("success", "cloud-check", _("Online"))


def _blocked(status: str) -> str:
    return {"wipe": _("Blocked, wipe pending"), "wiped": _("Blocked and wiped")}.get(status, _("Blocked"))


def conflicts(home: Home) -> list[OpenConflict]:
    """Every open conflict of the clinic."""
    return home.store.read(open_conflicts, home.worker)


def badges(console: Console, person: Colleague) -> Mapping[str, int]:
    """What asks for somebody, by place."""
    home = console.home
    asked = [one for one in two_person.requests(home, console.book, waiting=True) if one.by != person.id]
    asking = stations(console) if DEVICES in person.rights else []
    return {
        "devices": sum(one.silent or one.device.status == "pending" for one in asking),
        "conflicts": len(conflicts(home)),
        "quarantine": waiting_count(home),
        "requests": sum(
            two_person.KINDS[one.kind].needs in person.rights for one in asked if one.kind in two_person.KINDS
        ),
    }
