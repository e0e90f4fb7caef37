# SPDX-License-Identifier: Apache-2.0
"""A reader of QR codes that looks at what was shown: terminal lines or an SVG picture."""

from __future__ import annotations

import re
from collections.abc import Sequence

import zxingcpp
from PIL import Image

LIGHT = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}
ZOOM = 4


def read_terminal(lines: Sequence[str]) -> str:
    """What a camera reads from light letters on a dark terminal."""
    halves = [[LIGHT[letter] for letter in line] for line in lines]
    return _read([[pair[half] for pair in line] for line in halves for half in (0, 1)])


def read_svg(picture: str) -> str:
    """What a camera reads from the picture."""
    side = int(re.findall(r'viewBox="0 0 (\d+) \1"', picture)[0])
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", picture)}
    return _read([[(x, y) not in dark for x in range(side)] for y in range(side)])


def _read(light: Sequence[Sequence[bool]]) -> str:
    image = Image.new("L", (len(light[0]), len(light)))
    image.putdata([255 if one else 0 for row in light for one in row])
    (found,) = zxingcpp.read_barcodes(image.resize((image.width * ZOOM, image.height * ZOOM), Image.Resampling.NEAREST))
    return str(found.text)
