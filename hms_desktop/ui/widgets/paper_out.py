# SPDX-License-Identifier: Apache-2.0
"""One paper on its way out of a preview: written down first, then sent to its printer or into a file.

The way is opened before anything is written down, so a printer that does not answer leaves nothing behind. Should one
fail after that, the print is taken back: what did not come out is no original of which the next would be a copy.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject
from PySide6.QtPrintSupport import QPrinter, QPrinterInfo
from shiboken6 import isValid

from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.core.text import _
from hms_desktop.documents import printing
from hms_desktop.documents.label_line import LabelLine
from hms_desktop.documents.papers import LABEL, paper_of, size_of
from hms_desktop.documents.printers import LabelPrinter
from hms_desktop.documents.printing import Asked, HandedOut, Preview
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.pdf_pages import PdfPages

ZPL = ".zpl"
_SHARED = {"prepared-label": "medicine-label"}
"""Kinds that print on what another kind was printed on last."""


class View(Protocol):
    """What a paper on its way out tells the window that shows it."""

    def show_paper(self, shown: Preview) -> None:
        """Show it as it would be printed now."""

    def refuse(self, error: ClinicError) -> None:
        """Say why it did not leave."""

    def has_left(self, where: str, *, printed: bool) -> None:
        """It is at the printer of this name, or in this file."""


class PaperOut:
    """Sends one paper out; `shown` is what the window shows of it, and nothing else leaves."""

    def __init__(self, desk: Desk, asked: Asked, shown: Preview) -> None:
        self._desk, self.asked, self.shown = desk, asked, shown
        self._key = _SHARED.get(asked.kind, asked.kind)
        self.view: View | None = None

    # what there is to choose

    @property
    def sizes(self) -> tuple[str, ...]:
        """The papers that this kind prints on."""
        return paper_of(self.asked.kind).sizes

    @property
    def is_label(self) -> bool:
        """Whether a label printer takes it."""
        return LABEL in self.sizes

    def printers(self) -> list[str]:
        """Names of the printers that take it: for a label the label printers first."""
        own = [one.name for one in self._desk.printers.labels] if self.is_label else []
        return [*own, *(name for name in QPrinterInfo.availablePrinterNames() if name not in own)]

    @property
    def printer(self) -> str:
        """The printer that this kind was printed on last, else the usual one of this computer."""
        return self._desk.printers.choice(self._key).printer or QPrinterInfo.defaultPrinterName()

    def choose_printer(self, name: str) -> None:
        """Print on this one from now on."""
        self._desk.printers.choose(self._key, printer=name)

    def choose_size(self, size: str) -> None:
        """Print on this paper from now on, and show it so."""
        self._desk.printers.choose(self._key, size=size)
        self.asked = asked_for(self._desk, self.asked)
        self.draw_again()

    def draw_again(self) -> None:
        """Show the paper as it stands now."""
        one = self.asked
        again = partial(printing.preview, kind=one.kind, subject=one.subject, about=one.about, size=one.size)
        self._desk.tasks.run(again, self._drawn, self._refused, owner=self._owner())

    def _drawn(self, shown: Preview) -> None:
        self.shown = shown
        if view := self._there():
            view.show_paper(shown)

    # ways out

    def print_on(self, name: str) -> None:
        """Print on a label printer or on a printer of this computer."""
        label = self._desk.printers.label_printer(name) if self.is_label else None
        if label is not None:
            open_it = partial(LabelLine, label)
            self._desk.tasks.aside(open_it, partial(self._to_label_printer, label), self._refused)
            return
        info = QPrinterInfo.printerInfo(name)
        if info.isNull() or info.state() == QPrinter.PrinterState.Error:
            said = _("The printer “{name}” does not answer. Choose another, or save as PDF.")
            self._refused(Unavailable(said.format(name=name)))
            return
        self._hand_out("print", printing.PDF, partial(self._to_printer, info))

    def save_to(self, path: Path) -> None:
        """Save as PDF, or as a label printer's own language where the file is named so."""
        beside = path.with_name(f"{path.name}.part")
        try:
            beside.write_bytes(b"")
        except OSError as error:
            self._refused(_not_written(path, error))
            return
        form = printing.PDF
        if self.is_label and path.suffix.casefold() == ZPL:
            label = self._desk.printers.label_printer(self.printer)
            form = f"{printing.ZPL}{label.dpi if label else 203}"
        self._hand_out("file", form, partial(self._to_file, path, beside), partial(beside.unlink, missing_ok=True))

    def _hand_out(
        self, way: str, form: str, go_on: Callable[[HandedOut], object], give_up: Callable[[], object] = lambda: None
    ) -> None:
        """Write it down, then go on with the bytes; nobody's closing of the window comes between the two."""

        def not_handed_out(error: ClinicError) -> None:
            give_up()
            self._refused(error)
            if self._there():
                self.draw_again()

        act = partial(printing.printed, asked=self.asked, way=way, form=form, seen=self.shown.drawn)
        self._desk.tasks.run(act, go_on, not_handed_out)

    def _to_label_printer(self, label: LabelPrinter, line: LabelLine) -> None:
        if self._there() is None:
            line.close()
            return

        def send(handed: HandedOut) -> None:
            sent = partial(self._left, label.name, printed=True)
            failed = partial(self._take_back, handed)
            self._desk.tasks.aside(partial(line.send, handed.data), lambda _none: sent(), failed)

        self._hand_out("print", f"{printing.ZPL}{label.dpi}", send, line.close)

    def _to_printer(self, info: QPrinterInfo, handed: HandedOut) -> None:
        printer = QPrinter(info, QPrinter.PrinterMode.HighResolution)
        printer.setDocName(job_name())
        try:
            PdfPages(handed.data).print_on(printer)
        except ClinicError as error:
            self._take_back(handed, error)
        else:
            self._left(info.printerName(), printed=True)

    def _to_file(self, path: Path, beside: Path, handed: HandedOut) -> None:
        try:
            beside.write_bytes(handed.data)
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            self._take_back(handed, _not_written(path, error))
        else:
            self._left(str(path), printed=False)

    # what became of it

    def _left(self, where: str, *, printed: bool) -> None:
        if view := self._there():
            view.has_left(where, printed=printed)

    def _take_back(self, handed: HandedOut, error: ClinicError) -> None:
        if handed.prints:
            self._desk.tasks.run(partial(printing.not_printed, prints=handed.prints))
        self._refused(error)

    def _refused(self, error: ClinicError) -> None:
        if view := self._there():
            view.refuse(error)
        else:
            self._desk.show_error(error)

    def _there(self) -> View | None:
        window: object = self.view
        return None if isinstance(window, QObject) and not isValid(window) else self.view

    def _owner(self) -> QObject | None:
        window: object = self.view
        return window if isinstance(window, QObject) else None


def asked_for(desk: Desk, asked: Asked) -> Asked:
    """The same paper on the size that this workstation prints its kind on."""
    size = desk.printers.choice(_SHARED.get(asked.kind, asked.kind)).size
    return Asked(asked.kind, asked.subject, asked.about, size_of(asked.kind, size))


def job_name() -> str:
    """What a queue shows to everybody who prints: it names nobody."""
    return _("Document")


def _not_written(path: Path, error: OSError) -> Unavailable:
    words = _("“{name}” can't be written ({reason}). Choose another folder.")
    return Unavailable(words.format(name=path.name, reason=error.strerror or ""))
