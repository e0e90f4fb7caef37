# SPDX-License-Identifier: Apache-2.0
"""Print preview: the real pages first, then a printer remembered for this kind of document, or a PDF file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QStyle, QVBoxLayout, QWidget

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.choice_box import ChoiceBox
from hms_desktop.ui.widgets.dialog_room import dialog_room
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.pdf_pages import PdfPages
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme

_SCREEN_DPI = 96


class PageView(QWidget):
    """One page on paper white, as wide as there is room; paper stays light in every theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()

    def show_page(self, image: QImage, spoken: str) -> None:
        """Show another page."""
        self._image = image
        self.setAccessibleName(spoken)
        self.setMinimumSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """The page with a margin around it."""
        ratio = self._image.devicePixelRatio() or 1
        return QSize(round(self._image.width() / ratio) + 48, round(self._image.height() / ratio) + 48)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the page in the middle with a thin edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("bg.sunken"))
        page = QRect(0, 0, self.sizeHint().width() - 48, self.sizeHint().height() - 48)
        page.moveCenter(self.rect().center())
        painter.drawImage(page, self._image)
        painter.setPen(theme.colour("border.strong"))
        painter.drawRect(page.adjusted(-1, -1, 0, 0))


class _Desk(ScrollPane):
    """Where the page lies: arrows move it, the keys for pages are left to who turns them."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page Up and Down turn pages wherever the keyboard is."""
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            event.ignore()
        else:
            super().keyPressEvent(event)


class PrintPreview(QDialog):
    """Shows a PDF. `printed` carries the printer's name, `saved` the path, `remember` the printer for this kind.

    `copy` says that this is a reprint (the pages themselves carry the mark). Ctrl+P prints, Page Up and Down turn.
    """

    printed = Signal(str)
    saved = Signal(str)
    remember = Signal(str)

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        pdf: bytes,
        *,
        copy: bool = False,
        printer: str = "",
        file_name: str = "",
    ) -> None:
        super().__init__(parent)
        self.pages = PdfPages(pdf)
        self._number = 0
        self._file_name = file_name or f"{title}.pdf"
        self.setWindowTitle(_("Print preview"))
        self.setAccessibleName(_("Print preview: {title}").format(title=title))
        self.view = PageView()
        self.place = Text("", "label", "secondary", figures="tables")
        self.error = Text("", "label", "critical", wrap=True)
        self.back = IconButton("caret-left", _("Page before"), key="PgUp", clicked=lambda: self.turn(-1))
        self.next = IconButton("caret-right", _("Next page"), key="PgDn", clicked=lambda: self.turn(1))
        self.print = Button(_("Print"), "primary", icon="printer", key="Ctrl+P", clicked=self.print_all)
        self.save = Button(_("Save as PDF"), icon="download-simple", key="Ctrl+S", clicked=self.ask_and_save)
        self.printers = ChoiceBox(_("Printer"))
        self._fill_printers(printer)
        self._lay_out(title, copy)
        self.turn(0)
        self.resize(QSize(max(theme.grow(760), self._page_width()), theme.grow(860)).boundedTo(dialog_room(self)))

    def _page_width(self) -> int:
        """How wide a window is in which the whole width of a page shows, as far as there is room on the screen."""
        frame = 2 * theme.space(5) + self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) + 4
        below = self.parentWidget()
        room = max(self.screen().availableGeometry().width(), below.window().width() if below else 0)
        return min(self.view.sizeHint().width() + frame, room)

    def _fill_printers(self, wanted: str) -> None:
        names = QPrinterInfo.availablePrinterNames()
        self.printers.addItems(names)
        chosen = wanted if wanted in names else QPrinterInfo.defaultPrinterName()
        if chosen in names:
            self.printers.setCurrentText(chosen)
        self.printers.textActivated.connect(self.remember)
        self.printers.setVisible(bool(names))
        self.print.setEnabled(bool(names))
        if not names:
            self.error.set_tone("secondary")
            self.error.setText(_("No printer on this computer. Save as PDF instead."))

    def _lay_out(self, title: str, copy: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(5), theme.space(4), theme.space(5), theme.space(4))
        column.setSpacing(theme.space(4))
        head = QHBoxLayout()
        head.setSpacing(theme.space(3))
        head.addWidget(Text(title, "heading"))
        if copy:
            head.addWidget(Chip("neutral", _("Copy: marked on every page"), icon="copy"))
        head.addStretch(1)
        for part in (self.back, self.place, self.next):
            head.addWidget(part)
        column.addLayout(head)
        area = _Desk(self.view, sideways=True, name=_("The page"))
        dress(self.view, surface="sunken")
        column.addWidget(area, 1)
        column.addWidget(self.error)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space(3))
        foot.addWidget(self.printers, 1)
        foot.addStretch(1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        foot.addWidget(self.save)
        foot.addWidget(self.print)
        column.addLayout(foot)

    def turn(self, by: int) -> None:
        """Go on by so many pages."""
        self._number = min(max(0, self._number + by), len(self.pages) - 1)
        ratio = self.devicePixelRatioF()
        image = self.pages.picture(self._number, _SCREEN_DPI * ratio)
        image.setDevicePixelRatio(ratio)
        words = _("Page {number} of {count}").format(number=self._number + 1, count=len(self.pages))
        self.view.show_page(image, words)
        self.place.setText(words)
        self.back.setEnabled(self._number > 0)
        self.next.setEnabled(self._number < len(self.pages) - 1)

    def print_all(self) -> None:
        """Print on the chosen printer; an error stays here with what to do."""
        name = self.printers.currentText()
        if name:
            printer = QPrinter(QPrinterInfo.printerInfo(name), QPrinter.PrinterMode.HighResolution)
            printer.setDocName(_("Document"))  # a queue shows it to everybody: it names nobody
            self._try(lambda: self.pages.print_on(printer), lambda: self.printed.emit(name))

    def ask_and_save(self) -> None:
        """Ask where, then save."""
        path, _kind = QFileDialog.getSaveFileName(self, _("Save as PDF"), self._file_name, "PDF (*.pdf)")
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Save the PDF itself; an error stays here with what to do."""
        try:
            path.write_bytes(self.pages.pdf)
        except OSError as error:
            words = _("“{name}” can't be written ({reason}). Choose another folder.")
            self.error.set_tone("critical")
            self.error.setText(words.format(name=path.name, reason=error.strerror or ""))
        else:
            self.error.setText("")
            self.saved.emit(str(path))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Page Up and Down turn, Ctrl+P prints, Ctrl+S saves, Escape closes."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        acts: dict[tuple[bool, Qt.Key], Callable[[], Any]] = {
            (False, Qt.Key.Key_PageUp): lambda: self.turn(-1),
            (False, Qt.Key.Key_PageDown): lambda: self.turn(1),
            (True, Qt.Key.Key_P): self.print_all,
            (True, Qt.Key.Key_S): self.ask_and_save,
        }
        act = acts.get((control, Qt.Key(event.key())))
        if act is None:
            super().keyPressEvent(event)
        else:
            act()

    def _try(self, work: Callable[[], object], done: Callable[[], object]) -> None:
        try:
            work()
        except ClinicError as error:
            self.error.set_tone("critical")
            self.error.setText(str(error))
        else:
            self.error.setText("")
            done()
