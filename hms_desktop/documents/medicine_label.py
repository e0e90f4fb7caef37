# SPDX-License-Identifier: Apache-2.0
"""The medicine label, 70 x 36 mm: what, how to take it, for whom, from which batch, and who checked it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, identity, label, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun
from hms_desktop.documents.zpl import ZplLabel

SIZE = (70.0, 36.0)
_SIDE, _TOP, _STRIP = 2.2 * mm, 1.8 * mm, 3.6 * mm
_FOOT_GAP, _NAME_HEIGHT = 2.0, 8 * mm


@dataclass(frozen=True)
class MedicineLabel:
    """One label; `medicine` is generic name, strength and form in full, `directions` the words the patient follows."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    medicine: str
    directions: str
    quantity: str
    supplied: date
    number: str = ""
    batch: str = ""
    expires: str = ""
    checked_by: str = ""
    cautions: tuple[str, ...] = ()
    provisional: str = ""
    mark: Mark = Mark.NONE


def render(labels: tuple[MedicineLabel, ...] | MedicineLabel) -> bytes:
    """The labels as PDF, one page each; words that can't fit go on to a further label that names the patient again."""
    fonts.register()
    several = labels if isinstance(labels, tuple) else (labels,)
    draw = [
        partial(_draw, one, part, index, len(parts))
        for one in several
        for parts in [_parts(one)]
        for index, part in enumerate(parts, 1)
    ]
    return label.sheet(SIZE, _("Medicine label"), several[0].clinic, draw)


def zpl(one: MedicineLabel, dpi: int) -> bytes:
    """The labels for a label printer of so many dots per inch, one format each."""
    fonts.register()
    parts = _parts(one)
    return b"".join(_zpl(one, part, index, len(parts), dpi) for index, part in enumerate(parts, 1))


def _zpl(one: MedicineLabel, part: list[Flowable], index: int, count: int, dpi: int) -> bytes:
    width, foot = _width(one), _foot(one, index, count)
    made = ZplLabel(SIZE, dpi)
    made.blocks(part, _SIDE, _TOP, width)
    line = SIZE[1] * mm - _TOP - label.tall(foot, width) - _FOOT_GAP / 2
    made.box(_SIDE, line, width, 0.4)
    made.blocks(foot, _SIDE, line + _FOOT_GAP / 2, width)
    label.zpl_edge(made, one.run, label.states(one.run), SIZE, _STRIP)
    return made.done()


def _parts(one: MedicineLabel) -> list[list[Flowable]]:
    width = _width(one)
    room = SIZE[1] * mm - 2 * _TOP - _FOOT_GAP - label.tall(_foot(one, 2, 2), width)
    return label.fill(partial(_words, one), width, room)


def _width(one: MedicineLabel) -> float:
    return SIZE[0] * mm - 2 * _SIDE - label.strip(one.run, label.states(one.run), _STRIP)


def _words(one: MedicineLabel, scale: float) -> list[Flowable]:
    blocks: list[Flowable] = [
        styles.text(one.medicine, 9.5 * scale, fonts.BOLD, leading=1.15),
        styles.text(one.directions, 10 * scale, fonts.STRONG, leading=1.18),
    ]
    blocks += [styles.text(caution, 7 * scale, fonts.MEDIUM, leading=1.15) for caution in one.cautions]
    if one.provisional:
        said = _("Provisional, to be confirmed: {reason}").format(reason=one.provisional)
        blocks.append(styles.text(said, 7 * scale, fonts.BOLD, leading=1.15))
    batch = (
        _("Batch {batch}").format(batch=one.batch) if one.batch else "",
        _("expires {day}").format(day=one.expires) if one.expires else "",
    )
    facts = ", ".join(part for part in (one.quantity, *batch) if part)
    return [*blocks, styles.text(facts, 7 * scale, leading=1.2)]


def _foot(one: MedicineLabel, index: int, count: int) -> list[Flowable]:
    width = _width(one)
    clinic = one.clinic.name if not one.clinic.phone else f"{one.clinic.name}, {one.clinic.phone}"
    day = wording.day(one.supplied)
    if count > 1:
        day = _("{day}, label {index} of {count}").format(day=day, index=index, count=count)
    by = _("Checked by {person}").format(person=one.checked_by) if one.checked_by else one.number
    return [
        label.whole_name(one.patient.name_words, width, _NAME_HEIGHT, 8.5),
        _identifiers(one.patient, width),
        label.one_line((identity.label_marks(one.patient), identity.short_marks(one.patient)), width, 6.5),
        tables.line(styles.text(by, 6), styles.text(day, 6, align=styles.RIGHT), width, 0),
        styles.text(_("{clinic}. Keep out of the reach of children.").format(clinic=clinic), 5.5, leading=1.2),
    ]


def _identifiers(patient: PatientOnPaper, width: float) -> Flowable:
    """Birth date, age, sex and record on one line, in the largest print in which they fit beside each other."""
    who = ", ".join(part for part in (patient.born_words, patient.sex_words) if part)
    widths = fonts.width(who, fonts.TEXT, 1), fonts.width(patient.record, fonts.CODE, 1) + 1
    size = max(min(6.5, (width - 1) / sum(widths)), 4.0)
    record = styles.text(patient.record, size, fonts.CODE, align=styles.RIGHT)
    return tables.line(styles.text(who, size), record, width, 0, widths[0] / sum(widths))


def _draw(one: MedicineLabel, part: list[Flowable], index: int, count: int, canvas: Canvas) -> None:
    width = _width(one)
    foot = _foot(one, index, count)
    high = SIZE[1] * mm
    label.stack(canvas, part, _SIDE, high - _TOP, width)
    line = _TOP + label.tall(foot, width) + _FOOT_GAP / 2
    canvas.setStrokeColor(styles.LINE)
    canvas.setLineWidth(0.4)
    canvas.line(_SIDE, line, _SIDE + width, line)
    label.stack(canvas, foot, _SIDE, line - _FOOT_GAP / 2, width)
    label.edge_word(canvas, one.run, label.states(one.run), SIZE, _STRIP)
    label.across(canvas, one.mark, SIZE)
