# SPDX-License-Identifier: Apache-2.0
"""Sticky labels: text that shrinks before it is ever cut, and goes on to a second label when it can shrink no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.documents import fonts, marks, styles, wording
from hms_desktop.documents.identity import ClinicHead, Mark, PrintRun, copy_word, short_original
from hms_desktop.documents.zpl import ZplLabel

SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
SMALLEST = 2.25
_BESIDE = 1.9 * mm
Blocks = Callable[[float], list[Flowable]]


def fit(blocks: Blocks, width: float, height: float) -> list[Flowable] | None:
    """The blocks at the largest scale at which they fit a space (points), None when even the smallest is too large."""
    for scale in SCALES:
        made = blocks(scale)
        if tall(made, width) <= height:
            return made
    return None


def fill(blocks: Blocks, width: float, height: float) -> list[list[Flowable]]:
    """The blocks on as few labels as they need at a readable size; a block too tall for one is split over two."""
    whole = fit(blocks, width, height)
    if whole is not None:
        return [whole]
    labels: list[list[Flowable]] = [[]]
    waiting = blocks(SCALES[-1])
    while waiting:
        room = height - tall(labels[-1], width)
        block = waiting.pop(0)
        if tall([block], width) <= room:
            labels[-1].append(block)
            continue
        parts = block.split(width, room)
        if not parts and not labels[-1]:
            raise BadInput(_("The words do not fit a label of this size. Shorten them."))
        labels[-1] += parts[:1]
        waiting[:0] = parts[1:] or [block]
        labels.append([])
    return [label for label in labels if label]


def whole_name(name: str, width: float, height: float, largest: float) -> Flowable:
    """A name in the largest print (points) that takes it whole in a space: a name is never cut."""
    size = largest
    while size >= SMALLEST:
        made = styles.text(name, size, fonts.BOLD, leading=1.12)
        if tall([made], width) <= height:
            return made
        size -= 0.25
    raise BadInput(
        _("The name {name} is too long for a label. Shorten it in the patient's record.").format(name=name[:60]), "name"
    )


def one_line(choices: Sequence[str], width: float, largest: float, smallest: float = 4.5) -> Flowable:
    """The first of these words that fits one line at a readable size (points); the last one however small it gets."""
    for words in choices:
        size = min(largest, (width - 1) / wording.width(words, fonts.STRONG, 1))
        if size >= smallest:
            break
    return styles.text(words, size, fonts.STRONG, leading=1.12)


def tall(blocks: Sequence[Flowable], width: float) -> float:
    """Height of blocks below each other, in points."""
    return float(sum(block.wrap(width, 10_000)[1] for block in blocks))


def stack(canvas: Canvas, blocks: Sequence[Flowable], left: float, top: float, width: float) -> float:
    """Draw blocks below each other from `top` down; where the last one ends (points)."""
    for block in blocks:
        top -= block.wrap(width, 10_000)[1]
        block.drawOn(canvas, left, top)
    return top


def sheet(size: tuple[float, float], title: str, clinic: ClinicHead, draw: Sequence[Callable[[Canvas], None]]) -> bytes:
    """The PDF of labels of one size (mm), one page a label."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=(size[0] * mm, size[1] * mm), invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor(clinic.name)
    canvas.setCreator("hms")
    for one in draw:
        one(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def states(run: PrintRun) -> str:
    """The short words a label carries for a reprint and for training data."""
    return " ".join(filter(None, (copy_word(run), _("TRAINING") if run.training else "")))


def strip(run: PrintRun, word: str, points: float) -> float:
    """How wide the strip down the edge is: nothing without a word, more for a copy, which tells when it was first."""
    return (points + (_BESIDE if short_original(run) else 0)) if word else 0


def edge_word(canvas: Canvas, run: PrintRun, word: str, size: tuple[float, float], points: float) -> None:
    """A word on a dark strip down the right edge, read from below; labels have no room for a tape on top.

    `size` is that of the label in mm, `points` the width of the strip without what a copy says beside the word.
    """
    wide, high, beside = size[0] * mm, size[1] * mm, short_original(run)
    whole = strip(run, word, points)
    if not word:
        return
    canvas.saveState()
    canvas.setFillColor(styles.INK)
    canvas.rect(wide - whole, 0, whole, high, stroke=0, fill=1)
    canvas.setFillColor(styles.WHITE)
    canvas.translate(wide - whole, high / 2)
    canvas.rotate(90)
    _upright(canvas, word, fonts.BOLD, high, 0, points)
    if beside:
        _upright(canvas, beside, fonts.MEDIUM, high, points - 0.4 * mm, _BESIDE)
    canvas.restoreState()


def zpl_edge(made: ZplLabel, run: PrintRun, word: str, size: tuple[float, float], points: float) -> None:
    """The same strip in the language of label printers."""
    wide, high, beside = size[0] * mm, size[1] * mm, short_original(run)
    whole = strip(run, word, points)
    if not word:
        return
    made.box(wide - whole, 0, whole, high)
    lines = [(word, fonts.BOLD, wide - whole, points)]
    if beside:
        lines.append((beside, fonts.MEDIUM, wide - whole + points - 0.4 * mm, _BESIDE))
    for words, font, left, room in lines:
        print_size = min(room * 0.85, high * 0.92 / fonts.width(words, font, 1))
        length = fonts.width(words, font, print_size)
        made.upright(words, left + (room - print_size) / 2, (high - length) / 2, print_size)


def _upright(canvas: Canvas, word: str, font: str, high: float, left: float, room: float) -> None:
    """A line of the strip, as large as it fits, in the middle of its room."""
    size = min(room * 0.72, high * 0.92 / fonts.width(word, font, 1))
    canvas.setFont(font, size)
    canvas.drawCentredString(0, -(left + room / 2 + size * 0.36), word)


def across(canvas: Canvas, mark: Mark, size: tuple[float, float]) -> None:
    """The grey word of a label not in force."""
    marks.across(canvas, mark, size[0] * mm, size[1] * mm)
