# SPDX-License-Identifier: Apache-2.0
"""Which practitioner a signed-in person is, and for which services they work: their team."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.staff.model import Place, Practitioner, PractitionerRole
from hms_desktop.security.queries import query
from hms_desktop.security.reach import register_surroundings
from hms_desktop.storage.reader import Reader


@query("staff.read")
def works_as(reader: Reader) -> tuple[frozenset[UUID], frozenset[str]]:
    """The practitioner ids of the person at work, and the services that they work for now."""
    ids = {row.id for row in reader.rows(select(Practitioner.id).where(Practitioner.account == reader.person.id))}
    return frozenset(ids), services_of(reader, ids)


@query("staff.read")
def services_of(reader: Reader, people: Collection[UUID]) -> frozenset[str]:
    """The services that one of these people (practitioners, or accounts of some) works for now."""
    question = (
        select(PractitionerRole.service)
        .join(Practitioner, Practitioner.id == PractitionerRole.practitioner)
        .where(Practitioner.id.in_(people) | Practitioner.account.in_(people), PractitionerRole.active)
    )
    return frozenset(row.service for row in reader.rows(question) if row.service) if people else frozenset()


@query("staff.read")
def site_of(reader: Reader, place: UUID) -> str | None:
    """The site at which a place stands; None when it is not known."""
    found: str | None = reader.scalar(select(Place.site).where(Place.id == place))
    return found


class _Staff:
    """What the directory tells of people and places."""

    works_as = staticmethod(works_as)
    services_of = staticmethod(services_of)
    site_of = staticmethod(site_of)


register_surroundings(_Staff())
