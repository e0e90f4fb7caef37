# SPDX-License-Identifier: Apache-2.0
"""Charts that may be the same person as one that is being registered or already stands; indexed columns only.

The same questions run while a form is typed and, at hub and centre, where histories meet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select

from hms_desktop.clinic.patients.births import earliest
from hms_desktop.clinic.patients.identifiers import squeeze
from hms_desktop.clinic.patients.likeness import CANDIDATE, Likeness, Traits, compare
from hms_desktop.clinic.patients.model import LookAlikeDecision, Patient, PatientContact, PatientIdentifier
from hms_desktop.clinic.patients.names import plain, sounds
from hms_desktop.clinic.patients.phones import keep_phone, phone_key
from hms_desktop.clinic.patients.queries_people import PatientName, home_region, names, people
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader

MOST_COMPARED = 400
_AT_ONCE = 500
_WRITTEN = UUID(int=0)
"""Stands for who is being registered and has no chart yet."""


@dataclass(frozen=True)
class LookAlike:
    """Another chart that may be this person, with the reasons; `settled` when the desk said before that it is not."""

    name: PatientName
    likeness: Likeness

    @property
    def patient(self) -> UUID:
        """The other person's surviving chart."""
        return self.name.patient


@query("patient.register")
def look_alikes(reader: Reader, written: Registration, *, limit: int = 8) -> tuple[LookAlike, ...]:
    """Persons like the one being registered, the likeliest first; an empty form has none."""
    return _likely(reader, {_WRITTEN: traits_written(written, home_region(reader))}, {}, limit)[_WRITTEN]


@query("patient.read")
def look_alikes_of(reader: Reader, patient: UUID, *, limit: int = 8) -> tuple[LookAlike, ...]:
    """Other persons like the one of this chart, without those that the desk has already decided about."""
    return look_alikes_of_each(reader, [patient], limit=limit)[patient]


@query("patient.read")
def look_alikes_of_each(
    reader: Reader, patients: Sequence[UUID], *, limit: int = 8
) -> dict[UUID, tuple[LookAlike, ...]]:
    """The same of many charts at once: charts that lie near several of them are read once."""
    own = {patient: frozenset(person.charts) for patient, person in people(reader, patients).items()}
    told = _decisions(reader, frozenset().union(*own.values()))
    without = {patient: charts.union(*(told.get(chart, ()) for chart in charts)) for patient, charts in own.items()}
    return _likely(reader, _traits(reader, patients), without, limit)


def _decisions(reader: Reader, charts: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """By chart of these those others of which somebody said that they are another person."""
    question = select(LookAlikeDecision.patient, LookAlikeDecision.other).where(
        LookAlikeDecision.choice == "different",
        or_(LookAlikeDecision.patient.in_(charts), LookAlikeDecision.other.in_(charts)),
    )
    told: dict[UUID, set[UUID]] = {}
    for row in reader.rows(question):
        told.setdefault(row.patient, set()).add(row.other)
        told.setdefault(row.other, set()).add(row.patient)
    return {chart: told[chart] for chart in charts if chart in told}


def traits_written(written: Registration, region: str) -> Traits:
    """What of a registration is compared."""
    return Traits(
        family=written.family,
        given=written.given,
        born=written.born if written.born and earliest(written.born) else None,
        born_estimated=written.born_estimated,
        sex=written.sex or "unknown",
        phones=frozenset([keep_phone(written.phone, region)] if written.phone else []),
        identifiers=frozenset((s, squeeze(v)) for s, v in written.identifiers if v.strip()),
        guardians=frozenset([written.guardian] if written.guardian else []),
    )


def _likely(
    reader: Reader, mine: Mapping[UUID, Traits], without: Mapping[UUID, frozenset[UUID]], limit: int
) -> dict[UUID, tuple[LookAlike, ...]]:
    near = {one: [id for id in _near(reader, traits) if id not in without.get(one, ())] for one, traits in mine.items()}
    others = _traits(reader, list({id for charts in near.values() for id in charts}))
    alike = {one: _alike(mine[one], charts, others) for one, charts in near.items()}
    shown = names(reader, {id for found in alike.values() for id in found})
    return {one: _best(found, shown, limit) for one, found in alike.items()}


def _alike(mine: Traits, charts: Iterable[UUID], others: Mapping[UUID, Traits]) -> dict[UUID, Likeness]:
    """How like these charts are, as far as they are worth looking at."""
    compared = {id: compare(mine, others[id]) for id in charts if id in others}
    return {id: found for id, found in compared.items() if found.score >= CANDIDATE}


def _best(alike: Mapping[UUID, Likeness], shown: Mapping[UUID, PatientName], limit: int) -> tuple[LookAlike, ...]:
    """Each person once, by the chart that is likest, the likeliest first."""
    best: dict[UUID, Likeness] = {}
    for id, found in alike.items():
        if id in shown and (shown[id].patient not in best or found.score > best[shown[id].patient].score):
            best[shown[id].patient] = found
    by_person = {shown[id].patient: shown[id] for id in alike if id in shown}
    ordered = sorted(best, key=lambda id: (-best[id].score, by_person[id].mrn))
    return tuple(LookAlike(by_person[id], best[id]) for id in ordered[:limit])


def _near(reader: Reader, mine: Traits) -> list[UUID]:
    """Charts worth comparing: they share a telephone, an identifier, a birth date or a name that sounds the same."""
    found: dict[UUID, None] = {}
    for question in _questions(mine):
        for row in reader.rows(question.limit(MOST_COMPARED)):
            found[row[0]] = None
    return list(found)


def _questions(mine: Traits) -> Iterable[Any]:
    keys = [k for k in map(phone_key, mine.phones) if k]
    if keys:
        yield select(PatientContact.patient).where(PatientContact.phone_key.in_(keys), PatientContact.active)
    if mine.identifiers:
        values = [value for _system, value in mine.identifiers]
        yield select(PatientIdentifier.patient).where(PatientIdentifier.value.in_(values))
    births = _birth_values(mine)
    if births:
        yield select(Patient.id).where(Patient.born.in_(births))
    for condition in _name_conditions(mine):
        yield select(Patient.id).where(condition)


def _birth_values(mine: Traits) -> list[str]:
    day = earliest(mine.born) if mine.born and len(mine.born) == 10 else None
    if day is None or mine.born is None:
        return []
    year, month, date = mine.born.split("-")
    near = {mine.born, f"{year}-{date}-{month}", year, f"{year}-{month}"}
    near |= {(day + timedelta(days=step)).isoformat() for step in (-1, 1)}
    near |= {f"{int(year) + step:04d}-{month}-{date}" for step in (-1, 1)}
    return sorted(near)


def _name_conditions(mine: Traits) -> list[ColumnElement[bool]]:
    family, given = plain(mine.family), plain(mine.given)
    conditions: list[ColumnElement[bool]] = []
    if family and given:
        conditions.append(and_(Patient.family_key == given, _starts(Patient.given_key, family[:2])))
        conditions.append(and_(_starts(Patient.family_key, family[:4]), _starts(Patient.given_key, given[:2])))
    heard = " ".join(sounds(mine.family))
    if heard:
        conditions.append(and_(Patient.sound_key == heard, _starts(Patient.given_key, given[:1])))
    if given and mine.born:
        first = given.split(" ")[0]
        conditions.append(and_(_starts(Patient.given_key, first), _starts(Patient.born, mine.born[:4])))
    return conditions


def _starts(column: Any, prefix: str) -> ColumnElement[bool]:
    if not prefix:
        return column.is_not(None) | column.is_(None)  # type: ignore[no-any-return]
    return and_(column >= prefix, column < prefix[:-1] + chr(ord(prefix[-1]) + 1))


def _traits(reader: Reader, charts: Sequence[UUID]) -> dict[UUID, Traits]:
    found: dict[UUID, Traits] = {}
    for start in range(0, len(charts), _AT_ONCE):
        found |= _traits_of_some(reader, charts[start : start + _AT_ONCE])
    return found


def _traits_of_some(reader: Reader, charts: Sequence[UUID]) -> dict[UUID, Traits]:
    phones, guardians = _contacts(reader, charts)
    numbers: dict[UUID, set[tuple[str, str]]] = {}
    question = select(PatientIdentifier.patient, PatientIdentifier.system, PatientIdentifier.value)
    for row in reader.rows(question.where(PatientIdentifier.patient.in_(charts), PatientIdentifier.active)):
        numbers.setdefault(row.patient, set()).add((row.system, squeeze(row.value)))
    columns = (Patient.id, Patient.family, Patient.given, Patient.born, Patient.born_estimated, Patient.sex)
    return {
        r.id: _chart_traits(r, phones.get(r.id, ()), numbers.get(r.id, ()), guardians.get(r.id, ()))
        for r in reader.rows(select(*columns).where(Patient.id.in_(charts)))
    }


def _chart_traits(
    row: Row[Any], phones: Iterable[str], numbers: Iterable[tuple[str, str]], guardians: Iterable[str]
) -> Traits:
    return Traits(
        row.family,
        row.given,
        row.born,
        row.born_estimated,
        row.sex,
        frozenset(phones),
        frozenset(numbers),
        frozenset(guardians),
    )


def _contacts(reader: Reader, charts: Sequence[UUID]) -> tuple[dict[UUID, set[str]], dict[UUID, set[str]]]:
    phones: dict[UUID, set[str]] = {}
    guardians: dict[UUID, set[str]] = {}
    question = select(PatientContact.patient, PatientContact.kind, PatientContact.value, PatientContact.name)
    for row in reader.rows(question.where(PatientContact.patient.in_(charts), PatientContact.active)):
        if row.kind == "phone":
            phones.setdefault(row.patient, set()).add(row.value)
        elif row.kind == "next_of_kin" and row.name:
            guardians.setdefault(row.patient, set()).add(row.name)
    return phones, guardians
