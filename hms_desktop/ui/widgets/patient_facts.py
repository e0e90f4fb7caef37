# SPDX-License-Identifier: Apache-2.0
"""What a banner or card says of a patient, read from the register and the record of care, for every screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr import queries_allergies
from hms_desktop.clinic.patients import queries as patients
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.clinic.patients.rules_restricted import restriction_word
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.allergy_box import Allergies, Allergy
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.patient_banner import BannerData, Standing

TABLES = frozenset(
    {
        "patient",
        "patient_identifier",
        "patient_flag",
        "patient_link",
        "patient_link_void",
        "allergy",
        "no_known_allergy",
        "no_known_allergy_void",
        "patient_restriction",
        "patient_restriction_end",
        "broken_glass",
        "broken_glass_end",
        "own_outbox",
    }
)
"""The tables whose change makes a banner read again."""


def patient_facts(reader: Any, patient: UUID, *, similar_name: bool = False) -> BannerData:
    """The banner of the person behind a chart."""
    found = patients.banner(reader, patient)
    name = found.name
    if name.restricted:
        return _masked(reader, name)
    standing, words = _standing(found, patient)
    age = f" ({name.age})" if name.age else ""
    return BannerData(
        patient=name.patient,
        family=name.family or ("" if name.name_known else name.full),
        given=name.given or "",
        title=name.prefix or "",
        born=f"{name.birth}{age}" if name.born else _("Not known"),
        sex=sex_word(name.sex),
        record=name.mrn,
        national=found.national[1] if found.national else "",
        flags=_flags(found),
        allergies=allergy_facts(reader, patient),
        similar_name=similar_name,
        standing=standing,
        standing_words=words,
        amended=_shown(found),
        glass=found.glass.id if found.glass else None,
    )


def _masked(reader: Any, name: PatientName) -> BannerData:
    """What is shown to who may not know this patient: that the record is restricted, and its number."""
    return BannerData(
        patient=name.patient,
        family=_("Restricted patient"),
        given="",
        born="",
        sex="",
        record=name.mrn,
        allergies=allergy_facts(reader, name.patient),
        standing="restricted",
        standing_words=_("Restricted"),
    )


def _shown(found: patients.Banner) -> frozenset[str]:
    """What was written anew of what the banner says: no death that was taken back, no language that nobody needs."""
    gone = set() if found.name.deceased_on else {"death"}
    return found.amended - gone - (set() if found.interpreter else {"language"})


def allergy_facts(reader: Any, patient: UUID) -> Allergies:
    """A person's allergies in one of the four states."""
    return allergy_facts_of(reader, [patient])[patient]


def allergy_facts_of(reader: Any, patients: Iterable[UUID]) -> dict[UUID, Allergies]:
    """The same of every person in a list, by the chart asked for, in one reading."""
    found = queries_allergies.allergies_of(reader, patients)
    return {patient: _shown_allergies(reader, allergies) for patient, allergies in found.items()}


def _shown_allergies(reader: Any, found: queries_allergies.Allergies) -> Allergies:
    if found.state == "known":
        known = tuple(Allergy(row.facts.substance, row.reaction) for row in found.standing)
        return Allergies("known", known)
    if found.state == "none" and found.statement is not None:
        at = found.statement.at.astimezone(reader.clinic.zone)
        words = _("Asked by {name}, {day} {time}").format(
            name=found.statement.by, day=show_day(at.date()), time=show_time(at.time())
        )
        return Allergies("none", note=words)
    return Allergies("unavailable", note=found.why) if found.state == "unavailable" else Allergies("not_recorded")


def _standing(found: patients.Banner, asked: UUID) -> tuple[Standing, str]:
    if found.glass is not None:
        left = found.glass.minutes
        words = ngettext("Emergency access, {n} min left", "Emergency access, {n} min left", left)
        return "emergency", words.format(n=left)
    if asked != found.name.patient:
        return "merged", _("Merged into {record}").format(record=found.name.mrn)
    if found.name.deceased_on:
        return "deceased", _("Died {day}").format(day=show_birth(found.name.deceased_on))
    if found.temporary:
        return "unknown", _("Temporary record")
    return "normal", ""


def _flags(found: patients.Banner) -> tuple[ChipFace, ...]:
    faces = [ChipFace("conflict", _doubt_words(group), "git-merge") for group in sorted(found.doubts)]
    if found.restriction:
        words = _("Restricted: {why}").format(why=restriction_word(found.restriction))
        faces.insert(0, ChipFace("locked", words, "lock-simple"))
    faces += [ChipFace("warning", text, "flag-fill") for text in found.flags]
    if found.interpreter:
        words = _("Interpreter: {language}").format(language=found.language or "?")
        faces.append(ChipFace("info", words, "chats-circle"))
    if found.saved_here:
        faces.append(saved_here())
    return tuple(faces)


def _doubt_words(group: str) -> str:
    named = {
        "birth": _("Two birth dates"),
        "sex": _("Sex recorded twice"),
        "name": _("Two names"),
        "death": _("Death in doubt"),
    }
    return named.get(group, _("Two versions"))
