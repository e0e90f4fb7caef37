# SPDX-License-Identifier: Apache-2.0
"""What the patient banner says, read from the register and the record of care: one place for every screen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr import queries_allergies
from hms_desktop.clinic.patients import queries as patients
from hms_desktop.core.text import _
from hms_desktop.ui.shell.words import day_words, time_words
from hms_desktop.ui.widgets.allergy_box import Allergies, Allergy
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.patient_banner import BannerData, Standing


class RegisterBanner:
    """Reads a banner; `tables` are those whose change makes it read again."""

    tables = frozenset(
        {"patient", "patient_identifier", "patient_flag", "patient_link", "patient_link_void", "allergy",
         "no_known_allergy", "no_known_allergy_void", "own_outbox"}
    )  # fmt: skip

    def __call__(self, reader: Any, patient: UUID) -> BannerData:
        """The banner of the person behind this chart."""
        found = patients.banner(reader, patient)
        name = found.name
        standing, words = _standing(found)
        age = f" ({name.age})" if name.age else ""
        return BannerData(
            patient=name.patient,
            family=name.family or ("" if name.name_known else name.full),
            given=name.given or "",
            title=name.prefix or "",
            born=f"{name.birth}{age}" if name.born else _("Not known"),
            sex=sex_words(name.sex),
            record=name.mrn,
            national=found.national[1] if found.national else "",
            flags=_flags(found),
            allergies=allergy_words(reader, patient),
            standing=standing,
            standing_words=words,
        )


def allergy_words(reader: Any, patient: UUID) -> Allergies:
    """A person's allergies as the box shows them."""
    found = queries_allergies.allergies(reader, patient)
    if found.state == "known":
        known = tuple(Allergy(row.facts.substance, row.facts.reaction or "") for row in found.standing)
        return Allergies("known", known)
    if found.state == "none" and found.statement is not None:
        at = found.statement.at.astimezone(reader.clinic.zone)
        note = _("asked by {name}, {day} {time}")
        words = note.format(name=found.statement.by, day=day_words(at), time=time_words(at))
        return Allergies("none", note=words)
    return Allergies("unavailable", note=found.why) if found.state == "unavailable" else Allergies("not_recorded")


def sex_words(sex: str) -> str:
    """An administrative sex (FHIR code) in words."""
    known = {"male": _("Male"), "female": _("Female"), "other": _("Other")}
    return known.get(sex, _("Not known"))


def _standing(found: patients.Banner) -> tuple[Standing, str]:
    if found.name.deceased_on:
        return "deceased", _("Died {day}").format(day=found.name.deceased_on)
    if found.temporary:
        return "unknown", _("Temporary record")
    return "normal", ""


def _flags(found: patients.Banner) -> tuple[ChipFace, ...]:
    faces = [ChipFace("conflict", _doubt_words(group), "git-merge") for group in sorted(found.doubts)]
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
