# SPDX-License-Identifier: Apache-2.0
"""A paper in the preview without a clinic behind it: what is asked of the store is answered at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from PySide6.QtPrintSupport import QPrinter

from hms_desktop.core.errors import ClinicError
from hms_desktop.documents import printing
from hms_desktop.documents.papers import size_of
from hms_desktop.documents.printers import PrinterBook
from hms_desktop.documents.printing import Asked, HandedOut, Preview
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets import paper_out as paper_out_module
from hms_desktop.ui.widgets.paper_out import PaperOut

SUBJECT = UUID(int=1)


@dataclass
class PaperDesk:
    """Stands for a desk and its tasks: `acts` are what was asked of the store, `refuses` what it answers instead."""

    shown: Preview
    printers: PrinterBook = field(default_factory=PrinterBook)
    acts: list[Any] = field(default_factory=list)
    refuses: ClinicError | None = None
    handed: HandedOut = field(default_factory=lambda: HandedOut(b"", (SUBJECT,)))
    errors: list[ClinicError] = field(default_factory=list)

    @property
    def tasks(self) -> PaperDesk:
        """The desk does its own work."""
        return self

    def show_error(self, error: ClinicError) -> None:
        """Keep what a person would be told."""
        self.errors.append(error)

    def run(self, work: Any, done: Any = None, failed: Any = None, owner: Any = None) -> None:
        """Answer an action of printing."""
        self.acts.append(work)
        if work.func is printing.printed and self.refuses is not None:
            failed(self.refuses)
        elif work.func is printing.printed:
            done(self.handed)
        elif work.func is printing.preview:
            self.shown = replace(self.shown, copy=self.shown.copy + 1, size=work.keywords["size"] or self.shown.size)
            done(self.shown)

    def aside(self, work: Callable[[], Any], done: Any, failed: Any, owner: Any = None) -> None:
        """Do slow work at once."""
        try:
            found = work()
        except ClinicError as error:
            failed(error)
        else:
            done(found)

    def did(self, act: Any) -> list[Any]:
        """The calls of one action."""
        return [one for one in self.acts if one.func is act]


def paper_out(pdf: bytes, *, kind: str = "receipt", copy: int = 0, printers: PrinterBook | None = None) -> PaperOut:
    """A paper that is shown; its desk is `.desk` of what stands behind it (`behind`)."""
    words = "Copy 1 of what was first printed 23-Nov-2026 09:40" if copy else ""
    shown = Preview(kind, SUBJECT, SUBJECT, "Receipt", pdf, copy, words, size_of(kind), None)
    desk = PaperDesk(shown, printers or PrinterBook(), handed=HandedOut(pdf, (SUBJECT,)))
    return PaperOut(cast(Desk, desk), Asked(kind, SUBJECT), shown)


def behind(out: PaperOut) -> PaperDesk:
    """The desk of a paper."""
    return cast(PaperDesk, out._desk)


def office_printer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[QPrinter]:
    """Give this computer a printer “Office” that prints `job-0.pdf`, … into a folder; its jobs, as they come."""
    jobs: list[QPrinter] = []

    class Office(QPrinter):
        def __init__(self, _info: Any, mode: QPrinter.PrinterMode) -> None:
            super().__init__(mode)
            self.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
            self.setOutputFileName(str(folder / f"job-{len(jobs)}.pdf"))
            jobs.append(self)

    class Info:
        isNull = staticmethod(lambda: False)
        state = staticmethod(lambda: QPrinter.PrinterState.Idle)
        printerName = staticmethod(lambda: "Office")

    monkeypatch.setattr(paper_out_module, "QPrinter", Office)
    monkeypatch.setattr(paper_out_module.QPrinterInfo, "availablePrinterNames", lambda: ["Office"])
    monkeypatch.setattr(paper_out_module.QPrinterInfo, "printerInfo", lambda _name: Info())
    return jobs
