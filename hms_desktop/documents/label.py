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
from hms_desktop.documents import fonts, marks, styles
from hms_desktop.documents.identity import ClinicHead, Mark, PrintRun

SCALES = (1.0, 0.94, 0.88, 0.82, 0.76, 0.7)
SMALLEST = 2.25
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
        size = min(largest, (width - 1) / fonts.width(words, fonts.STRONG, 1))
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
    return " ".join(word for word, there in ((_("COPY"), run.copy), (_("TRAINING"), run.training)) if there)


def edge_word(canvas: Canvas, word: str, wide: float, high: float, strip: float) -> None:
    """A word on a dark strip down the right edge, read from below; labels have no room for a tape on top."""
    if not word:
        return
    canvas.saveState()
    canvas.setFillColor(styles.INK)
    canvas.rect(wide - strip, 0, strip, high, stroke=0, fill=1)
    canvas.setFillColor(styles.WHITE)
    size = min(strip * 0.72, high * 0.92 / fonts.width(word, fonts.BOLD, 1))
    canvas.setFont(fonts.BOLD, size)
    canvas.translate(wide - strip / 2 + size * 0.36, high / 2)
    canvas.rotate(90)
    canvas.drawCentredString(0, 0, word)
    canvas.restoreState()


def across(canvas: Canvas, mark: Mark, size: tuple[float, float]) -> None:
    """The grey word of a label not in force."""
    marks.across(canvas, mark, size[0] * mm, size[1] * mm)
