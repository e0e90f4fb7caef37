# SPDX-License-Identifier: Apache-2.0
"""What people do with the directory: add people and places, give roles, plan and end weekly sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from hms_desktop.clinic.staff.events import SessionChanged, SessionOpened
from hms_desktop.clinic.staff.model import Organization, Place, Practitioner, PractitionerRole, SessionTemplate
from hms_desktop.clinic.staff.queries import Session, clinicians, sessions_of
from hms_desktop.clinic.staff.queries import session as read_session
from hms_desktop.clinic.staff.rules import Hours, faults, overlap, weekday_word
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit


@action("staff.add_practitioner", needs="staff.manage")
def add_practitioner(
    unit: Unit,
    *,
    family: str,
    given: str | None = None,
    prefix: str | None = None,
    account: UUID | None = None,
    speciality: str | None = None,
    licence: str | None = None,
) -> UUID:
    """Add a person who sees patients or orders for them."""
    if not family.strip():
        raise BadInput(_("Type a family name."), "family")
    return unit.add(
        Practitioner,
        family=family.strip(),
        given=given,
        prefix=prefix,
        account=account,
        speciality=speciality,
        licence=licence,
        active=True,
    )


@action("staff.change_practitioner", needs="staff.manage")
def change_practitioner(
    unit: Unit,
    *,
    practitioner: UUID,
    speciality: str | None,
    licence: str | None,
    account: UUID | None,
    active: bool,
    reason: str,
) -> None:
    """Change a practitioner's speciality, licence or account, or note that they left or came back, with the reason."""
    work = {"speciality": speciality, "licence": licence, "account": account, "active": active}
    unit.change(Practitioner, practitioner, **work, why=_said(reason))


@action("staff.give_role", needs="staff.manage")
def give_role(
    unit: Unit, *, practitioner: UUID, role: str, service: str | None = None, place: UUID | None = None
) -> UUID:
    """Say what a practitioner does, for which service and where."""
    if not role.strip():
        raise BadInput(_("Type a role."), "role")
    return unit.add(
        PractitionerRole, practitioner=practitioner, role=role.strip(), service=service, place=place, active=True
    )


@action("staff.add_place", needs="staff.manage")
def add_place(unit: Unit, *, name: str, kind: str, price_code: str | None = None, site: str | None = None) -> UUID:
    """Add a room, ward, bench, pharmacy or store; `price_code` is what a night in a ward is charged under.

    `site` is where it stands: the site of this workstation when it is not given.
    """
    if not name.strip():
        raise BadInput(_("Type a name for the place."), "name")
    where = (site or "").strip() or unit.station.site
    price = (price_code or "").strip() or None
    return unit.add(Place, name=name.strip(), kind=kind, price_code=price, site=where, active=True)


@action("staff.add_organization", needs="staff.manage")
def add_organization(
    unit: Unit, *, name: str, kind: str | None = None, phone: str | None = None, city: str | None = None
) -> UUID:
    """Add a clinic, hospital, laboratory or payer that records name."""
    if not name.strip():
        raise BadInput(_("Type a name for the organization."), "name")
    return unit.add(Organization, name=name.strip(), kind=kind, phone=phone, city=city)


@action("staff.open_session", needs="session.plan")
def open_session(
    unit: Unit,
    *,
    practitioner: UUID,
    hours: Hours,
    service: str,
    place: UUID | None = None,
    price_code: str | None = None,
) -> UUID:
    """Open weekly hours for booking; they must not meet other hours of the same person."""
    _check(unit, practitioner, hours)
    if not service.strip():
        raise BadInput(_("Type the service that can be booked."), "service")
    made = unit.add(
        SessionTemplate,
        practitioner=practitioner,
        weekday=hours.weekday,
        starts=hours.starts,
        ends=hours.ends,
        slot_minutes=hours.slot_minutes,
        capacity=hours.capacity,
        place=place,
        service=service.strip(),
        valid_from=hours.valid_from,
        valid_to=hours.valid_to,
        price_code=price_code,
    )
    unit.announce(SessionOpened(made, practitioner, hours.valid_from))
    return made


def _check(unit: Unit, practitioner: UUID, hours: Hours) -> None:
    found = faults(hours)
    if found:
        raise found[0]
    name = next((c.name for c in clinicians(unit, everyone=True) if c.id == practitioner), "")
    for other in sessions_of(unit, practitioner):
        if overlap(hours, other.hours):
            message = _("{name} already has {starts} to {ends} on {day}. End those hours first, or choose others.")
            raise Refused(
                message.format(
                    name=name, starts=other.hours.starts, ends=other.hours.ends, day=weekday_word(other.hours.weekday)
                )
            )


@action("staff.set_capacity", needs="session.plan")
def set_capacity(unit: Unit, *, session: UUID, capacity: int, reason: str) -> None:
    """Change how many patients fit one slot of a session, with the reason; bookings that exist stay."""
    known = read_session(unit, session)
    found = faults(_with_capacity(known, capacity))
    if found:
        raise found[0]
    if capacity == known.hours.capacity:
        return
    unit.change(SessionTemplate, session, capacity=capacity, why=_said(reason))
    unit.announce(SessionChanged(session, known.practitioner))


def _with_capacity(known: Session, capacity: int) -> Hours:
    return replace(known.hours, capacity=capacity)


@action("staff.end_session", needs="session.plan")
def end_session(unit: Unit, *, session: UUID, last_day: date, reason: str) -> None:
    """End weekly hours after a last day, with the reason; bookings after it are for the desk to move."""
    known = read_session(unit, session)
    if last_day < known.hours.valid_from:
        raise Refused(
            _("The last day is before the first day of these hours, {day}.").format(
                day=known.hours.valid_from.isoformat()
            )
        )
    unit.change(SessionTemplate, session, valid_to=last_day, stop_reason=_said(reason))
    unit.announce(SessionChanged(session, known.practitioner))


def _said(reason: str) -> str:
    if not reason.strip():
        raise BadInput(_("Say why it is changed: the old value stays in the history with it."), "reason")
    return reason.strip()
