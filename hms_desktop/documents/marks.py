# SPDX-License-Identifier: Apache-2.0
"""Marks over a page: the grey word of a document not in force, and the striped tape of training data."""

from __future__ import annotations

from math import atan2, degrees, hypot

from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from hms_desktop.core.text import _
from hms_desktop.documents import fonts, styles
from hms_desktop.documents.identity import Mark

TAPE_HEIGHT = 6 * mm


def words(mark: Mark) -> str:
    """The word of a mark, empty for a document in force."""
    return {
        Mark.NONE: "",
        Mark.DRAFT: _("DRAFT"),
        Mark.ESTIMATE: _("ESTIMATE"),
        Mark.UNSIGNED: _("UNSIGNED"),
        Mark.VOID: _("VOID"),
    }[mark]


def across(canvas: Canvas, mark: Mark, wide: float, high: float) -> None:
    """Set the mark's word in see-through grey from corner to corner of a page (points)."""
    word = words(mark)
    if not word:
        return
    size = min(0.6 * hypot(wide, high) / fonts.width(word, fonts.BOLD, 1), 0.28 * min(wide, high))
    canvas.saveState()
    canvas.translate(wide / 2, high / 2)
    canvas.rotate(degrees(atan2(high, wide)))
    canvas.setFillColor(styles.QUIET, 0.13)
    canvas.setFont(fonts.BOLD, size)
    canvas.drawCentredString(0, -size * 0.36, word)
    canvas.restoreState()


def training_tape(canvas: Canvas, wide: float, high: float, height: float = TAPE_HEIGHT) -> None:
    """A striped tape along the top edge that says that nothing here is about a real patient."""
    canvas.saveState()
    path = canvas.beginPath()
    path.rect(0, high - height, wide, height)
    canvas.clipPath(path, stroke=0, fill=0)
    canvas.setFillColor(styles.WARNING_SOFT)
    canvas.rect(0, high - height, wide, height, stroke=0, fill=1)
    _stripes(canvas, wide, high, height)
    _tape_words(canvas, wide, high, height)
    canvas.restoreState()


def _stripes(canvas: Canvas, wide: float, high: float, height: float) -> None:
    canvas.setStrokeColor(styles.WARNING_LINE)
    canvas.setLineWidth(height * 0.42)
    left = -height
    while left < wide + height:
        canvas.line(left, high - height * 1.2, left + height * 1.4, high + height * 0.2)
        left += height * 1.2


def _tape_words(canvas: Canvas, wide: float, high: float, height: float) -> None:
    said, size = _("Training data"), height * 0.62
    length = fonts.width(said, fonts.BOLD, size) + size * 1.4
    canvas.setFillColor(styles.WARNING_SOFT)
    canvas.rect((wide - length) / 2, high - height, length, height, stroke=0, fill=1)
    canvas.setFillColor(styles.WARNING)
    canvas.setFont(fonts.BOLD, size)
    canvas.drawCentredString(wide / 2, high - height * 0.5 - size * 0.36, said)
