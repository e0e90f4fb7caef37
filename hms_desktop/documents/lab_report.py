# SPDX-License-Identifier: Apache-2.0
"""The laboratory report: results with flags and ranges, corrections with the old value struck but readable.

Status words are those of the FHIR R4 DiagnosticReport; flags are those of HL7 table 0078 (H, L, HH, LL, A).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable, KeepTogether

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.layout import Cover, Sheet
from hms_desktop.documents.tables import Column


@dataclass(frozen=True)
class OldValue:
    """A value that was reported before and no longer holds: what it was, and who changed it when and why."""

    value: str
    changed_by: str
    changed_at: datetime
    reason: str


@dataclass(frozen=True)
class ResultLine:
    """One result: value and unit (UCUM) as shown on screen, flag letter, reference range for this age and sex."""

    test: str
    value: str
    unit: str = ""
    flag: str = ""
    range: str = ""
    comment: str = ""
    method: str = ""
    old: tuple[OldValue, ...] = ()
    pending: bool = False


@dataclass(frozen=True)
class ResultGroup:
    """Results under one heading (a panel or one sample), with its accession number and times."""

    title: str
    lines: tuple[ResultLine, ...]
    accession: str = ""
    specimen: str = ""
    collected_at: datetime | None = None
    received_at: datetime | None = None


@dataclass(frozen=True)
class CriticalCall:
    """The call about a critical result: which, who was told how, when, and the value that was read back."""

    result: str
    told: str
    way: str
    at: datetime
    read_back: str
    by: str


@dataclass(frozen=True)
class LabReport:
    """A report as one version of it was (or is to be) released; times are in the clinic's zone."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    number: str
    status: str
    version: int
    groups: tuple[ResultGroup, ...]
    laboratory: str
    requested_by: str = ""
    requested_at: datetime | None = None
    released_by: str = ""
    released_at: datetime | None = None
    verified_by: str = ""
    calls: tuple[CriticalCall, ...] = ()
    comment: str = ""
    provisional: str = ""
    sheet: Sheet = field(default=Sheet.A4)


def render(report: LabReport) -> bytes:
    """The report as PDF; one that nobody has released carries DRAFT across the page."""
    mark = Mark.NONE if report.released_at is not None else Mark.DRAFT
    if report.status == "entered-in-error":
        mark = Mark.VOID
    notes = (_status_words(report.status), _("Version {version}").format(version=report.version))
    cover = Cover(
        _("Laboratory report"),
        report.number,
        report.clinic,
        report.run,
        report.patient,
        mark,
        report.provisional,
        notes,
    )
    return layout.compose(cover, report.sheet, lambda width: _body(report, width))


def _body(report: LabReport, width: float) -> list[Flowable]:
    blocks: list[Flowable] = [tables.facts(_facts(report), width)]
    for group in report.groups:
        blocks += [styles.gap(4), _group_head(group), _results(group, width)]
    if report.calls:
        blocks.append(KeepTogether([styles.gap(4), _calls(report.calls, width)]))
    if report.comment:
        blocks += [styles.gap(4), styles.heading(_("Comment")), styles.text(report.comment)]
    return [*blocks, styles.gap(6), _sign_off(report, width)]


def _facts(report: LabReport) -> list[tuple[str, str]]:
    return [
        (_("Laboratory"), report.laboratory),
        (_("Requested by"), report.requested_by),
        (_("Released"), _when(report.released_at) or _("not released yet")),
        (_("Requested"), _when(report.requested_at)),
    ]


def _group_head(group: ResultGroup) -> Flowable:
    when = [
        (_("Sample"), group.specimen),
        (_("Accession"), group.accession),
        (_("Collected"), _when(group.collected_at)),
        (_("Received"), _when(group.received_at)),
    ]
    parts = tuple(
        part
        for label, value in when
        if value
        for part in ((f"{label}", fonts.TEXT), (value + "\N{NO-BREAK SPACE}" * 2, fonts.MEDIUM))
    )
    head = KeepTogether([styles.heading(group.title), styles.rich(parts, 8, styles.QUIET), styles.gap(1)])
    head.keepWithNext = 1
    return head


def _results(group: ResultGroup, width: float) -> Flowable:
    columns = (
        Column(_("Test"), 34, font=fonts.MEDIUM),
        Column(_("Result"), 18, styles.RIGHT, fonts.STRONG),
        Column(_("Flag"), 8, styles.CENTRE, fonts.BOLD),
        Column(_("Unit"), 15),
        Column(_("Reference"), 25),
    )
    return tables.listing(columns, [_row(line) for line in group.lines], width)


def _row(line: ResultLine) -> tuple[tables.Cell, ...]:
    test: list[Flowable] = [styles.text(line.test, 9, fonts.MEDIUM)]
    for old in line.old:
        test.append(styles.text(_correction(old), 7.5, fonts.TEXT, styles.WARNING))
    test += [styles.text(words, 7.5, ink=styles.QUIET) for words in (line.comment, line.method) if words]
    ink = styles.CRITICAL if line.flag in {"HH", "LL", "AA"} else styles.INK
    value = _("pending") if line.pending else line.value
    shown: list[Flowable] = [styles.text(value, 10, fonts.BOLD if line.flag else fonts.STRONG, ink, styles.RIGHT)]
    shown += [styles.struck(old.value, 9, styles.RIGHT) for old in line.old]
    return test, shown, _flag(line.flag, ink), line.unit, line.range


def _flag(flag: str, ink: Color) -> Flowable:
    arrow = {"H": "↑", "HH": "↑↑", "L": "↓", "LL": "↓↓"}.get(flag, "")
    return styles.text(f"{flag}\N{NO-BREAK SPACE}{arrow}" if arrow else flag, 9, fonts.BOLD, ink, styles.CENTRE)


def _correction(old: OldValue) -> str:
    return _("Corrected from {value} by {person}, {moment}: {reason}").format(
        value=old.value, person=old.changed_by, moment=wording.moment(old.changed_at), reason=old.reason
    )


def _calls(calls: tuple[CriticalCall, ...], width: float) -> Flowable:
    blocks: list[Flowable] = [styles.text(_("CRITICAL RESULT, TOLD AND READ BACK"), 7.5, fonts.BOLD, styles.CRITICAL)]
    for call in calls:
        said = _("{result}: told to {told} ({way}), {moment}. Read back as {value}. Called by {person}.").format(
            result=call.result,
            told=call.told,
            way=call.way,
            moment=wording.moment(call.at),
            value=call.read_back,
            person=call.by,
        )
        blocks.append(styles.text(said, 9))
    return styles.boxed(blocks, width, styles.CRITICAL, styles.WHITE, 1.2)


def _sign_off(report: LabReport, width: float) -> Flowable:
    pairs = [(_("Verified by"), report.verified_by), (_("Released by"), report.released_by)]
    lines: list[Flowable] = [
        tables.facts(pairs, width),
        styles.gap(1),
        styles.text(
            _("H high, L low, HH or LL critical. A line through a value: it was corrected and no longer holds."),
            7.5,
            ink=styles.QUIET,
        ),
    ]
    return KeepTogether(lines)


def _when(moment: datetime | None) -> str:
    return wording.moment(moment) if moment is not None else ""


def _status_words(status: str) -> str:
    words = {
        "registered": _("Registered"),
        "partial": _("Partial: more results follow"),
        "preliminary": _("Preliminary: not yet verified"),
        "final": _("Final"),
        "amended": _("Amended"),
        "corrected": _("Corrected"),
        "appended": _("Added to"),
        "cancelled": _("Cancelled"),
        "entered-in-error": _("Entered in error"),
    }
    return words.get(status, status)
