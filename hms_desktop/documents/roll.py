# SPDX-License-Identifier: Apache-2.0
"""The 80 mm roll: one page as long as what stands on it, for receipts and slips."""

from __future__ import annotations

from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, layout, marks, styles
from hms_desktop.documents.identity import copy_word, printed_words, slip_banner

WIDTH = 80 * mm
SIDE = 4 * mm
INNER = WIDTH - 2 * SIDE
SHORTEST = 60 * mm


def compose(cover: layout.Cover, body: layout.Body) -> bytes:
    """The PDF of a slip with the same cover as a sheet has; narrow paper has one page of its own length."""
    fonts.register()
    blocks = [*_head(cover), *body(INNER), *_foot(cover)]
    tape = 5 * mm if cover.run.training else 0
    heights = [block.wrap(INNER, 100_000)[1] for block in blocks]
    high = max(sum(heights) + tape + 8 * mm, SHORTEST)
    out = BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, high), invariant=1, pageCompression=1)
    _describe(canvas, cover)
    top = high - tape - 4 * mm
    for block, height in zip(blocks, heights, strict=True):
        block.drawOn(canvas, SIDE, top - height)
        top -= height
    _marks(canvas, cover, high, tape)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _head(cover: layout.Cover) -> list[Flowable]:
    centre = styles.CENTRE
    blocks: list[Flowable] = [styles.text(cover.clinic.name, 12, fonts.BOLD, align=centre)]
    blocks += [styles.text(line, 7.5, align=centre) for line in (*cover.clinic.address, cover.clinic.phone) if line]
    blocks += [
        styles.gap(2),
        styles.text(cover.title, 12, fonts.STRONG, align=centre),
        styles.text(cover.number, 9.5, fonts.CODE, align=centre),
    ]
    states = tuple(filter(None, (copy_word(cover.run), *cover.notes)))
    if states:
        blocks.append(styles.text(" \N{BULLET} ".join(states), 10, fonts.BOLD, align=centre))
    if cover.patient is not None:
        blocks += [Ruled(), *slip_banner(cover.patient)]
    if cover.provisional:
        blocks += [styles.gap(2), layout.provisional_box(cover.provisional, INNER)]
    return [*blocks, Ruled()]


def _foot(cover: layout.Cover) -> list[Flowable]:
    page = _("Page {number} of {count}").format(number=1, count=1)
    return [
        Ruled(),
        styles.text(printed_words(cover.run), 7, align=styles.CENTRE),
        styles.text(page, 7, align=styles.CENTRE),
    ]


def _describe(canvas: Canvas, cover: layout.Cover) -> None:
    canvas.setTitle(cover.title)
    canvas.setAuthor(cover.clinic.name)
    canvas.setSubject(cover.number)
    canvas.setCreator("hms")


def _marks(canvas: Canvas, cover: layout.Cover, high: float, tape: float) -> None:
    if cover.run.training:
        marks.training_tape(canvas, WIDTH, high, tape)
    marks.across(canvas, cover.mark, WIDTH, high)


class Ruled(Flowable):
    """A line with its own space above and below: outside a frame nobody adds `spaceBefore`."""

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        return availWidth, 9

    def draw(self) -> None:
        canvas: Canvas = self.canv
        canvas.setStrokeColor(styles.LINE)
        canvas.setLineWidth(0.6)
        canvas.line(0, 4.5, INNER, 4.5)
