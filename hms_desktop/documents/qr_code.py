# SPDX-License-Identifier: Apache-2.0
"""A QR code (ISO/IEC 18004) of a short text: as lines for a terminal, and as an SVG picture."""

from __future__ import annotations

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

QUIET = 4
"""Light modules around the code, as the standard wants them."""
Modules = list[list[bool]]
_HALVES = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}


def modules(text: str) -> Modules:
    """The rows of the code, True where it is dark, with its quiet zone; a seventh of it may be damaged (level M)."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    inner: Modules = [[bool(module) for module in row] for row in code.modules or ()]
    side, beside = len(inner) + 2 * QUIET, [False] * QUIET
    above = [[False] * side for _row in range(QUIET)]
    return [*above, *(beside + row + beside for row in inner), *above]


def terminal_lines(text: str) -> list[str]:
    """The code for a terminal with light letters on dark: two rows a line, what is light is drawn."""
    rows = modules(text)
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    return ["".join(_HALVES[pair] for pair in zip(*rows[n : n + 2], strict=True)) for n in range(0, len(rows), 2)]


def svg(text: str) -> str:
    """The code as an SVG picture, one unit a module, dark on white."""
    rows = modules(text)
    side = len(rows)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="white" d="M0 0h{side}v{side}H0z"/><path d="{dark}"/></svg>\n'
    )
