# SPDX-License-Identifier: Apache-2.0
"""The parts that every document shares, read from the records: whose it is, who sends it, who prints it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from hms_desktop.clinic.ehr.queries_allergies import Allergies, allergies
from hms_desktop.clinic.patients.queries import banner
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.text import _
from hms_desktop.documents import wording
from hms_desktop.documents.identity import MARK, AllergyBox, AllergyState, ClinicHead, PatientOnPaper, PrintRun
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Drawn:
    """A document ready to show: whose it is, what it is called (without names), and its PDF."""

    patient: UUID
    title: str
    pdf: bytes


def whose(reader: Reader, patient: UUID) -> PatientOnPaper:
    """The banner of the person behind a chart, for paper; NotFound when the chart is not on this device."""
    found = banner(reader, patient)
    name = found.name
    died = _("Died {date}").format(date=wording.partial_day(name.deceased_on)) if name.deceased_on else ""
    if died and "death" in found.amended:
        died += MARK
    helped = _("Needs an interpreter") if found.interpreter else ""
    hidden = {"language"} if died else {"language", "death"}
    return PatientOnPaper(
        name.full,
        name.born or "",
        name.age,
        sex_word(name.sex),
        name.mrn,
        _box(reader, allergies(reader, patient)),
        name.born_estimated,
        found.national[1] if found.national else "",
        tuple(words for words in (died, *found.flags, helped) if words),
        found.amended - hidden,
    )


def sender(reader: Reader) -> ClinicHead:
    """The clinic at the head of the page, with the site where this station stands."""
    site = reader.station.site
    return ClinicHead(reader.clinic.name, (site,) if site and site != reader.clinic.name else ())


def run(reader: Reader, copy: bool = False) -> PrintRun:
    """Who prints now, where, in the clinic's time."""
    return PrintRun(
        reader.person.name, reader.now.astimezone(reader.clinic.zone), reader.station.name, copy, reader.clinic.training
    )


def _box(reader: Reader, found: Allergies) -> AllergyBox:
    if found.state == "known":
        return AllergyBox(AllergyState.KNOWN, tuple(row.shown for row in found.standing))
    if found.state == "none":
        said = found.statement
        asked = wording.moment(said.at.astimezone(reader.clinic.zone)) if said else ""
        note = _("Asked by {person}, {moment}").format(person=said.by, moment=asked) if said else ""
        return AllergyBox(AllergyState.NONE_KNOWN, (), note)
    if found.state == "unavailable":
        return AllergyBox(AllergyState.UNAVAILABLE, (), found.why)
    return AllergyBox(AllergyState.NOT_RECORDED)
