# SPDX-License-Identifier: Apache-2.0
"""The typefaces as PDF fonts: Inter with even-width figures, Noto for what Inter lacks, then what the system has.

A letter that none of them has is never drawn as a box: `runs` says so, and `wording` prints its number.
"""

from __future__ import annotations

import os
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from typing import cast

import uharfbuzz
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont, TTFontFile

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "fonts"
TEXT, MEDIUM, STRONG, BOLD = "Inter", "Inter-Medium", "Inter-SemiBold", "Inter-Bold"
CODE = "Inter-Code"
_FILES = {TEXT: "Regular", MEDIUM: "Medium", STRONG: "SemiBold", BOLD: "Bold", CODE: "Medium"}
_FIGURES = {CODE: ("tnum", "zero", "ss02")}
_OTHER_SCRIPTS = ("NotoSansArabic", "NotoSansDevanagari")
JOINERS = "\u200c\u200d"
SYSTEM_FOLDERS = tuple(
    Path(os.path.expandvars(place)).expanduser()
    for place in ("$WINDIR/Fonts", "/usr/share/fonts", "~/.local/share/fonts", "/System/Library/Fonts/Supplemental",
                  "/Library/Fonts")
)  # fmt: skip
SYSTEM_FILES = (
    "DroidSansFallbackFull.ttf", "wqy-zenhei.ttc", "wqy-microhei.ttc", "Arial Unicode.ttf", "msyh.ttc", "simsun.ttc",
    "YuGothM.ttc", "malgun.ttf", "arial.ttf", "Nirmala.ttf", "Nirmala.ttc", "LeelawUI.ttf", "ebrima.ttf", "sylfaen.ttf",
    "seguisym.ttf", "DejaVuSans.ttf", "FreeSans.ttf",
)  # fmt: skip
"""Fonts with TrueType outlines (others can't go into a PDF here) that systems have for many scripts, widest first."""
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


@cache
def _of_the_system() -> dict[str, Path]:
    """Where fonts of this computer lie that may have what ours lack, in the order in which they are asked."""
    folders = (folder for folder in SYSTEM_FOLDERS if folder.is_dir())
    there = {file.name: file for folder in folders for file in sorted(folder.rglob("*.tt[fc]"))}
    return {name: there[name] for name in SYSTEM_FILES if name in there}


@cache
def _loaded(file: Path) -> str | None:
    """The name of a system's font, known to reportlab from now on; None when it can't go into a PDF."""
    name = f"System-{file.stem}"
    try:
        pdfmetrics.registerFont(TTFont(name, str(file), asciiReadable=0))
    except (TTFError, OSError):
        return None  # outlines of another kind, or a damaged file: as if it were not there
    return name


@lru_cache(maxsize=4096)
def runs(word: str) -> tuple[tuple[str | None, str], ...]:
    """A word in pieces, each with the font that has all its letters; None for letters that no font here has.

    One font for the whole word where there is one, so that its letters join.
    """
    known = [TEXT, *register()]
    for font in (*known, *filter(None, map(_loaded, _of_the_system().values()))):
        if _has(font, word):
            return ((font, _drawn(font, word)),)
        known += [font] if font not in known else []
    of = [(next((font for font in known if _has(font, letter)), None), letter) for letter in word]
    return tuple((font, "".join(letter for _font, letter in part)) for font, part in groupby(of, lambda one: one[0]))


def reads_right_to_left(word: str) -> bool:
    """Whether the word holds a letter of a right-to-left script (Arabic, Hebrew and their neighbours)."""
    return any(first <= letter <= last for letter in word for first, last in _RIGHT_TO_LEFT)


def width(text: str, font: str, size: float) -> float:
    """Width of one line of text in points."""
    register()
    return float(pdfmetrics.stringWidth(text, font, size))


def _has(font: str, word: str) -> bool:
    """Whether a font draws every letter; a joiner shows nothing by itself and asks for none."""
    glyphs = cast(TTFont, pdfmetrics.getFont(font)).face.charToGlyph
    return all(ord(letter) in glyphs or letter in JOINERS for letter in word)


def _drawn(font: str, word: str) -> str:
    """The word without joiners that the font has no glyph for: it would draw them as boxes."""
    glyphs = cast(TTFont, pdfmetrics.getFont(font)).face.charToGlyph
    return "".join(letter for letter in word if ord(letter) in glyphs)


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
