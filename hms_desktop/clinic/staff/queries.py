# SPDX-License-Identifier: Apache-2.0
"""Who works here, where, and the sessions of a day or of the week."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select

from hms_desktop.clinic.staff.model import Place, Practitioner, PractitionerRole, SessionTemplate
from hms_desktop.clinic.staff.rules import Hours, clinician_name
from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Clinician:
    """A practitioner as lists show them; `why` says why their work was written anew."""

    id: UUID
    name: str
    family: str
    given: str | None
    prefix: str | None
    speciality: str | None
    account: UUID | None
    active: bool
    services: tuple[str, ...]
    why: str | None = None


@dataclass(frozen=True)
class Session:
    """Weekly hours with who and where in words; `why` their capacity was written anew, `stop_reason` why they end."""

    id: UUID
    practitioner: UUID
    clinician: str
    speciality: str | None
    hours: Hours
    place: UUID | None
    place_name: str | None
    service: str
    price_code: str | None
    why: str | None = None
    stop_reason: str | None = None


@dataclass(frozen=True)
class PlaceRow:
    """A room, bench or store."""

    id: UUID
    name: str
    kind: str
    site: str | None = None


@query("staff.read")
def clinicians(reader: Reader, *, everyone: bool = False) -> tuple[Clinician, ...]:
    """Practitioners by family name; without those who left unless `everyone`."""
    question = select(Practitioner.__table__).order_by(Practitioner.family, Practitioner.given)
    if not everyone:
        question = question.where(Practitioner.active)
    rows = reader.rows(question)
    services = _services(reader)
    return tuple(
        Clinician(
            r.id,
            clinician_name(r.family, r.given, r.prefix),
            r.family,
            r.given,
            r.prefix,
            r.speciality,
            r.account,
            r.active,
            services.get(r.id, ()),
            r.why,
        )
        for r in rows
    )


def _services(reader: Reader) -> dict[UUID, tuple[str, ...]]:
    found: dict[UUID, dict[str, None]] = {}
    question = select(PractitionerRole.practitioner, PractitionerRole.service).where(PractitionerRole.active)
    for row in reader.rows(question):
        if row.service:
            found.setdefault(row.practitioner, {})[row.service] = None
    return {id: tuple(words) for id, words in found.items()}


@query("staff.read")
def clinician_names(reader: Reader, ids: Collection[UUID]) -> dict[UUID, str]:
    """The name of each of these practitioners, as strips and lists have it."""
    columns = (Practitioner.id, Practitioner.family, Practitioner.given, Practitioner.prefix)
    rows = reader.rows(select(*columns).where(Practitioner.id.in_(ids)))
    return {r.id: clinician_name(r.family, r.given, r.prefix) for r in rows}


@query("staff.read")
def practitioner_of(reader: Reader, account: UUID) -> UUID | None:
    """The practitioner that a signed-in account is, if it is one."""
    found: UUID | None = reader.scalar(select(Practitioner.id).where(Practitioner.account == account))
    return found


@query("staff.read")
def places(reader: Reader, *kinds: str) -> tuple[PlaceRow, ...]:
    """Active places by name, of these kinds if any are named."""
    question = select(Place.id, Place.name, Place.kind, Place.site).where(Place.active).order_by(Place.name)
    if kinds:
        question = question.where(Place.kind.in_(kinds))
    return tuple(PlaceRow(r.id, r.name, r.kind, r.site) for r in reader.rows(question))


@query("staff.read")
def sessions_on(reader: Reader, day: date) -> tuple[Session, ...]:
    """The sessions that hold on a day, by clinician and hour."""
    table = SessionTemplate
    holds = (
        table.weekday == day.weekday(),
        table.valid_from <= day,
        or_(table.valid_to.is_(None), table.valid_to >= day),
    )
    return tuple(_session(r) for r in reader.rows(_sessions().where(*holds)))


@query("staff.read")
def sessions_of(reader: Reader, practitioner: UUID, *, on_or_after: date | None = None) -> tuple[Session, ...]:
    """The weekly hours of a practitioner in the order of the week; those that ended before a day can be left out."""
    question = _sessions().where(SessionTemplate.practitioner == practitioner)
    if on_or_after:
        question = question.where(or_(SessionTemplate.valid_to.is_(None), SessionTemplate.valid_to >= on_or_after))
    found = [_session(r) for r in reader.rows(question)]
    return tuple(sorted(found, key=lambda s: (s.hours.weekday, s.hours.starts, s.hours.valid_from)))


@query("staff.read")
def session(reader: Reader, id: UUID) -> Session:
    """One session; NotFound when it is not on this device."""
    row = reader.first(_sessions().where(SessionTemplate.id == id))
    if row is None:
        raise NotFound(_("This session is not on this device. Sync, or choose another time."))
    return _session(row)


def _sessions() -> Any:
    who = (Practitioner.family, Practitioner.given, Practitioner.prefix, Practitioner.speciality)
    return (
        select(SessionTemplate.__table__, *who, Place.name.label("place_name"))
        .join(Practitioner, Practitioner.id == SessionTemplate.practitioner)
        .outerjoin(Place, Place.id == SessionTemplate.place)
        .order_by(Practitioner.family, Practitioner.given, SessionTemplate.starts)
    )


def _session(row: Row[Any]) -> Session:
    hours = Hours(row.weekday, row.starts, row.ends, row.slot_minutes, row.capacity, row.valid_from, row.valid_to)
    name = clinician_name(row.family, row.given, row.prefix)
    return Session(
        row.id,
        row.practitioner,
        name,
        row.speciality,
        hours,
        row.place,
        row.place_name,
        row.service,
        row.price_code,
        row.why,
        row.stop_reason,
    )
