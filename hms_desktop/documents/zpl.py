# SPDX-License-Identifier: Apache-2.0
"""Labels in ZPL II, the language of label printers: what stands on a label's PDF, in the printer's own print.

Words go as hexadecimal UTF-8 (`^FH` under `^CI28`) wherever they are more than letters, digits and plain signs, so no
name is ever an order to the printer. Letters that its font may lack are sent as a picture of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pypdfium2
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph
from reportlab.platypus.tables import Table

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.documents import fonts, styles

RESOLUTIONS = (203, 300)
"""Dots per inch of the print heads that labels are made for: 8 and 11.8 dots a millimetre."""
QUIET_MODULES = 10
LEAST_BAR = 0.16
"""The narrowest bar (mm) that a plain scanner reads off a tube."""
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,:;()/+-*%'\"")
_OWN_LETTERS = re.compile(r"[\x20-\x7e\xa0-\xff]*\Z")
_SHARE: dict[Any, float] = {styles.LEFT: 0, styles.CENTRE: 0.5, styles.RIGHT: 1}
"""How much of the room beside a line is left of it."""
_MATRIX = 18
"""Modules on a side of the Data Matrix (ECC 200) that holds up to 18 letters and digits."""


class ZplLabel:
    """One label (mm) for a head of `dpi` dots per inch; places and sizes are points from the top left."""

    def __init__(self, size: tuple[float, float], dpi: int) -> None:
        if dpi not in RESOLUTIONS:
            raise BadInput(_("A label printer has 203 or 300 dots per inch."), "dpi")
        self.dpi = dpi
        self._parts = [f"^XA^CI28^LH0,0^PW{self.dots(size[0] * mm)}^LL{self.dots(size[1] * mm)}"]

    def dots(self, points: float) -> int:
        """A length in dots of the head."""
        return round(points * self.dpi / 72)

    def words(self, words: str, left: float, top: float, size: float) -> None:
        """A line of words in the printer's font, as high as print of this size (points)."""
        self._at(left, top, f"^A0N,{self.dots(size)},{self.dots(size)}{field(words)}")

    def upright(self, words: str, left: float, top: float, size: float) -> None:
        """A line of words read from below, white on what is black."""
        self._at(left, top, f"^A0B,{self.dots(size)},{self.dots(size)}^FR{field(words)}")

    def box(self, left: float, top: float, wide: float, high: float) -> None:
        """A black box; a line is a thin one."""
        across, down = max(1, self.dots(wide)), max(1, self.dots(high))
        self._at(left, top, f"^GB{across},{down},{min(across, down)},B,0^FS")

    def bars(self, code: str, left: float, top: float, width: float, high: float) -> None:
        """A number as Code 128 in the middle of its room; as Data Matrix where its bars would be too fine to read."""
        modules = 11 * (len(code) + 2) + 13
        room = self.dots(width)
        bar = room // (modules + 2 * QUIET_MODULES)
        if bar * 25.4 / self.dpi >= LEAST_BAR:
            start = left + (room - bar * modules) / 2 * 72 / self.dpi
            told = f"^BY{bar},2.0,{self.dots(high)}^BCN,{self.dots(high)},N,N,N"
            self._at(start, top, told + field(code.replace(">", ">0")))
            return
        if len(code) > _MATRIX:
            raise BadInput(_("The number {number} is too long for a label.").format(number=code[:60]), "accession")
        module = max(2, round(self.dots(high) / _MATRIX))
        self._at(left, top, f"^BXN,{module},200{field(code)}")

    def blocks(self, blocks: Sequence[Flowable], left: float, top: float, width: float) -> float:
        """Paragraphs and lines of two sides below each other; where the last one ends."""
        for block in blocks:
            high = float(block.wrap(width, 10_000)[1])
            self._block(block, left, top, width, high)
            top += high
        return top

    def _block(self, block: Any, left: float, top: float, width: float, high: float) -> None:
        if isinstance(block, Table):
            for cell, wide in zip(*_two_sides(block), strict=True):
                self.blocks([cell] if isinstance(cell, Flowable) else cell, left, top, wide)
                left += wide
        elif isinstance(block, Paragraph) and (lines := _own_lines(block)) is not None:
            style = block.style
            for number, words in enumerate(lines):
                wide = fonts.width(words, style.fontName, style.fontSize)
                start = left + (width - wide) * _SHARE[style.alignment]
                if words:
                    self.words(words, max(left, start), top + number * style.leading, style.fontSize)
        else:
            self._picture(block, left, top, width, high)

    def _picture(self, block: Flowable, left: float, top: float, width: float, high: float) -> None:
        """What the printer's font may lack, drawn with ours."""
        out = BytesIO()
        canvas = Canvas(out, pagesize=(width, high), invariant=1)
        block.drawOn(canvas, 0, 0)
        canvas.showPage()
        canvas.save()
        with pypdfium2.PdfDocument(out.getvalue()) as document:
            picture = document[0].render(scale=self.dpi / 72, grayscale=True).to_pil()
        ink = picture.convert("L").point([255] * 128 + [0] * 128).convert("1")
        row, data = (ink.width + 7) // 8, ink.tobytes()
        self._at(left, top, f"^GFA,{len(data)},{len(data)},{row},{data.hex().upper()}^FS")

    def _at(self, left: float, top: float, what: str) -> None:
        self._parts.append(f"^FO{max(0, self.dots(left))},{max(0, self.dots(top))}{what}")

    def done(self) -> bytes:
        """The label as bytes: plain ASCII, one format, printed once."""
        return ("\n".join([*self._parts, "^PQ1^XZ"]) + "\n").encode("ascii")


def _two_sides(line: Any) -> tuple[list[Any], list[float]]:
    """What stands in the cells of a line (`tables.line`), and how wide they are."""
    return line._cellvalues[0], line._colWidths


def sample(dpi: int, printer: str, station: str) -> bytes:
    """A label to try a printer with: it names nobody."""
    fonts.register()
    made = ZplLabel((50.0, 25.0), dpi)
    made.words(_("Test label"), 6, 6, 12)
    made.words(printer[:40], 6, 22, 7)
    made.words(station[:40], 6, 32, 7)
    made.bars("TEST", 6, 44, 50 * mm - 12, 6 * mm)
    return made.done()


def field(words: str) -> str:
    """Words as the data of a field: everything but letters, digits and plain signs in hexadecimal UTF-8."""
    data = words.encode("utf-8", "replace")
    return "^FH_^FD" + "".join(chr(one) if one in _PLAIN else f"_{one:02X}" for one in data) + "^FS"


def _own_lines(block: Paragraph) -> list[str] | None:
    """The lines of a wrapped paragraph, None when the printer's font may lack a letter of it."""
    made: Any = block.blPara  # type: ignore[attr-defined]
    lines = [_line(made.kind, line, block.style.fontName) for line in made.lines]
    return lines if all(_OWN_LETTERS.match(line) for line in lines) else None


def _line(kind: int, line: Any, font: str) -> str:
    """The words of a line; a letter of another font stands for what the printer's font may lack."""
    if kind == 0:
        return " ".join(line[1])
    return "".join(part.text if part.fontName == font else "\N{REPLACEMENT CHARACTER}" for part in line.words)
