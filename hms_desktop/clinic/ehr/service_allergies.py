# SPDX-License-Identifier: Apache-2.0
"""Recording and reviewing allergies, the statement that none is known, and problems."""

from __future__ import annotations

from uuid import UUID

from hms_desktop.clinic.ehr.events import AllergyRecorded, AllergyReviewed, NoAllergiesStated, ProblemRecorded
from hms_desktop.clinic.ehr.knowledge import allergy_knowledge
from hms_desktop.clinic.ehr.model import Allergy, Condition, NoKnownAllergy, NoKnownAllergyVoid
from hms_desktop.clinic.ehr.queries_allergies import allergy_facts, facts_of
from hms_desktop.clinic.ehr.rules_allergies import reviewed, stands
from hms_desktop.clinic.ehr.rules_medicines import SUBSTANCES, substance_code
from hms_desktop.clinic.ehr.service_visits import chart_of
from hms_desktop.core.errors import BadInput, Refused
from hms_desktop.core.text import _
from hms_desktop.security.permissions import action
from hms_desktop.storage.unit import Unit

LIVE = ("active", "recurrence", "relapse")
OVER = ("inactive", "remission", "resolved")


@action("ehr.record_allergy", needs="allergy.record")
def record_allergy(
    unit: Unit,
    patient: UUID,
    substance: str,
    *,
    code: str | None = None,
    system: str | None = None,
    type: str | None = None,
    category: str | None = None,
    criticality: str | None = None,
    reaction: str | None = None,
    confirmed: bool = False,
) -> UUID:
    """Record an allergy; what the patient tells is unconfirmed until somebody confirms it. Nothing is preselected.

    A substance that the table of classes knows by this name is coded by it when no code is given.
    """
    name = " ".join(substance.split())
    if not name:
        raise BadInput(_("Type the substance the patient is allergic to."), "substance")
    same = next(
        (e for e in allergy_facts(unit, patient) if stands(e) and e.substance.casefold() == name.casefold()), None
    )
    if same is not None:
        raise Refused(_("The allergy to {substance} is already recorded. Open it to change it.").format(substance=name))
    if code is None and (code := substance_code(name, allergy_knowledge())) is not None:
        system = SUBSTANCES
    chart = chart_of(unit, patient)
    id = unit.add(
        Allergy,
        patient=chart,
        substance=name,
        code=code,
        system=system,
        type=type,
        category=category,
        criticality=criticality,
        reaction=(reaction or "").strip() or None,
        clinical_status="active",
        verification_status="confirmed" if confirmed else "unconfirmed",
        verified_at=unit.now,
        verified_by=unit.person.id,
        recorded_by=unit.person.id,
        recorded_at=unit.now,
    )
    unit.announce(AllergyRecorded(id, chart, name, unit.now))
    return id


@action("ehr.describe_allergy", needs="allergy.record")
def describe_allergy(
    unit: Unit,
    allergy: UUID,
    *,
    type: str | None,
    category: str | None,
    criticality: str | None,
    reaction: str | None,
    reason: str | None = None,
) -> None:
    """Write anew how an allergy shows: every value is given, None where nothing is known.

    What was recorded and is written anew needs a `reason`; what was not known yet is completed without one.
    """
    row = unit.get(Allergy, allergy)
    shown = (reaction or "").strip() or None
    said = ((row.type, type), (row.category, category), (row.criticality, criticality), (row.reaction, shown))
    if any(known and known != value for known, value in said) and not (reason or "").strip():
        raise BadInput(_("Say why it is changed: the old value stays in the history with it."), "reason")
    if not stands(facts_of(unit, row)):
        raise Refused(_("The allergy to {substance} no longer counts. Record it anew.").format(substance=row.substance))
    unit.change(
        Allergy,
        allergy,
        type=type,
        category=category,
        criticality=criticality,
        reaction=shown,
        why=(reason or "").strip() or row.why,
    )


@action("ehr.review_allergy", needs="allergy.record")
def review_allergy(unit: Unit, allergy: UUID, review: str, reason: str | None = None) -> None:
    """Confirm, refute, resolve, deactivate, reactivate an entry, or mark it as a mistake (keys of `rules.REVIEWS`).

    Entries that two people left differently are settled by it: every standing state is replaced.
    """
    row = unit.get(Allergy, allergy)
    if review == "mistake":
        unit.check("entry.void")
    clinical, verification = reviewed(facts_of(unit, row), review, reason)
    unit.change(
        Allergy,
        allergy,
        clinical_status=clinical,
        verification_status=verification,
        reason=(reason or "").strip() or None,
        verified_at=unit.now,
        verified_by=unit.person.id,
    )
    unit.announce(AllergyReviewed(allergy, row.patient, row.substance, clinical, verification, unit.now))


@action("ehr.reverify_allergies", needs="allergy.record")
def reverify_allergies(unit: Unit, patient: UUID) -> int:
    """The whole list was gone through with the patient and still holds; returns how many entries that are."""
    standing = [entry for entry in allergy_facts(unit, patient) if stands(entry)]
    if odd := next((entry for entry in standing if entry.contested), None):
        raise Refused(_("Two entries of {substance} differ. Review it by itself.").format(substance=odd.substance))
    for entry in standing:
        unit.change(Allergy, entry.id, verified_at=unit.now, verified_by=unit.person.id)
    if not standing:
        raise Refused(_("There is no allergy on record to go through. Ask the patient and record the answer."))
    return len(standing)


@action("ehr.state_no_allergies", needs="allergy.record")
def state_no_allergies(unit: Unit, patient: UUID) -> UUID:
    """The patient was asked now and knows of no allergy; refused while an entry stands."""
    standing = next((entry for entry in allergy_facts(unit, patient) if stands(entry)), None)
    if standing is not None:
        raise Refused(
            _("{substance} is on record. Rule it out with a reason before stating that there is no allergy.").format(
                substance=standing.substance
            )
        )
    chart = chart_of(unit, patient)
    id = unit.add(NoKnownAllergy, patient=chart, at=unit.now, by=unit.person.id)
    unit.announce(NoAllergiesStated(id, chart, unit.now))
    return id


@action("ehr.void_no_allergies", needs="entry.void")
def void_no_allergies(unit: Unit, statement: UUID, reason: str) -> None:
    """The statement that no allergy is known was a mistake."""
    unit.get(NoKnownAllergy, statement)
    if not reason.strip():
        raise BadInput(_("Say why the statement was wrong."), "reason")
    unit.add(NoKnownAllergyVoid, statement=statement, reason=reason.strip(), by=unit.person.id)


@action("ehr.record_problem", needs="problem.record")
def record_problem(
    unit: Unit,
    patient: UUID,
    display: str,
    *,
    code: str | None = None,
    system: str | None = None,
    onset: str | None = None,
    encounter: UUID | None = None,
    verification: str = "confirmed",
) -> UUID:
    """Put a problem on the list; `onset` as much of a date as is known (YYYY, YYYY-MM, YYYY-MM-DD)."""
    name = " ".join(display.split())
    if not name:
        raise BadInput(_("Type the problem or diagnosis."), "display")
    chart = chart_of(unit, patient)
    id = unit.add(
        Condition,
        patient=chart,
        encounter=encounter,
        code=code,
        system=system,
        display=name,
        onset=onset,
        clinical_status="active",
        verification_status=verification,
        recorded_by=unit.person.id,
        recorded_at=unit.now,
    )
    unit.announce(ProblemRecorded(id, chart, encounter, name, unit.now))
    return id


@action("ehr.change_problem", needs="problem.record")
def change_problem(
    unit: Unit,
    condition: UUID,
    *,
    clinical: str,
    verification: str,
    abatement: str | None = None,
    reason: str | None = None,
) -> None:
    """Write anew how a problem stands (FHIR statuses); what ends it needs a reason or a date, taking it up a reason."""
    row = unit.get(Condition, condition)
    ends = clinical in OVER or verification in ("refuted", "entered-in-error")
    if ends and not ((reason or "").strip() or abatement):
        raise BadInput(_("Say why or since when {problem} is over.").format(problem=row.display), "reason")
    was_over = row.clinical_status in OVER or row.verification_status in ("refuted", "entered-in-error")
    if was_over and not ends and not (reason or "").strip():
        raise BadInput(_("Say why {problem} is taken up again.").format(problem=row.display), "reason")
    if verification == "entered-in-error":
        unit.check("entry.void")
    unit.change(
        Condition,
        condition,
        clinical_status=clinical,
        verification_status=verification,
        abatement=abatement if ends else None,
        reason=(reason or "").strip() or row.reason,
    )
