# SPDX-License-Identifier: Apache-2.0
"""Tables of people, places and weekly sessions (FHIR Practitioner, Organization, Location, Schedule)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import choice, day, flag, link, ref, text, whole
from hms_desktop.storage.records import LAST_WRITER, Record


class Practitioner(Record, table="practitioner", groups={"name": LAST_WRITER, "work": LAST_WRITER}):
    """A person who sees patients or orders for them; `account` ties a signed-in person to it.

    `why` says why their work was written anew; None while it is as it was first written.
    """

    family: Mapped[str] = text(group="name", index=True)
    given: Mapped[str | None] = text(group="name", optional=True)
    prefix: Mapped[str | None] = text(group="name", optional=True)
    account: Mapped[UUID | None] = link(group="work", optional=True, index=True)
    speciality: Mapped[str | None] = text(group="work", optional=True)
    licence: Mapped[str | None] = text(group="work", optional=True)
    active: Mapped[bool] = flag(group="work")
    source: Mapped[str | None] = text(group="work", optional=True, index=True)
    why: Mapped[str | None] = text(group="work", optional=True)


class PractitionerRole(Record, table="practitioner_role", groups={"role": LAST_WRITER}):
    """What a practitioner does, for which service, where."""

    practitioner: Mapped[UUID] = ref("practitioner", group="role")
    role: Mapped[str] = text(group="role")
    service: Mapped[str | None] = text(group="role", optional=True)
    place: Mapped[UUID | None] = ref("place", group="role", optional=True)
    active: Mapped[bool] = flag(group="role")


class Organization(Record, table="organization", groups={"organization": LAST_WRITER}):
    """A clinic, hospital, laboratory or payer that records name."""

    name: Mapped[str] = text(group="organization", index=True)
    kind: Mapped[str | None] = text(group="organization", optional=True)
    phone: Mapped[str | None] = text(group="organization", optional=True)
    city: Mapped[str | None] = text(group="organization", optional=True)
    source: Mapped[str | None] = text(group="organization", optional=True, index=True)


class Place(Record, table="place", groups={"place": LAST_WRITER}):
    """Somewhere in the clinic: a room, a ward, a bench, the pharmacy, a store; `price_code` of a night in a ward.

    `site` is the site it stands at, named as workstations name theirs.
    """

    name: Mapped[str] = text(group="place")
    kind: Mapped[str] = choice("clinic", "room", "ward", "bench", "pharmacy", "store", group="place")
    price_code: Mapped[str | None] = text(group="place", optional=True)
    site: Mapped[str | None] = text(group="place", optional=True)
    active: Mapped[bool] = flag(group="place")


class SessionTemplate(Record, table="session_template", groups={"session": LAST_WRITER, "validity": LAST_WRITER}):
    """Weekly hours that can be booked. `weekday` 0 is Monday; `starts` and `ends` are HH:MM clinic time.

    Session and slot length together name the slots, so a change of hours closes this session and opens another.
    `why` says why the capacity was written anew, `stop_reason` why the hours were ended.
    """

    practitioner: Mapped[UUID] = ref("practitioner", group="session")
    weekday: Mapped[int] = whole(group="session", index=True)
    starts: Mapped[str] = text(group="session")
    ends: Mapped[str] = text(group="session")
    slot_minutes: Mapped[int] = whole(group="session")
    place: Mapped[UUID | None] = ref("place", group="session", optional=True)
    service: Mapped[str] = text(group="session")
    price_code: Mapped[str | None] = text(group="session", optional=True)
    capacity: Mapped[int] = whole(group="session")
    why: Mapped[str | None] = text(group="session", optional=True)
    valid_from: Mapped[date] = day(group="validity")
    valid_to: Mapped[date | None] = day(group="validity", optional=True)
    stop_reason: Mapped[str | None] = text(group="validity", optional=True)
