# SPDX-License-Identifier: Apache-2.0
"""A person's allergies: the state of the chart, every entry that stands, and those that no longer do."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from hms_desktop.clinic.ehr.model import Allergy, NoKnownAllergy, NoKnownAllergyVoid
from hms_desktop.clinic.ehr.queries_people import holds, person_names
from hms_desktop.clinic.ehr.queries_standing import contested
from hms_desktop.clinic.ehr.rules_allergies import AllergyFacts, AllergyState, asks_again, chart_state, worst_first
from hms_desktop.clinic.patients.queries_people import OnePerson, one_person, people
from hms_desktop.clinic.patients.queries_restricted import hidden
from hms_desktop.core.text import _
from hms_desktop.security.queries import query
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class AllergyRow:
    """One entry as it is shown; `facts` is what the rules see of it."""

    facts: AllergyFacts
    category: str | None
    system: str | None
    recorded_by: str
    recorded_at: datetime | None
    reason: str | None
    saved_here: bool
    why: str | None = None
    """Why how it shows was written anew; None when that never was, or only completed."""

    @property
    def reaction(self) -> str:
        """What happened, marked when it was written anew."""
        return ", ".join(part for part in (self.facts.reaction, _("corrected") if self.why else "") if part)

    @property
    def shown(self) -> str:
        """`Penicillin (anaphylaxis)`."""
        return f"{self.facts.substance} ({self.reaction})" if self.reaction else self.facts.substance


@dataclass(frozen=True)
class Statement:
    """Somebody asked and the patient knew of no allergy."""

    id: UUID
    at: datetime
    by: str


@dataclass(frozen=True)
class Allergies:
    """Everything the banner and the chart show of allergies.

    `state` is one of exactly four; `standing` is worst first; `past` is refuted, resolved or a mistake; `why` says why
    they are unavailable; `due` asks that the list be gone through again.
    """

    state: AllergyState
    standing: tuple[AllergyRow, ...] = ()
    past: tuple[AllergyRow, ...] = ()
    statement: Statement | None = None
    due: bool = False
    why: str = ""


_OnChart = tuple[UUID, AllergyRow]


@query("patient.read")
def allergies(reader: Reader, patient: UUID) -> Allergies:
    """The allergies of the person behind a chart, from all their charts."""
    return allergies_of(reader, [patient])[patient]


@query("patient.read")
def allergies_of(reader: Reader, patients: Iterable[UUID]) -> dict[UUID, Allergies]:
    """The allergies of the person behind each of these charts, for a list: read at once for all of them."""
    if why := _why_unavailable(reader):
        return dict.fromkeys(patients, Allergies("unavailable", why=why))
    persons = people(reader, patients)
    veiled = hidden(reader, (person.charts for person in persons.values()))
    charts = {chart for person in persons.values() for chart in person.charts} - veiled
    rows, statements = _rows(reader, charts), _statements(reader, charts)
    closed = Allergies("unavailable", why=_("Shown to who has a care relation, or breaks the glass"))
    return {
        patient: closed if person.survivor in veiled else _of_person(reader, person, rows, statements)
        for patient, person in persons.items()
    }


def _of_person(
    reader: Reader, person: OnePerson, found: Iterable[_OnChart], statements: Iterable[tuple[UUID, Statement]]
) -> Allergies:
    rows = [row for chart, row in found if chart in person.charts]
    by_id = {row.facts.id: row for row in rows}
    facts = [row.facts for row in rows]
    standing = tuple(by_id[entry.id] for entry in worst_first(facts))
    statement = next((said for chart, said in statements if chart in person.charts), None)
    asked = statement.at if statement else None
    return Allergies(
        state=chart_state(facts, asked),
        standing=standing,
        past=tuple(row for row in rows if row not in standing),
        statement=statement,
        due=asks_again(facts, asked, reader.now),
    )


@query("patient.read")
def allergy_facts(reader: Reader, patient: UUID) -> tuple[AllergyFacts, ...]:
    """The entries of all charts of a person as the medicine checks take them."""
    return tuple(row.facts for _chart, row in _rows(reader, one_person(reader, patient).charts))


@query("patient.read")
def facts_of(reader: Reader, row: Row[Any]) -> AllergyFacts:
    """A row of the allergy table as the rules see it; contested when two people left it differently."""
    return _facts(row, contested=bool(contested(reader, Allergy, row.id)))


def _facts(row: Row[Any], *, contested: bool) -> AllergyFacts:
    return AllergyFacts(
        row.id,
        row.substance,
        row.code,
        row.type,
        row.criticality,
        row.reaction,
        row.clinical_status,
        row.verification_status,
        row.verified_at or row.recorded_at,
        contested,
    )


def _why_unavailable(reader: Reader) -> str:
    may = reader.person.permissions
    if not holds(reader, "allergy"):
        return _("This workstation does not hold allergies")
    if not {"chart.read", "allergy.read", "allergy.record", "dispense.read", "emergency.read"} & may:
        return _("Not shown for your role")
    return ""


def _rows(reader: Reader, charts: Collection[UUID]) -> list[_OnChart]:
    """Every entry of these charts with its chart, the oldest first."""
    rows = reader.rows(select(Allergy.__table__).where(Allergy.patient.in_(charts)).order_by(Allergy.k))
    names = person_names(reader, [row.recorded_by for row in rows])
    here = reader.local_only([row.id for row in rows]) if rows else set()
    doubted = reader.with_heads(Allergy, [row.id for row in rows])
    return [
        (
            row.patient,
            AllergyRow(
                facts_of(reader, row) if row.id in doubted else _facts(row, contested=False),
                row.category,
                row.system,
                names[row.recorded_by],
                row.recorded_at,
                row.reason,
                row.id in here,
                row.why,
            ),
        )
        for row in rows
    ]


def _statements(reader: Reader, charts: Collection[UUID]) -> list[tuple[UUID, Statement]]:
    """What stands of “no known allergies” on these charts, each with its chart, the latest first."""
    voided = select(NoKnownAllergyVoid.id).where(NoKnownAllergyVoid.statement == NoKnownAllergy.id).exists()
    question = select(NoKnownAllergy.__table__).where(NoKnownAllergy.patient.in_(charts), ~voided)
    rows = reader.rows(question.order_by(NoKnownAllergy.at.desc()))
    names = person_names(reader, [row.by for row in rows])
    return [(row.patient, Statement(row.id, row.at, names[row.by] or "")) for row in rows]
