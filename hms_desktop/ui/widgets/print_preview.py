# SPDX-License-Identifier: Apache-2.0
"""Print preview: the real pages first, then a printer and paper remembered for this kind of document, or a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QStyle, QVBoxLayout, QWidget

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.documents.papers import size_word
from hms_desktop.documents.printing import Preview
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.choice_box import ChoiceBox
from hms_desktop.ui.widgets.dialog_room import dialog_room
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.paper_out import PaperOut
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
    """Shows a paper and lets it out. `left` carries words for where it is; `saved` the path of a file.

    A print closes the window, a file leaves it open with the paper as it would leave now. Ctrl+P prints, Ctrl+S saves,
    Page Up and Down turn.
    """

    left = Signal(str)
    saved = Signal(str)

    def __init__(self, parent: QWidget | None, out: PaperOut) -> None:
        super().__init__(parent)
        self.out, self._number = out, 0
        out.view = self
        self.pages = PdfPages(out.shown.pdf)
        title = out.shown.title
        self.setWindowTitle(_("Print preview"))
        self.setAccessibleName(_("Print preview: {title}").format(title=title))
        self.view = PageView()
        self.place = Text("", "label", "secondary", figures="tables")
        self.copied = Chip("neutral", "", icon="copy")
        self.of_what = Text("", "label", "secondary", wrap=True)
        self.error = Text("", "label", "critical", wrap=True)
        self.back = IconButton("caret-left", _("Page before"), key="PgUp", clicked=lambda: self.turn(-1))
        self.next = IconButton("caret-right", _("Next page"), key="PgDn", clicked=lambda: self.turn(1))
        self.print = Button(_("Print"), "primary", icon="printer", key="Ctrl+P", clicked=self.print_all)
        self.save = Button(_("Save as PDF"), icon="download-simple", key="Ctrl+S", clicked=self.ask_and_save)
        self.printers, self.sizes = ChoiceBox(_("Printer")), ChoiceBox(_("Paper"))
        self._fill_printers()
        self._fill_sizes()
        self._lay_out(title)
        self.printers.setVisible(self.printers.count() > 0)  # not before: what has no place yet is a window of its own
        self.sizes.setVisible(self.sizes.count() > 1)
        self.show_paper(out.shown)
        self.resize(QSize(max(theme.grow(760), self._page_width()), theme.grow(860)).boundedTo(dialog_room(self)))

    def _page_width(self) -> int:
        """How wide a window is in which the whole width of a page shows, as far as there is room on the screen."""
        frame = 2 * theme.space(5) + self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent) + 4
        below = self.parentWidget()
        room = max(self.screen().availableGeometry().width(), below.window().width() if below else 0)
        return min(self.view.sizeHint().width() + frame, room)

    def _fill_printers(self) -> None:
        names = self.out.printers()
        self.printers.addItems(names)
        if self.out.printer in names:
            self.printers.setCurrentText(self.out.printer)
        self.printers.textActivated.connect(self.out.choose_printer)
        self.print.setEnabled(bool(names))
        if not names:
            self.error.set_tone("secondary")
            self.error.setText(_("No printer on this computer. Save as PDF instead."))

    def _fill_sizes(self) -> None:
        for size in self.out.sizes:
            self.sizes.addItem(size_word(size), size)
        self.sizes.setCurrentIndex(max(0, self.sizes.findData(self.out.shown.size)))
        self.sizes.activated.connect(lambda at: self.out.choose_size(self.sizes.itemData(at)))

    def _lay_out(self, title: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(5), theme.space(4), theme.space(5), theme.space(4))
        column.setSpacing(theme.space(4))
        head = QHBoxLayout()
        head.setSpacing(theme.space(3))
        head.addWidget(Text(title, "heading"))
        head.addWidget(self.copied)
        head.addStretch(1)
        for part in (self.back, self.place, self.next):
            head.addWidget(part)
        column.addLayout(head)
        column.addWidget(self.of_what)
        area = _Desk(self.view, sideways=True, name=_("The page"))
        dress(self.view, surface="sunken")
        column.addWidget(area, 1)
        column.addWidget(self.error)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space(3))
        foot.addWidget(self.printers, 1)
        foot.addWidget(self.sizes)
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

    # what leaves

    def print_all(self) -> None:
        """Print on the chosen printer; an error stays here with what to do."""
        if (name := self.printers.currentText()) and not self.print.busy:
            self._wait(True)
            self.out.print_on(name)

    def ask_and_save(self) -> None:
        """Ask where, then save."""
        kinds = "PDF (*.pdf);;ZPL II (*.zpl)" if self.out.is_label else "PDF (*.pdf)"
        path, _kind = QFileDialog.getSaveFileName(self, _("Save as PDF"), f"{self.out.shown.title}.pdf", kinds)
        if path:
            self.save_to(Path(path))

    def save_to(self, path: Path) -> None:
        """Save what is shown; an error stays here with what to do."""
        self._wait(True)
        self.out.save_to(path)

    def _wait(self, on: bool) -> None:
        self.error.setText("")
        self.print.set_busy(on)
        self.save.setEnabled(not on)

    # what is told

    def show_paper(self, shown: Preview) -> None:
        """Show the paper as it would leave now."""
        self.pages = PdfPages(shown.pdf)
        copied = _("Copy {number}: marked on every page").format(number=shown.copy) if shown.copy else ""
        self.copied.show_face(ChipFace("neutral", copied, "copy"))
        self.copied.setVisible(shown.copy > 0)
        self.of_what.setText(shown.copy_words)
        self.of_what.setVisible(shown.copy > 0)
        self.turn(0)

    def refuse(self, error: ClinicError) -> None:
        """Say why nothing left; the window stays, and the paper can go another way."""
        self._wait(False)
        self.error.set_tone("critical")
        self.error.setText(str(error))

    def has_left(self, where: str, *, printed: bool) -> None:
        """Say where it is; what leaves next is a copy."""
        self._wait(False)
        if printed:
            self.left.emit(_("Sent to {name}").format(name=where))
            self.accept()
        else:
            self.left.emit(_("Saved as {name}").format(name=Path(where).name))
            self.saved.emit(where)
            self.out.draw_again()

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
