# SPDX-License-Identifier: Apache-2.0
"""The parts that every document shares, read from the records: whose it is, who sends it, who prints it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from hms_desktop.clinic.ehr.queries_allergies import Allergies, allergies
from hms_desktop.clinic.patients.queries import banner
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.core.text import _
from hms_desktop.documents import wording
from hms_desktop.documents.identity import MARK, AllergyBox, AllergyState, ClinicHead, PatientOnPaper, PrintRun
from hms_desktop.security.prints import Identity
from hms_desktop.storage.reader import Reader


@dataclass(frozen=True)
class Drawn:
    """A document ready to print: whose it is, what it is called (without names), what it says, and how it is drawn.

    `version` tells apart what was printed before something on it changed from what is printed after; `counts` are the
    papers as which prints are counted, where that is not the one that was asked for: it is a copy when each of them was
    printed. `zpl` draws a label for a label
    printer of so many dots per inch.
    """

    patient: UUID
    title: str
    made: Any
    render: Callable[[Any], bytes]
    version: str = ""
    counts: tuple[Identity, ...] = ()
    zpl: Callable[[Any, int], bytes] | None = None


def version_of(*parts: object) -> str:
    """A short word that differs when any of these (texts, numbers, days, tuples of them) differs."""
    return sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


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


def run(reader: Reader) -> PrintRun:
    """Who prints now, where, in the clinic's time; the printing tells which copy it is."""
    at = reader.now.astimezone(reader.clinic.zone)
    return PrintRun(reader.person.name, at, reader.station.name, training=reader.clinic.training)


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
