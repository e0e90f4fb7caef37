# SPDX-License-Identifier: Apache-2.0
"""What the palette lists for a typed text: patients first, then acts on the one selected, then commands. No widgets."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hms_desktop.core.text import _, ngettext

AllergyState = Literal["known", "none", "not_recorded", "unavailable"]
MOST_COMMANDS = 4


@dataclass(frozen=True)
class FoundPatient:
    """A patient as search results must show one: name, birth date with age and sex, record number, allergy state."""

    id: UUID
    name: str
    about: str
    record: str
    allergies: AllergyState
    allergy_words: str
    note: str = ""
    letters: str = ""
    amended: str = ""
    """What of it was written anew, in words; empty when nothing was."""


@dataclass(frozen=True)
class Findings:
    """Results of one search on this device, best first; `twins` is the sentence on look-alikes among them, or empty."""

    patients: tuple[FoundPatient, ...] = ()
    matched_by: str = ""
    twins: str = ""
    milliseconds: int = 0
    more: bool = False


@dataclass(frozen=True)
class Heading:
    """A section's name, and what is said at its right."""

    words: str
    aside: str = ""


@dataclass(frozen=True)
class PatientRow:
    """A patient that Enter opens."""

    patient: FoundPatient


@dataclass(frozen=True)
class WarningRow:
    """The amber line on look-alikes."""

    words: str


@dataclass(frozen=True)
class ActRow:
    """An act or command: Enter does it. `caps` are the keys that do it without the palette."""

    words: str
    icon: str
    do: Callable[[], object]
    caps: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class QuietRow:
    """A sentence where nothing can be chosen."""

    words: str


Row = Heading | PatientRow | WarningRow | ActRow | QuietRow


def choosable(row: Row) -> bool:
    """Whether the row can be selected and done."""
    return isinstance(row, PatientRow | ActRow)


def spoken(row: Row) -> str:
    """The row as a screen reader says it."""
    match row:
        case PatientRow(p):
            said = (p.name, p.about, p.amended, p.record, p.allergy_words, p.note)
            return ", ".join(part for part in said if part)
        case ActRow():
            return ", ".join(part for part in (row.words, row.note, " ".join(row.caps)) if part)
        case Heading():
            return ", ".join(part for part in (row.words, row.aside) if part)
        case _:
            return row.words


def listed(
    text: str,
    found: Findings | None,
    acts: Sequence[ActRow],
    who: str,
    commands: Sequence[ActRow],
    register: ActRow | None,
) -> list[Row]:
    """All rows for a typed text; `found` is None while nothing was searched for. `>` lists every command."""
    if text.startswith(">"):
        wanted = matching(text[1:], commands)
        return [Heading(_("Commands")), *wanted] if wanted else [QuietRow(_("No command has these words"))]
    rows: list[Row] = []
    if found is not None:
        rows += _patients(found)
        if acts and who:
            rows += [Heading(_("Do with {who}").format(who=who), _("Tab moves here")), *acts]
    wanted = matching(text, commands)[:MOST_COMMANDS] if text else list(commands)[:MOST_COMMANDS]
    if register is not None and found is not None:
        wanted = [register, *(row for row in wanted if row.words != register.words)]
    if wanted:
        rows += [Heading(_("Commands"), _("type > for all")), *wanted]
    return rows


def matching(text: str, commands: Sequence[ActRow]) -> list[ActRow]:
    """Commands in whose words every typed part begins a word, as written or without accents."""
    parts = _plain(text).split()
    return [row for row in commands if all(_begins(part, row.words) for part in parts)]


def _patients(found: Findings) -> list[Row]:
    count = len(found.patients)
    if not count:
        return [Heading(_("Patients")), QuietRow(_("Nobody on this device matches. Check the spelling, or register."))]
    words = ngettext("{count} found in {ms} ms", "{count} found in {ms} ms", count)
    if found.more:
        words = _("first {count} in {ms} ms")
    aside = words.format(count=count, ms=found.milliseconds)
    if found.matched_by:
        aside = _("{found}, matched by {what}").format(found=aside, what=found.matched_by)
    rows: list[Row] = [Heading(_("Patients"), aside), *(PatientRow(patient) for patient in found.patients)]
    return [*rows, WarningRow(found.twins)] if found.twins else rows


def _begins(part: str, words: str) -> bool:
    return any(word.startswith(part) for word in _plain(words).split())


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign))
