# SPDX-License-Identifier: Apache-2.0
"""The visit on paper: why the patient came, what was found, written, ordered and prescribed, and what happens next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, prescription, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet
from hms_desktop.documents.tables import Column


@dataclass(frozen=True)
class Measured:
    """A vital sign or result: what, value with unit, flag letter, reference range, when."""

    what: str
    value: str
    flag: str = ""
    range: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class NoteText:
    """The note or an addendum: text in named sections, its author, and when it was signed (None: it was not).

    `begun` are the templates that it was begun from, with their versions.
    """

    sections: tuple[tuple[str, str], ...]
    author: str
    signed_at: datetime | None
    addendum: bool = False
    begun: tuple[str, ...] = ()


@dataclass(frozen=True)
class VisitSummary:
    """One encounter as it stands now; parts that are empty are left out. `forms` are those of its vital signs."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    number: str
    started_at: datetime
    clinician: str
    reason: str = ""
    ended_at: datetime | None = None
    problems: tuple[str, ...] = ()
    vitals: tuple[Measured, ...] = ()
    notes: tuple[NoteText, ...] = ()
    orders: tuple[str, ...] = ()
    results: tuple[Measured, ...] = ()
    medicines: tuple[prescription.MedicineLine, ...] = ()
    next_steps: str = ""
    provisional: str = ""
    mistake: str = ""
    forms: tuple[str, ...] = ()
    sheet: Sheet = Sheet.A4


def render(summary: VisitSummary) -> bytes:
    """The summary as PDF; with a note that nobody has signed it carries UNSIGNED across the page, with
    one that was a mistake VOID and why."""
    unsigned = not summary.notes or any(note.signed_at is None for note in summary.notes)
    cover = Cover(
        _("Visit summary"),
        summary.number,
        summary.clinic,
        summary.run,
        summary.patient,
        Mark.VOID if summary.mistake else Mark.UNSIGNED if unsigned else Mark.NONE,
        summary.provisional,
        notes=(summary.mistake,) if summary.mistake else (),
    )
    return layout.compose(cover, summary.sheet, lambda width: _body(summary, width))


def _body(summary: VisitSummary, width: float) -> list[Flowable]:
    blocks: list[Flowable] = [tables.facts(_facts(summary), width)]
    for part in (
        _listed(_("Problems"), summary.problems),
        _vitals(summary, width),
        _notes(summary.notes, width),
        _listed(_("Orders"), summary.orders),
        _measured(_("Results"), summary.results, width),
        _medicines(summary, width),
        _worded(_("What happens next"), summary.next_steps),
    ):
        if part:
            blocks += [styles.gap(3.5), *part]
    return blocks


def _facts(summary: VisitSummary) -> list[tuple[str, str]]:
    ended = wording.moment(summary.ended_at) if summary.ended_at else _("still open")
    return [
        (_("Started"), wording.moment(summary.started_at)),
        (_("Clinician"), summary.clinician),
        (_("Ended"), ended),
        (_("Reason"), summary.reason),
    ]


def _listed(title: str, lines: tuple[str, ...]) -> list[Flowable]:
    if not lines:
        return []
    return [styles.heading(title), *[styles.text(f"\N{BULLET}\N{NO-BREAK SPACE}{line}", 9) for line in lines]]


def _worded(title: str, words: str) -> list[Flowable]:
    return [styles.heading(title), styles.text(words, 9)] if words else []


def _measured(title: str, lines: tuple[Measured, ...], width: float) -> list[Flowable]:
    if not lines:
        return []
    columns = (
        Column(_("What"), 34, font=fonts.MEDIUM),
        Column(_("Value"), 20, styles.RIGHT, fonts.STRONG),
        Column(_("Flag"), 8, styles.CENTRE, fonts.BOLD),
        Column(_("Reference"), 20),
        Column(_("When"), 20),
    )
    rows = [
        (line.what, line.value, line.flag, line.range, wording.moment(line.at) if line.at else "") for line in lines
    ]
    return [styles.heading(title), tables.listing(columns, rows, width)]


def _vitals(summary: VisitSummary, width: float) -> list[Flowable]:
    """The table with the forms, and their versions, in which the values were typed."""
    blocks = _measured(_("Vital signs"), summary.vitals, width)
    said = _("Typed in: {forms}").format(forms=", ".join(summary.forms))
    return [*blocks, styles.text(said, 8, fonts.MEDIUM, styles.QUIET)] if blocks and summary.forms else blocks


def _notes(notes: tuple[NoteText, ...], width: float) -> list[Flowable]:
    blocks: list[Flowable] = []
    for note in notes:
        blocks.append(styles.heading(_("Addendum") if note.addendum else _("Note")))
        for title, words in note.sections:
            if title:
                blocks.append(_section_title(title))
            blocks.append(styles.text(words, 9, leading=1.4))
        blocks += [styles.gap(0.7), _signed(note)]
        if note.begun:
            said = _("Begun from {template}").format(template="; ".join(note.begun))
            blocks.append(styles.text(said, 8, fonts.MEDIUM, styles.QUIET))
        blocks.append(styles.gap(2))
    return blocks


def _section_title(title: str) -> Flowable:
    made = styles.text(title, 8, fonts.STRONG, styles.QUIET)
    made.keepWithNext = 1
    return made


def _signed(note: NoteText) -> Flowable:
    if note.signed_at is None:
        return styles.text(_("{person}, not signed").format(person=note.author), 8, fonts.STRONG, styles.WARNING)
    said = _("Signed by {person}, {moment}").format(person=note.author, moment=wording.moment(note.signed_at))
    return styles.text(said, 8, fonts.MEDIUM, styles.QUIET)


def _medicines(summary: VisitSummary, width: float) -> list[Flowable]:
    if not summary.medicines:
        return []
    blocks = [prescription.medicine_block(number, line, width) for number, line in enumerate(summary.medicines, 1)]
    return [styles.heading(_("Medicines")), *blocks]
