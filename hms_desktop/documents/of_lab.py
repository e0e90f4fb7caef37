# SPDX-License-Identifier: Apache-2.0
"""Reports and sample labels as the laboratory holds them, put on paper."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from hms_desktop.clinic.ehr.queries_people import person_names
from hms_desktop.clinic.lab import queries as lab
from hms_desktop.clinic.lab.model import Specimen
from hms_desktop.clinic.lab.queries_inbox import ReleaseView
from hms_desktop.clinic.lab.queries_results import ResultRow
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.text import _
from hms_desktop.documents import lab_report as report_paper
from hms_desktop.documents import specimen_label as label_paper
from hms_desktop.documents.identity import PrintRun
from hms_desktop.documents.of_patient import Drawn, sender, whose
from hms_desktop.storage.reader import Reader


def report(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """A released version of a report; what a correction replaced stands struck beside the new value."""
    view = lab.release(reader, subject)
    zone = reader.clinic.zone
    signed = [mark.name for row in view.values for mark in (row.medical or row.technical,) if mark]
    placed = view.order.placed.astimezone(zone) if view.order.placed else None
    made = report_paper.LabReport(
        sender(reader),
        whose(reader, view.order.patient),
        run,
        _accessions(reader, view),
        "corrected" if view.corrected else "final",
        view.version,
        _groups(reader, view),
        _("Laboratory of {clinic}").format(clinic=reader.clinic.name),
        view.order.requester_name,
        placed,
        view.by,
        view.at.astimezone(zone),
        ", ".join(dict.fromkeys(signed)),
        _calls(reader, view),
        "" if view.latest else _("A newer version of this report has been released. Do not act on this one."),
    )
    return Drawn(view.order.patient, _("Laboratory report"), made, report_paper.render)


def specimen_label(reader: Reader, subject: UUID, run: PrintRun) -> Drawn:
    """The label of a specimen."""
    row, words = reader.get(Specimen, subject), lab.label(reader, subject)
    taker = person_names(reader, [row.collected_by])[row.collected_by]
    made = label_paper.SpecimenLabel(
        sender(reader),
        whose(reader, row.patient),
        run,
        words.accession,
        words.container,
        tuple(part for part in words.tests.split(", ") if part),
        words.collected_at.astimezone(reader.clinic.zone),
        taker,
        words.priority in {"stat", "asap", "urgent"},
    )
    return Drawn(row.patient, _("Sample label"), made, label_paper.render, zpl=label_paper.zpl)


def _groups(reader: Reader, view: ReleaseView) -> tuple[report_paper.ResultGroup, ...]:
    """The values by the specimen they come from."""
    rows = {
        row.id: row
        for row in reader.rows(
            select(Specimen.__table__).where(Specimen.id.in_({value.specimen for value in view.values}))
        )
    }
    zone, groups = reader.clinic.zone, []
    for specimen in dict.fromkeys(value.specimen for value in view.values):
        lines = tuple(_line(reader, value, view) for value in view.values if value.specimen == specimen)
        tube = rows.get(specimen)
        groups.append(
            report_paper.ResultGroup(
                view.display,
                lines,
                tube.accession if tube else "",
                tube.type if tube else "",
                tube.collected_at.astimezone(zone) if tube else None,
            )
        )
    return tuple(groups)


def _line(reader: Reader, value: ResultRow, view: ReleaseView) -> report_paper.ResultLine:
    before = view.struck.get(value.id)
    old: tuple[report_paper.OldValue, ...] = ()
    if before is not None:
        at = value.entered.at.astimezone(reader.clinic.zone)
        old = (report_paper.OldValue(shown(before), value.entered.name, at, value.reason or _("no reason given")),)
    return report_paper.ResultLine(
        value.display, shown(value), shown_unit(value.unit), flag(value), reference(value), value.comment or "", old=old
    )


def shown(value: ResultRow) -> str:
    """A value as it is printed."""
    return show_decimal(value.value) if value.value is not None else value.text or ""


def flag(value: ResultRow) -> str:
    """The flag letter; a normal value has none."""
    return value.flag if value.flag and value.flag != "N" else ""


def reference(value: ResultRow) -> str:
    """The reference range of a value in words."""
    if value.low is not None and value.high is not None:
        return _("{low} to {high}").format(low=show_decimal(value.low), high=show_decimal(value.high))
    if value.low is not None:
        return _("{low} or more").format(low=show_decimal(value.low))
    return _("up to {high}").format(high=show_decimal(value.high)) if value.high is not None else ""


def _calls(reader: Reader, view: ReleaseView) -> tuple[report_paper.CriticalCall, ...]:
    zone = reader.clinic.zone
    return tuple(
        report_paper.CriticalCall(
            f"{value.display} {shown(value)} {shown_unit(value.unit)}".strip(),
            call.told,
            call.way,
            call.at.astimezone(zone),
            show_decimal(call.read_back) if call.read_back is not None else "",
            call.by,
        )
        for value in view.values
        for call in value.calls
        if call.done
    )


def _accessions(reader: Reader, view: ReleaseView) -> str:
    ids = {value.specimen for value in view.values}
    found = reader.rows(select(Specimen.accession).where(Specimen.id.in_(ids)).order_by(Specimen.accession))
    return ", ".join(row.accession for row in found)
