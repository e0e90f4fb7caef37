# SPDX-License-Identifier: Apache-2.0
"""Two papers that a patient may ask for: who looked at the record, and what of it left the clinic (45 CFR 164.528)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable

from hms_desktop.core.text import _, ngettext
from hms_desktop.documents import fonts, layout, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet
from hms_desktop.documents.tables import Column


@dataclass(frozen=True)
class Looked:
    """One look: when (in the clinic's zone), who as what, where, at what, and why."""

    at: datetime
    who: str
    where: str
    what: str
    why: str


@dataclass(frozen=True)
class Left:
    """One disclosure: when, to whom (with the address where it is known), what, and why."""

    at: datetime
    whom: str
    what: str
    why: str


@dataclass(frozen=True)
class AccessPaper:
    """Who looked at a record, the latest first."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    looks: tuple[Looked, ...]
    people: int
    sheet: Sheet = Sheet.A4


@dataclass(frozen=True)
class AccountingPaper:
    """What left the clinic: what an accounting must list, and apart from it what else was released."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    counted: tuple[Left, ...]
    others: tuple[Left, ...]
    sheet: Sheet = Sheet.A4


def render_access(paper: AccessPaper) -> bytes:
    """The access report as PDF."""
    cover = Cover(_("Who looked at this record"), paper.patient.record, paper.clinic, paper.run, paper.patient)
    return layout.compose(cover, paper.sheet, lambda width: _looks(paper, width))


def render_accounting(paper: AccountingPaper) -> bytes:
    """The accounting of disclosures as PDF."""
    cover = Cover(_("Accounting of disclosures"), paper.patient.record, paper.clinic, paper.run, paper.patient)
    return layout.compose(cover, paper.sheet, lambda width: _accounting(paper, width))


def _looks(paper: AccessPaper, width: float) -> list[Flowable]:
    if not paper.looks:
        return [styles.text(_("Nobody looked at this record in the last six years."), 9)]
    times = ngettext("{n} look", "{n} looks", len(paper.looks)).format(n=len(paper.looks))
    people = ngettext("by {n} person", "by {n} people", paper.people).format(n=paper.people)
    columns = [
        Column(_("When"), 20), Column(_("Who"), 26), Column(_("Where"), 18), Column(_("What"), 18),
        Column(_("Why"), 18),
    ]  # fmt: skip
    rows = [(wording.moment(look.at), look.who, look.where, look.what, look.why) for look in paper.looks]
    head = _("{times} {people} in the last six years").format(times=times, people=people)
    return [styles.text(head, 10, fonts.STRONG), styles.gap(2), tables.listing(columns, rows, width)]


def _accounting(paper: AccountingPaper, width: float) -> list[Flowable]:
    told = _("Disclosures in the last six years, other than for treatment, payment and the work of the clinic, to the "
             "patient, or by the patient’s authorisation.")  # fmt: skip
    blocks: list[Flowable] = [styles.text(told, 8.5), styles.gap(2)]
    blocks += _left(paper.counted, width) if paper.counted else [styles.text(_("There are none."), 10, fonts.STRONG)]
    if paper.others:
        blocks += [styles.gap(4), styles.text(_("Also released"), 10, fonts.STRONG), styles.gap(1)]
        blocks += _left(paper.others, width)
    return blocks


def _left(rows: tuple[Left, ...], width: float) -> list[Flowable]:
    columns = [Column(_("When"), 20), Column(_("To whom"), 32), Column(_("What"), 24), Column(_("Why"), 24)]
    return [tables.listing(columns, [(wording.moment(r.at), r.whom, r.what, r.why) for r in rows], width)]
