# SPDX-License-Identifier: Apache-2.0
"""Who a page is about and who printed it: the patient's banner on paper, the clinic's head, the print run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, styles, wording

MARK = "*"
"""Stands after what was written anew since it was first recorded."""


class AllergyState(Enum):
    """The four states of the allergy box; a blank box does not exist."""

    KNOWN = "known"
    NONE_KNOWN = "none"
    NOT_RECORDED = "not-recorded"
    UNAVAILABLE = "unavailable"


class Mark(Enum):
    """The word that goes across every page of a document that is not in force."""

    NONE = "none"
    DRAFT = "draft"
    ESTIMATE = "estimate"
    UNSIGNED = "unsigned"
    VOID = "void"


@dataclass(frozen=True)
class ClinicHead:
    """The sender: name, address lines, telephone."""

    name: str
    address: tuple[str, ...] = ()
    phone: str = ""


@dataclass(frozen=True)
class AllergyBox:
    """The allergy state with its substances (worst first: 'Penicillin (anaphylaxis)'), who asked when, or why not."""

    state: AllergyState
    substances: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class PatientOnPaper:
    """The patient's banner: `name` as 'SURNAME, Given (Title)', `born` as ISO day or part of one, `age` in words."""

    name: str
    born: str
    age: str
    sex: str
    record: str
    allergies: AllergyBox
    estimated: bool = False
    national: str = ""
    flags: tuple[str, ...] = ()
    amended: frozenset[str] = frozenset()
    """What was written anew since the chart was made (name, birth, sex): it is printed with a mark."""

    @property
    def name_words(self) -> str:
        """The name, marked when it was written anew."""
        return self._marked(self.name, "name")

    @property
    def sex_words(self) -> str:
        """The sex, marked when it was written anew."""
        return self._marked(self.sex, "sex")

    def _marked(self, value: str, group: str) -> str:
        return f"{value}{MARK}" if group in self.amended and value else value

    @property
    def born_words(self) -> str:
        """Birth date and age, marked when the date is an estimate."""
        born = wording.partial_day(self.born) if self.born else _("not recorded")
        if self.estimated and self.born:
            born = _("about {date}").format(date=born)
        return self._marked(f"{born} ({self.age})" if self.age else born, "birth")


@dataclass(frozen=True)
class PrintRun:
    """Who prints where and when (`at` in the clinic's time zone), which copy it is (0: the original), training data.

    `original` is when (in the clinic's zone) and `first_at` where the paper was printed first, as far as is known here.
    """

    by: str
    at: datetime
    station: str = ""
    copy: int = 0
    training: bool = False
    original: datetime | None = None
    first_at: str = ""


def banner(patient: PatientOnPaper, width: float) -> Flowable:
    """The patient's banner for the first page of a sheet: identity left, allergy box right."""
    right = min(width * 0.40, 210)
    left = width - right - 10
    table = Table(
        [[styles.stacked(_identity(patient, left), left), "", allergy_box(patient.allergies, right)]],
        colWidths=[left, 10, right],
    )
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                ("TOPPADDING", (0, 0), (-1, -1), 5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 5),
                ("LINEBELOW", (0, 0), (-1, -1), 0.6, styles.LINE),
            ]
        )
    )
    return table


def allergy_box(allergies: AllergyBox, width: float) -> Flowable:
    """The allergy box in one of its four states, told apart by its words and the weight of its edge."""
    head, edge, fill, thick = _ALLERGY_LOOKS[allergies.state]
    blocks: list[Flowable] = [styles.text(_head_words(allergies.state), 7.5, fonts.BOLD, head)]
    if allergies.substances:
        blocks.append(styles.text(", ".join(allergies.substances), 10, fonts.STRONG, head))
    if allergies.note:
        blocks.append(styles.text(allergies.note, 8, fonts.TEXT, styles.INK))
    return styles.boxed(blocks, width, edge, fill, thick)


def allergy_words(allergies: AllergyBox) -> str:
    """The allergy state in one line, for slips and the heads of later pages."""
    if allergies.state is AllergyState.KNOWN:
        return _("Allergies: {substances}").format(substances=", ".join(allergies.substances))
    return _head_words(allergies.state)


def flag_words(patient: PatientOnPaper) -> str:
    """The flags in one line; nothing when there is none."""
    return _("Flags: {flags}").format(flags=", ".join(patient.flags)) if patient.flags else ""


def label_marks(patient: PatientOnPaper) -> str:
    """The allergies and flags of a label that has room for a few words: which, or that the chart must be looked at.

    `ALG` is an allergy on record, `NKA` that none is known, `ALG ?` that nobody has asked or the station does not know.
    """
    allergies = {
        AllergyState.KNOWN: _("ALG: {substances}").format(
            substances=", ".join(one.partition(" (")[0] for one in patient.allergies.substances)
        ),
        AllergyState.NONE_KNOWN: _("NKA"),
        AllergyState.NOT_RECORDED: _("ALG ? not asked"),
        AllergyState.UNAVAILABLE: _("ALG ? see chart"),
    }[patient.allergies.state]
    flags = _("FLAG: {flags}").format(flags=", ".join(patient.flags)) if patient.flags else ""
    return " \N{BULLET} ".join(part for part in (allergies, flags) if part)


def short_marks(patient: PatientOnPaper) -> str:
    """The same where not even those words fit: that there is something, and where to read it."""
    marks = [_("ALG") if patient.allergies.state is not AllergyState.NONE_KNOWN else _("NKA")]
    if patient.flags:
        marks.append(_("FLAG"))
    return _("{marks}: see chart").format(marks=" + ".join(marks))


def short_banner(patient: PatientOnPaper, size: float = 8.5) -> Paragraph:
    """Name, birth date and age, sex, record, allergies and flags in one running paragraph, for heads of later pages."""
    return styles.rich(
        (
            (patient.name_words, fonts.STRONG),
            (_("Born"), fonts.TEXT),
            (patient.born_words, fonts.MEDIUM),
            (patient.sex_words, fonts.MEDIUM),
            (_("Record"), fonts.TEXT),
            (patient.record, fonts.CODE),
            *(
                (f"\N{BULLET} {words}", fonts.MEDIUM)
                for words in (allergy_words(patient.allergies), flag_words(patient))
                if words
            ),
        ),
        size,
    )


def slip_banner(patient: PatientOnPaper) -> list[Flowable]:
    """The patient's identity for narrow paper: one fact a line."""
    return [
        styles.text(patient.name_words, 10, fonts.STRONG),
        _fact(_("Born"), ", ".join(p for p in (patient.born_words, patient.sex_words) if p), fonts.MEDIUM, 8),
        _fact(_("Record"), patient.record, fonts.CODE, 8),
        styles.text(allergy_words(patient.allergies), 8, fonts.MEDIUM),
        *(styles.text(words, 8, fonts.MEDIUM) for words in (flag_words(patient),) if words),
    ]


def printed_words(run: PrintRun) -> str:
    """Who printed, when and where, and of what it is a copy, for the foot of the page."""
    where = f", {run.station}" if run.station else ""
    said = _("Printed by {person}, {moment}{where}").format(person=run.by, moment=wording.moment(run.at), where=where)
    return f"{said}. {original_words(run)}" if run.copy and run.original is not None else said


def copy_word(run: PrintRun) -> str:
    """That it is a copy, and the how many-th; nothing on the original."""
    return _("COPY {number}").format(number=run.copy) if run.copy else ""


def short_original(run: PrintRun) -> str:
    """When the original of a copy was printed, for a label."""
    if not run.copy or run.original is None:
        return ""
    return _("first printed {moment}").format(moment=wording.moment(run.original))


def original_words(run: PrintRun) -> str:
    """When and where the original of a copy was printed, and that only what is known here counts."""
    if run.original is None:
        return ""
    where = f", {run.first_at}" if run.first_at else ""
    said = _("Copy {number} of the print of {moment}{where}, as far as is known here")
    return said.format(number=run.copy, moment=wording.moment(run.original), where=where)


def _identity(patient: PatientOnPaper, width: float) -> list[Flowable]:
    facts = [
        (_("Born"), patient.born_words, fonts.STRONG),
        (_("Sex"), patient.sex_words, fonts.STRONG),
        (_("Record"), patient.record, fonts.CODE),
    ]
    if patient.national:
        facts.append((_("National"), patient.national, fonts.CODE))
    blocks: list[Flowable] = [styles.text(patient.name_words, 14, fonts.STRONG)]
    blocks += [_pair(facts[:2], width), _pair(facts[2:], width)]
    if patient.amended:
        said = _("{mark} corrected since it was first recorded").format(mark=MARK)
        blocks.append(styles.text(said, 7.5, fonts.TEXT, styles.QUIET))
    if patient.flags:
        blocks.append(styles.text(" \N{BULLET} ".join(patient.flags), 8.5, fonts.MEDIUM, styles.WARNING))
    return blocks


_KEPT = "\N{NO-BREAK SPACE}"
"""A date with its age, and the groups of a number, stay in one piece."""


def _pair(facts: list[tuple[str, str, str]], width: float) -> Flowable:
    return styles.rich(
        tuple(
            part
            for label, value, font in facts
            for part in ((label, fonts.TEXT), (value.replace(" ", _KEPT) + _KEPT * 3, font))
        ),
        9,
    )


def _fact(label: str, value: str, font: str, size: float) -> Paragraph:
    return styles.rich(((label, fonts.TEXT), (value, font)), size)


def _head_words(state: AllergyState) -> str:
    return {
        AllergyState.KNOWN: _("KNOWN ALLERGIES"),
        AllergyState.NONE_KNOWN: _("NO KNOWN ALLERGIES"),
        AllergyState.NOT_RECORDED: _("ALLERGIES NOT RECORDED"),
        AllergyState.UNAVAILABLE: _("ALLERGIES NOT SHOWN"),
    }[state]


_ALLERGY_LOOKS = {
    AllergyState.KNOWN: (styles.CRITICAL, styles.CRITICAL, styles.CRITICAL_SOFT, 1.6),
    AllergyState.NONE_KNOWN: (styles.SUCCESS, styles.SUCCESS, styles.WHITE, 0.8),
    AllergyState.NOT_RECORDED: (styles.WARNING, styles.WARNING_LINE, styles.WARNING_SOFT, 0.8),
    AllergyState.UNAVAILABLE: (styles.QUIET, styles.LINE, styles.WHITE, 0.5),
}
