# SPDX-License-Identifier: Apache-2.0
"""The sheet: head, patient banner, running head and foot on every page, and the marks that go across it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, NextPageTemplate, PageTemplate, Paragraph
from reportlab.platypus.doctemplate import LayoutError
from reportlab.platypus.tables import Table, TableStyle

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.documents import fonts, identity, marks, styles
from hms_desktop.documents.identity import ClinicHead, Mark, PatientOnPaper, PrintRun

Body = Callable[[float], list[Flowable]]
FOOT = 13 * mm
_FOOT_WORDS = 0.8
"""How much of the foot is for who printed; the number of the page has the rest."""


class Sheet(Enum):
    """Cut paper: width and height in points."""

    A4 = A4
    A5 = A5

    @property
    def margin(self) -> float:
        """Left and right margin in points."""
        return 18 * mm if self is Sheet.A4 else 11 * mm

    @property
    def inner(self) -> float:
        """Width between the margins in points."""
        return float(self.value[0]) - 2 * self.margin


@dataclass(frozen=True)
class Cover:
    """What stands on every page around the body; `provisional` says what no lease covers, `notes` are short states."""

    title: str
    number: str
    clinic: ClinicHead
    run: PrintRun
    patient: PatientOnPaper | None = None
    mark: Mark = Mark.NONE
    provisional: str = ""
    notes: tuple[str, ...] = ()


def compose(cover: Cover, sheet: Sheet, body: Body) -> bytes:
    """The PDF of a document; `body` gets the width in points and is asked twice, as 'page n of m' needs the count."""
    fonts.register()
    pages = _build(cover, sheet, body, 0)[1]
    return _build(cover, sheet, body, pages)[0]


def _build(cover: Cover, sheet: Sheet, body: Body, pages: int) -> tuple[bytes, int]:
    out = BytesIO()
    wide, high = sheet.value
    document = BaseDocTemplate(
        out,
        pagesize=(wide, high),
        invariant=1,
        pageCompression=1,
        title=cover.title,
        author=cover.clinic.name,
        subject=cover.number,
        creator="hms",
        lang="en",
    )
    later = _later_head(cover, sheet)
    tape = marks.TAPE_HEIGHT if cover.run.training else 0
    top = (10 if sheet is Sheet.A4 else 8) * mm + tape

    def frame(head: float) -> Frame:
        return Frame(sheet.margin, FOOT + 5 * mm, sheet.inner, high - FOOT - 5 * mm - top - head, 0, 0, 0, 0)

    def first(canvas: Canvas, _document: BaseDocTemplate) -> None:
        _dress(canvas, cover, sheet, pages)

    def next_ones(canvas: Canvas, _document: BaseDocTemplate) -> None:
        _dress(canvas, cover, sheet, pages)
        later.drawOn(canvas, sheet.margin, high - top - later.height)

    later.height = later.wrap(sheet.inner, high)[1]
    document.addPageTemplates(
        [
            PageTemplate("first", [frame(0)], onPageEnd=first, pagesize=(wide, high)),
            PageTemplate("later", [frame(later.height + 3 * mm)], onPageEnd=next_ones, pagesize=(wide, high)),
        ]
    )
    try:
        document.build([NextPageTemplate("later"), *head(cover, sheet.inner), *body(sheet.inner)])
    except LayoutError as error:
        words = _("{title} {number} can't be printed: a name or a heading on it is longer than a page. Shorten it.")
        raise BadInput(words.format(title=cover.title, number=cover.number[:60])) from error
    return out.getvalue(), document.page


def head(cover: Cover, width: float) -> list[Flowable]:
    """The clinic's head, the title with its states, the patient's banner and the provisional warning."""
    left, right = width * 0.5, width * 0.5
    table = Table(
        [[styles.stacked(_sender(cover.clinic), left), styles.stacked(_title(cover), right)]], colWidths=[left, right]
    )
    table.setStyle(_ruled(5, 1.6))
    blocks: list[Flowable] = [table]
    if cover.patient is not None:
        blocks.append(identity.banner(cover.patient, width))
    if cover.provisional:
        blocks += [styles.gap(2), provisional_box(cover.provisional, width)]
    return [*blocks, styles.gap(3)]


def provisional_box(reason: str, width: float) -> Flowable:
    """The warning on a document that promises what no lease covers."""
    return styles.boxed(
        [
            styles.text(_("Provisional, to be confirmed"), 10.5, fonts.BOLD, styles.WARNING),
            styles.text(reason, 9, fonts.TEXT, styles.INK),
        ],
        width,
        styles.WARNING_LINE,
        styles.WARNING_SOFT,
        1.2,
    )


def _ruled(room: float, thick: float) -> TableStyle:
    """A head without padding, `room` points above a rule that is `thick` points."""
    whole = ((0, 0), (-1, -1))
    none = [(f"{side}PADDING", *whole, 0) for side in ("LEFT", "RIGHT", "TOP")]
    rule = ("LINEBELOW", *whole, thick, styles.PRIMARY)
    return TableStyle([("VALIGN", *whole, "TOP"), *none, ("BOTTOMPADDING", *whole, room), rule])


def _sender(clinic: ClinicHead) -> list[Flowable]:
    lines = [*clinic.address, clinic.phone]
    blocks: list[Flowable] = [styles.text(clinic.name, 13, fonts.BOLD, styles.PRIMARY)]
    return blocks + [styles.text(line, 8, fonts.TEXT, styles.QUIET) for line in lines if line]


def _title(cover: Cover) -> list[Flowable]:
    blocks: list[Flowable] = [
        styles.text(cover.title, 16, fonts.STRONG, align=styles.RIGHT, leading=1.15),
        styles.text(cover.number, 10.5, fonts.CODE, styles.QUIET, styles.RIGHT),
    ]
    states = tuple(filter(None, (identity.copy_word(cover.run), *cover.notes)))
    if states:
        blocks.append(styles.text(" \N{BULLET} ".join(states), 8.5, fonts.STRONG, styles.INK, styles.RIGHT))
    return blocks


def _later_head(cover: Cover, sheet: Sheet) -> Table:
    words = ", ".join(filter(None, (cover.title, identity.copy_word(cover.run))))
    right = styles.rich(((words, fonts.STRONG), (cover.number, fonts.CODE)), 8.5, align=styles.RIGHT)
    left: Paragraph = (
        identity.short_banner(cover.patient)
        if cover.patient is not None
        else styles.text(cover.clinic.name, 8.5, fonts.STRONG)
    )
    table = Table([[left, right]], colWidths=[sheet.inner * 0.68, sheet.inner * 0.32])
    table.setStyle(_ruled(4, 0.8))
    return table


def _dress(canvas: Canvas, cover: Cover, sheet: Sheet, pages: int) -> None:
    wide, high = sheet.value
    if cover.run.training:
        marks.training_tape(canvas, wide, high)
    marks.across(canvas, cover.mark, wide, high)
    canvas.setStrokeColor(styles.HAIRLINE)
    canvas.setLineWidth(0.6)
    canvas.line(sheet.margin, FOOT, wide - sheet.margin, FOOT)
    page = _("Page {number} of {count}").format(number=canvas.getPageNumber(), count=pages)
    printed = styles.text(identity.printed_words(cover.run), 7.5, ink=styles.QUIET)
    _foot(canvas, printed, sheet.margin, sheet.inner * _FOOT_WORDS)
    _foot(
        canvas,
        styles.text(page, 7.5, fonts.MEDIUM, align=styles.RIGHT),
        sheet.margin + sheet.inner * _FOOT_WORDS,
        sheet.inner * (1 - _FOOT_WORDS),
    )


def _foot(canvas: Canvas, words: Paragraph, left: float, width: float) -> None:
    height = words.wrap(width, FOOT)[1]
    words.drawOn(canvas, left, FOOT - 4 - height)
