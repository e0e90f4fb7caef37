# SPDX-License-Identifier: Apache-2.0
"""Names of the people who acted, and what this workstation and person may see of a chart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.patients.births import earliest
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.queries_people import one_person
from hms_desktop.clinic.staff.queries import clinician_names
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.security.queries import query
from hms_desktop.security.stations import grants, station_kinds
from hms_desktop.storage.reader import Reader


@query("staff.read")
def person_names(reader: Reader, people: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """The names of these people, accounts or practitioners of imported records; others are "someone not known"."""
    wanted = {person for person in people if person is not None}
    unknown = _("someone not known on this device")
    found: dict[UUID | None, str] = dict.fromkeys(wanted, unknown)
    for row in reader.rows(select(Account.id, Account.name).where(Account.id.in_(wanted))) if wanted else ():
        found[row.id] = row.name
    if reader.person.id in wanted:
        found[reader.person.id] = reader.person.name
    strangers = {person for person in wanted if found[person] == unknown}
    for id, name in clinician_names(reader, strangers).items() if strangers else ():
        found[id] = name
    found[None] = ""
    return found


@query("patient.read")
def holds(reader: Reader, table: str) -> bool:
    """Whether this workstation replicates a table; a worker of the server holds them all."""
    kind = reader.station.kind
    return kind not in station_kinds() or table in grants(kind).read


@query("patient.read")
def clinic_day(reader: Reader, moment: datetime | None = None) -> date:
    """The clinic's calendar day of a moment, by default of now."""
    return (moment or reader.now).astimezone(reader.clinic.zone).date()


def age_in_days(born: str | None, on: date) -> int | None:
    """Days of life on a day; a birth date known in part counts from its first day; None when it is not known."""
    first = earliest(born) if born else None
    return None if first is None else max((on - first).days, 0)


@query("patient.read")
def born_on(reader: Reader, patient: UUID) -> str | None:
    """The birth date, maybe known in part, of the person behind a chart."""
    row = reader.find(Patient, one_person(reader, patient).survivor)
    return row.born if row else None


@query("patient.read")
def age_and_sex(reader: Reader, patient: UUID, on: date) -> tuple[int | None, str]:
    """Age in days on a day, and sex ("unknown" when it is not recorded), of the person behind a chart."""
    row = reader.find(Patient, one_person(reader, patient).survivor)
    if row is None:
        return None, "unknown"
    return age_in_days(row.born, on), row.sex
