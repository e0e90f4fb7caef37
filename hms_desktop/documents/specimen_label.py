# SPDX-License-Identifier: Apache-2.0
"""The sample label, 50 x 25 mm: name, birth date, age, sex, record, allergy mark, and the number as Code 128."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.documents import fonts, identity, label, styles, tables, wording
from hms_desktop.documents.identity import ClinicHead, PatientOnPaper, PrintRun
from hms_desktop.documents.zpl import ZplLabel

SIZE = (50.0, 25.0)
BARS = (0.375, 0.333, 0.3, 0.25, 0.22, 0.2, 0.19, 0.17)
_SIDE, _TOP, _STRIP, _QUIET = 1.6 * mm, 1.2 * mm, 3.2 * mm, 10
_BAR_HEIGHT = 6.4 * mm
_TWO_LINES = 2 * 5.5 * 1.1 + 0.1


@dataclass(frozen=True)
class SpecimenLabel:
    """One tube: `accession` is what the scanner reads; `tests` short codes; `collected_at` in the clinic's zone."""

    clinic: ClinicHead
    patient: PatientOnPaper
    run: PrintRun
    accession: str
    container: str = ""
    tests: tuple[str, ...] = ()
    collected_at: datetime | None = None
    collected_by: str = ""
    urgent: bool = False


def render(labels: tuple[SpecimenLabel, ...] | SpecimenLabel) -> bytes:
    """The labels as PDF, one page each."""
    fonts.register()
    several = labels if isinstance(labels, tuple) else (labels,)
    return label.sheet(SIZE, _("Sample label"), several[0].clinic, [partial(_draw, one) for one in several])


def barcode(accession: str, width: float) -> Code128:
    """Code 128 (ISO/IEC 15417) of a number, with bars as wide as `width` (points) allows and quiet zones in it."""
    if not accession.isascii() or not accession.isprintable() or not accession.strip():
        raise BadInput(
            _("“{number}” can't be a barcode: it needs letters, digits and signs without accents.").format(
                number=accession[:40]
            ),
            "accession",
        )
    for bar in BARS:
        made = Code128(
            accession,
            barWidth=bar * mm,
            barHeight=_BAR_HEIGHT,
            quiet=1,
            lquiet=_QUIET * bar * mm,
            rquiet=_QUIET * bar * mm,
            humanReadable=0,
        )
        if made.width <= width:
            return made
    raise BadInput(
        _("The number {number} is too long for the barcode of a 50 mm label. Use at most 17 characters.").format(
            number=accession[:60]
        ),
        "accession",
    )


def _draw(one: SpecimenLabel, canvas: Canvas) -> None:
    wide, high = SIZE[0] * mm, SIZE[1] * mm
    edge = _edge(one)
    width = wide - 2 * _SIDE - label.strip(one.run, edge, _STRIP)
    code = barcode(one.accession, width + 2 * _SIDE)
    below = [styles.text(one.accession, 8, fonts.CODE, align=styles.CENTRE, leading=1.1), _last_line(one, width)]
    bars_at = _TOP + label.tall(below, width)
    room = high - _TOP - bars_at - _BAR_HEIGHT - 1.5
    label.stack(canvas, _words(one, width, room), _SIDE, high - _TOP, width)
    code.drawOn(canvas, _SIDE + (width - code.width) / 2, bars_at)
    label.stack(canvas, below, _SIDE, bars_at, width)
    label.edge_word(canvas, one.run, edge, SIZE, _STRIP)


def zpl(one: SpecimenLabel, dpi: int) -> bytes:
    """The label for a label printer of so many dots per inch."""
    fonts.register()
    wide, high, edge = SIZE[0] * mm, SIZE[1] * mm, _edge(one)
    width = wide - 2 * _SIDE - label.strip(one.run, edge, _STRIP)
    below = [styles.text(one.accession, 8, fonts.CODE, align=styles.CENTRE, leading=1.1), _last_line(one, width)]
    bars_at = high - _TOP - label.tall(below, width) - _BAR_HEIGHT
    made = ZplLabel(SIZE, dpi)
    made.blocks(_words(one, width, bars_at - _TOP - 1.5), _SIDE, _TOP, width)
    barcode(one.accession, width + 2 * _SIDE)
    made.bars(one.accession, _SIDE / 2, bars_at, width + _SIDE, _BAR_HEIGHT)
    made.blocks(below, _SIDE, bars_at + _BAR_HEIGHT, width)
    label.zpl_edge(made, one.run, edge, SIZE, _STRIP)
    return made.done()


def _words(one: SpecimenLabel, width: float, room: float) -> list[Flowable]:
    below = [_identifiers(one, width), _marks(one, width)]
    return [label.whole_name(one.patient.name_words, width, room - label.tall(below, width), 8.5), *below]


def _marks(one: SpecimenLabel, width: float) -> Flowable:
    """Allergies and flags in words if they fit on one line of readable print, else that the chart has them."""
    return label.one_line((identity.label_marks(one.patient), identity.short_marks(one.patient)), width, 6.0)


def _identifiers(one: SpecimenLabel, width: float) -> Flowable:
    """Birth date, age, sex and record on one line, in the largest print in which they fit beside each other."""
    who = ", ".join(part for part in (one.patient.born_words, one.patient.sex_words) if part)
    widths = fonts.width(who, fonts.MEDIUM, 1), fonts.width(one.patient.record, fonts.CODE, 1) + 1
    size = max(min(6.5, (width - 1) / sum(widths)), 4.0)
    return tables.line(
        styles.text(who, size, fonts.MEDIUM, leading=1.15),
        styles.text(one.patient.record, size, fonts.CODE, align=styles.RIGHT, leading=1.15),
        width,
        0,
        widths[0] / sum(widths),
    )


def _last_line(one: SpecimenLabel, width: float) -> Flowable:
    """Tube, tests, time and collector, smaller before they are more than two lines: the name above needs the room."""
    at = wording.moment(one.collected_at) if one.collected_at else ""
    said = ", ".join(part for part in (one.container, " ".join(one.tests), at, one.collected_by) if part)
    for size in (5.5, 5.0, 4.5, 4.0, 3.5, 3.0, 2.5):
        made = styles.text(said, size, fonts.MEDIUM, align=styles.CENTRE, leading=1.1)
        if label.tall([made], width) <= _TWO_LINES:
            break
    return made


def _edge(one: SpecimenLabel) -> str:
    return " ".join(word for word in (_("URGENT") if one.urgent else "", label.states(one.run)) if word)
