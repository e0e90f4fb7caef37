# SPDX-License-Identifier: Apache-2.0
"""The palette's search: the audited search of the register, with what results must always show beside each name."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from hms_desktop.clinic.patients import service
from hms_desktop.clinic.patients.queries_people import PatientName
from hms_desktop.clinic.patients.queries_search import Found
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.shell.palette_rows import Findings, FoundPatient
from hms_desktop.ui.tasks import Tasks
from hms_desktop.ui.widgets.allergy_box import Allergies, heading
from hms_desktop.ui.widgets.badge import initials
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.patient_facts import allergy_facts_of

SHOWN = 6


class RegisterFinder:
    """Searches this device and notes the search in the access log before anything is shown."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks

    def __call__(self, text: str, found: Callable[[Findings], object], owner: QObject) -> None:
        """Hand what fits the text to `found`."""
        self._tasks.run(partial(look_up, text=text), found, owner=owner)


class NoFinder:
    """Finds nobody: in an emergency session a patient is asked for with a reason, on its own screen."""

    def __call__(self, text: str, found: Callable[[Findings], object], owner: QObject) -> None:
        """Nobody is found."""
        found(Findings())


def look_up(unit: Any, text: str) -> Findings:
    """One search, as one action; the time it took is shown with the results."""
    started = time.perf_counter()
    result = service.find_patients(unit, text=text, limit=SHOWN)
    allergies = allergy_facts_of(unit, [hit.patient for hit in result.hits])
    patients = tuple(_shown(hit.name, allergies[hit.patient]) for hit in result.hits)
    took = int((time.perf_counter() - started) * 1000)
    return Findings(patients, _matched(result), _twins(result), took, result.more)


def _shown(name: PatientName, allergies: Allergies) -> FoundPatient:
    about = ", ".join(part for part in (name.birth, name.age, sex_word(name.sex).lower()) if part)
    words = ", ".join(allergy.substance for allergy in allergies.known) or heading(allergies)
    letters = initials(name.given or "", name.family or "")
    return FoundPatient(
        name.patient, name.full, about, name.mrn, allergies.state, words, letters=letters,
        amended=corrected(name, "name", "birth", "sex"),
    )  # fmt: skip


def _matched(result: Found) -> str:
    words = {
        "name": _("name"),
        "sound": _("sound of the name"),
        "birth": _("birth date"),
        "number": _("number"),
        "phone": _("telephone"),
        "typing": _("a likely typing error"),
    }
    found = [words[by] for by in words if by in result.by]
    if len(found) < 2:
        return "".join(found)
    return _("{most} and {last}").format(most=", ".join(found[:-1]), last=found[-1])


def _twins(result: Found) -> str:
    if not result.look_alikes:
        return ""
    pairs: dict[tuple[str, str], int] = {}
    for hit in result.hits:
        key = ((hit.name.family or "").casefold(), (hit.name.born or "")[4:])
        pairs[key] = pairs.get(key, 0) + 1
    count = max(pairs.values(), default=2)
    return ngettext(
        "{count} patient shares this surname and birthday. Check the year and record number.",
        "{count} patients share this surname and birthday. Check the year and record number.",
        count,
    ).format(count=count)
