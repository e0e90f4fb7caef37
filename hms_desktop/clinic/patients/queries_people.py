# SPDX-License-Identifier: Apache-2.0
"""Who a patient is: the person behind one or more linked charts, and the name that lists show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Row, select

from hms_desktop.clinic.patients.births import show_age, show_birth
from hms_desktop.clinic.patients.model import (
    Patient,
    PatientLink,
    PatientLinkVoid,
)
from hms_desktop.clinic.patients.phones import region_of
from hms_desktop.clinic.patients.queries_restricted import hidden, require_seen
from hms_desktop.clinic.patients.rules import list_name, show_name
from hms_desktop.core.text import _
from hms_desktop.security.accounts import setting
from hms_desktop.security.audit import LOOK_GUARDS
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit


@dataclass(frozen=True)
class OnePerson:
    """The charts of one person: the survivor, and all of them with the survivor first."""

    survivor: UUID
    charts: tuple[UUID, ...]


@dataclass(frozen=True)
class PatientName:
    """The least that a list shows of a patient; of a `restricted` one, whom the reader may not know, its number."""

    patient: UUID
    family: str | None
    given: str | None
    prefix: str | None
    name_known: bool
    sex: str
    born: str | None
    born_estimated: bool
    mrn: str
    deceased_on: str | None
    age: str
    amended: frozenset[str] = frozenset()
    """Groups (name, birth, sex) that were written anew after the chart was made."""
    restricted: bool = False

    @property
    def listed(self) -> str:
        """`Okonkwo, Amara`."""
        return listed_name(self, veiled=self.restricted)

    @property
    def full(self) -> str:
        """`OKONKWO, Amara (Mrs)`."""
        if self.restricted:
            return _("Restricted patient")
        return show_name(self.family, self.given, self.prefix, sex=self.sex, known=self.name_known)

    @property
    def birth(self) -> str:
        """`14-Mar-1979`, or as much as is known of it."""
        if self.restricted:
            return ""
        return show_birth(self.born, self.born_estimated)


def listed_name(named: Any, *, veiled: bool) -> str:
    """The name in a list, of a row of `NAME_COLUMNS` or a `PatientName`; of who may not be known, only that."""
    if veiled:
        return _("Restricted patient")
    return list_name(named.family, named.given, sex=named.sex, known=named.name_known)


@query("patient.read")
def one_person(reader: Reader, patient: UUID) -> OnePerson:
    """The person behind a chart: every chart joined to it by links that were not voided, survivor first."""
    return people(reader, [patient])[patient]


@query("patient.read")
def seen_person(reader: Reader, patient: UUID) -> OnePerson:
    """The person behind a chart that is about to be read; Restricted where the reader may not know who it is.

    Inside an action the action's own right was asked for, and `record_access` asks before anything is shown.
    """
    person = one_person(reader, patient)
    if type(reader) is Reader:
        require_seen(reader, person.charts)
    return person


def _before_a_look(unit: Unit, patient: UUID) -> None:
    require_seen(unit, one_person(unit, patient).charts)


LOOK_GUARDS.append(_before_a_look)


@query("patient.read")
def people(reader: Reader, patients: Iterable[UUID]) -> dict[UUID, OnePerson]:
    """The person behind each of these charts; a chart without links is a person by itself."""
    wanted = list(dict.fromkeys(patients))
    links = links_around(reader, wanted)
    neighbours: dict[UUID, set[UUID]] = {}
    for row in links:
        neighbours.setdefault(row.survivor, set()).add(row.replaced)
        neighbours.setdefault(row.replaced, set()).add(row.survivor)
    found: dict[UUID, OnePerson] = {}
    for patient in wanted:
        if patient not in found:
            charts = _reachable(patient, neighbours)
            person = _person(charts, [r for r in links if r.survivor in charts])
            found.update(dict.fromkeys(charts, person))
    return {patient: found[patient] for patient in wanted}


@query("patient.read")
def links_around(reader: Reader, patients: Collection[UUID]) -> list[Row[Any]]:
    """Every standing link of the persons behind these charts."""
    near: dict[UUID, list[Row[Any]]] = {}
    for row in _standing_links(reader):
        near.setdefault(row.survivor, []).append(row)
        near.setdefault(row.replaced, []).append(row)
    links: dict[UUID, Row[Any]] = {}
    waiting, seen = list(patients), set(patients)
    while waiting:
        for row in near.get(waiting.pop(), ()):
            links[row.id] = row
            fresh = {row.survivor, row.replaced} - seen
            seen |= fresh
            waiting += fresh
    return list(links.values())


_LINKS: WeakKeyDictionary[Reader, list[Row[Any]]] = WeakKeyDictionary()
_STANDING = (
    select(PatientLink.id, PatientLink.survivor, PatientLink.replaced, PatientLink.reason, PatientLink.k)
    .where(~select(PatientLinkVoid.id).where(PatientLinkVoid.link == PatientLink.id).exists())
    .order_by(PatientLink.id)
)


def _standing_links(reader: Reader) -> list[Row[Any]]:
    """All links that were not voided: few, and asked for with every patient, so a reading reads them once.

    A unit may add links, so it always reads.
    """
    known = _LINKS.get(reader)
    if known is None:
        known = reader.rows(_STANDING)
        if type(reader) is Reader:
            _LINKS[reader] = known
    return known


def _reachable(start: UUID, neighbours: dict[UUID, set[UUID]]) -> set[UUID]:
    seen, waiting = {start}, [start]
    while waiting:
        fresh = neighbours.get(waiting.pop(), set()) - seen
        seen |= fresh
        waiting += fresh
    return seen


def _person(charts: set[UUID], links: list[Row[Any]]) -> OnePerson:
    """Two stations may have linked the charts in opposite directions: then the later link says who goes on."""
    standing = charts - {row.replaced for row in links}
    latest = max(links, key=lambda row: (row.k, row.id)).survivor if links else next(iter(charts))
    survivor = min(standing) if standing else latest
    return OnePerson(survivor, (survivor, *sorted(charts - {survivor})))


AMENDABLE = ("name", "birth", "sex")
"""Groups of a chart that carry a mark wherever they are shown, once they are written anew."""

NAME_COLUMNS = (
    Patient.id,
    Patient.family,
    Patient.given,
    Patient.prefix,
    Patient.name_known,
    Patient.sex,
    Patient.born,
    Patient.born_estimated,
    Patient.mrn,
    Patient.deceased_on,
    Patient.k,
    *(getattr(Patient, f"g_{group}") for group in AMENDABLE),
)


def name_of(row: Row[Any], today: date) -> PatientName:
    """A row of `NAME_COLUMNS` as a name; the age is that of today, or at death."""
    on = _death_day(row.deceased_on) or today
    return PatientName(
        row.id,
        row.family,
        row.given,
        row.prefix,
        row.name_known,
        row.sex,
        row.born,
        row.born_estimated,
        row.mrn,
        row.deceased_on,
        show_age(row.born, row.born_estimated, on),
        frozenset(group for group in AMENDABLE if (getattr(row, f"g_{group}") or 0) > row.k),
    )


def masked(name: PatientName) -> PatientName:
    """What is left of a name for who may not know it: that there is a record, and its number."""
    return PatientName(name.patient, None, None, None, False, "", None, False, name.mrn, None, "", restricted=True)


def _death_day(deceased_on: str | None) -> date | None:
    return date.fromisoformat(deceased_on) if deceased_on and len(deceased_on) == 10 else None


@query("patient.read")
def clinic_day(reader: Reader) -> date:
    """Today at the clinic."""
    return reader.now.astimezone(reader.clinic.zone).date()


@query("patient.read")
def home_region(reader: Reader) -> str:
    """The ISO 3166 region whose telephone numbers are typed without a country code: a setting, else by time zone."""
    return str(setting(reader, "phone_region", region_of(reader.clinic.zone.key)))


@query("patient.read")
def names(reader: Reader, patients: Iterable[UUID]) -> dict[UUID, PatientName]:
    """The name of the person behind each chart, by the id asked for; charts that are not held are left out."""
    persons = people(reader, patients)
    survivors = {p.survivor for p in persons.values()}
    today = clinic_day(reader)
    found = {r.id: name_of(r, today) for r in reader.rows(select(*NAME_COLUMNS).where(Patient.id.in_(survivors)))}
    for chart in hidden(reader, (p.charts for p in persons.values())) & found.keys():
        found[chart] = masked(found[chart])
    return {asked: found[p.survivor] for asked, p in persons.items() if p.survivor in found}


@query("patient.read")
def by_number(reader: Reader, mrn: str) -> UUID | None:
    """The person with this record number, also when it is the number of a chart that was joined to theirs."""
    found = reader.scalar(select(Patient.id).where(Patient.mrn == mrn.strip().upper()))
    return one_person(reader, found).survivor if found else None
