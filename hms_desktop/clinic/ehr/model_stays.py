# SPDX-License-Identifier: Apache-2.0
"""Tables of those who stay: where an inpatient lies (FHIR Encounter.location), until when, and each night counted."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped

from hms_desktop.storage.columns import day, instant, link, ref, text
from hms_desktop.storage.records import Fact


class BedStay(Fact, table="bed_stay", phi=True):
    """An inpatient came to a bed of a ward; `price_code` is what a night there is charged under."""

    encounter: Mapped[UUID] = ref("encounter")
    patient: Mapped[UUID] = link(index=True)
    place: Mapped[UUID] = link()
    bed: Mapped[str] = text()
    since: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    price_code: Mapped[str | None] = text(optional=True)


class BedStayEnd(Fact, table="bed_stay_end", phi=True):
    """The patient left the bed: for another one, for home, or the admission was a mistake."""

    stay: Mapped[UUID] = ref("bed_stay")
    at: Mapped[datetime] = instant()
    by: Mapped[UUID] = link()
    reason: Mapped[str | None] = text(phi=True, optional=True)


class BedNight(Fact, table="bed_night", phi=True):
    """One midnight of the clinic that a patient spent in a bed; `night` is the day that ended with it.

    Made by rule from the visit and the night: whoever counts it, in whatever bed and however often, there is one.
    """

    encounter: Mapped[UUID] = ref("encounter")
    patient: Mapped[UUID] = link(index=True)
    night: Mapped[date] = day()
