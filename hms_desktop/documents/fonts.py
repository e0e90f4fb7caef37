# SPDX-License-Identifier: Apache-2.0
"""The bundled typefaces as PDF fonts: Inter with even-width figures, and Noto for the scripts that Inter lacks."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import cast

import uharfbuzz
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFile

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "fonts"
TEXT, MEDIUM, STRONG, BOLD = "Inter", "Inter-Medium", "Inter-SemiBold", "Inter-Bold"
CODE = "Inter-Code"
_FILES = {TEXT: "Regular", MEDIUM: "Medium", STRONG: "SemiBold", BOLD: "Bold", CODE: "Medium"}
_FIGURES = {CODE: ("tnum", "zero", "ss02")}
_OTHER_SCRIPTS = ("NotoSansArabic", "NotoSansDevanagari", "NotoSans")
_STYLED = "0123456789IlO"
_RIGHT_TO_LEFT = ("\u0590", "\u08ff"), ("\ufb1d", "\ufdff"), ("\ufe70", "\ufeff")


@cache
def register() -> tuple[str, ...]:
    """Make the fonts known to reportlab, once; the names of the fonts for other scripts that are there."""
    for name, weight in _FILES.items():
        pdfmetrics.registerFont(_figured(name, _inter_file(weight)))
    found = tuple(name for name in _OTHER_SCRIPTS if list(FOLDER.glob(f"{name}*.ttf")))
    for name in found:
        pdfmetrics.registerFont(TTFont(name, str(min(FOLDER.glob(f"{name}*.ttf"))), asciiReadable=0))
    return found


@lru_cache(maxsize=4096)
def font_for(word: str) -> str | None:
    """Which other-script font a word needs, None when Inter has all its letters or no bundled font has more."""
    others = register()
    best, most = None, _covered(TEXT, word)
    for name in others:
        if (count := _covered(name, word)) > most:
            best, most = name, count
    return best


def reads_right_to_left(word: str) -> bool:
    """Whether the word holds a letter of a right-to-left script (Arabic, Hebrew and their neighbours)."""
    return any(first <= letter <= last for letter in word for first, last in _RIGHT_TO_LEFT)


def width(text: str, font: str, size: float) -> float:
    """Width of one line of text in points."""
    register()
    return float(pdfmetrics.stringWidth(text, font, size))


def _covered(font: str, word: str) -> int:
    glyphs = cast(TTFont, pdfmetrics.getFont(font)).face.charToGlyph
    return sum(ord(letter) in glyphs for letter in word)


def _inter_file(weight: str) -> Path:
    files = sorted(FOLDER.glob(f"Inter*{weight}.ttf"))
    if not files:
        raise Unavailable(
            _(
                "The font Inter {weight} is missing from this installation, so nothing can be printed. "
                "Install the program again."
            ).format(weight=weight)
        )
    return files[0]


def _figured(name: str, file: Path) -> TTFont:
    """The font with its even-width figures (and for codes: slashed zero, tailed l) in place of the usual ones."""
    font = TTFont(name, str(file), asciiReadable=0)
    face: TTFontFile = font.face
    face.name = name.encode("ascii")  # reportlab keeps one font for a face name, and so one set of figures
    shaper = uharfbuzz.Font(uharfbuzz.Face(uharfbuzz.Blob(file.read_bytes())))
    per_mille = 1000 / shaper.face.upem
    for letter in _STYLED:
        glyph, advance = _glyph(shaper, letter, _FIGURES.get(name, ("tnum",)))
        face.charToGlyph[ord(letter)] = glyph
        face.charWidths[ord(letter)] = advance * per_mille
    return font


def _glyph(shaper: uharfbuzz.Font, letter: str, features: tuple[str, ...]) -> tuple[int, int]:
    buffer = uharfbuzz.Buffer()
    buffer.add_str(letter)
    buffer.guess_segment_properties()
    uharfbuzz.shape(shaper, buffer, dict.fromkeys(features, True))
    return buffer.glyph_infos[0].codepoint, buffer.glyph_positions[0].x_advance
