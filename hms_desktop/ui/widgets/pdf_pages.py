# SPDX-License-Identifier: Apache-2.0
"""The pages of a PDF as pictures, for looking at and for sending to a printer."""

from __future__ import annotations

import pypdfium2
from PySide6.QtCore import QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter
from PySide6.QtPrintSupport import QPrinter

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _

_POINTS_PER_INCH = 72
_PRINT_DPI = 300


class PdfPages:
    """A PDF in memory. Raises Unavailable when the bytes are no PDF."""

    def __init__(self, pdf: bytes) -> None:
        self.pdf = pdf
        try:
            self._document = pypdfium2.PdfDocument(pdf)
        except pypdfium2.PdfiumError:
            raise Unavailable(_("The document can't be shown. Make it again, then print.")) from None

    def __len__(self) -> int:
        return len(self._document)

    def size(self, number: int) -> QSizeF:
        """Width and height of a page (from 0) in points of 1/72 inch."""
        width, height = self._document[number].get_size()
        return QSizeF(width, height)

    def picture(self, number: int, dpi: float) -> QImage:
        """A page (from 0) on white at a resolution."""
        bitmap = self._document[number].render(scale=dpi / _POINTS_PER_INCH, rev_byteorder=True)
        data = bytes(bitmap.buffer)
        return QImage(data, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_RGB888).copy()

    def print_on(self, printer: QPrinter) -> None:
        """Send every page to a printer, each in its own size; raises Unavailable when the printer takes none."""
        printer.setFullPage(True)
        painter = QPainter()
        for number in range(len(self)):
            self._fit_page(printer, number)
            started = painter.begin(printer) if number == 0 else printer.newPage()
            if not started:
                raise Unavailable(
                    _("The printer “{name}” does not answer. Choose another, or save as PDF.").format(
                        name=printer.printerName()
                    )
                )
            dpi = min(printer.resolution(), _PRINT_DPI)
            painter.drawImage(QRectF(painter.viewport()), self.picture(number, dpi))
        painter.end()

    def _fit_page(self, printer: QPrinter, number: int) -> None:
        size = self.size(number)
        wide = size.width() > size.height()
        upright = QSizeF(min(size.width(), size.height()), max(size.width(), size.height()))
        printer.setPageSize(QPageSize(upright, QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch))
        ways = QPageLayout.Orientation
        printer.setPageOrientation(ways.Landscape if wide else ways.Portrait)
