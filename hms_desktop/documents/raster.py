# SPDX-License-Identifier: Apache-2.0
"""PDF pages as pictures, for the print preview and for printers that take pictures."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2

from hms_desktop.core.errors import Damaged
from hms_desktop.core.text import _

MAX_SIDE = 12_000


@dataclass(frozen=True)
class PageImage:
    """A page: 8-bit red, green, blue rows without gaps on white; `width` and `height` in pixels."""

    width: int
    height: int
    pixels: bytes


@dataclass(frozen=True)
class PageSize:
    """The size of a page in millimetres."""

    width: float
    height: float


def page_sizes(pdf: bytes) -> tuple[PageSize, ...]:
    """The size of every page; raises `Damaged` when the bytes are no PDF."""
    with _opened(pdf) as document:
        return tuple(PageSize(*(round(side / 72 * 25.4, 2) for side in page.get_size())) for page in document)


def page_image(pdf: bytes, index: int, dpi: float = 96) -> PageImage:
    """A page (from 0) as a picture at so many dots per inch, fewer when a side would pass 12,000 pixels."""
    with _opened(pdf) as document:
        page = document[index]
        scale = min(dpi / 72, MAX_SIDE / max(page.get_size()))
        picture = page.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB")
        return PageImage(picture.width, picture.height, picture.tobytes())


def _opened(pdf: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise Damaged(_("This document can't be opened. Print it again from the record.")) from error
