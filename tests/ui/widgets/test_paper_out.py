# SPDX-License-Identifier: Apache-2.0
"""What leaves a preview: opened first, then written down, then sent; what fails says why and is not a print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtPrintSupport import QPrinter
from pytestqt.qtbot import QtBot

from hms_desktop.core.errors import Refused, Unavailable
from hms_desktop.documents import label_line, printing
from hms_desktop.documents.printers import Choice, LabelPrinter, PrinterBook
from hms_desktop.documents.zpl import sample
from hms_desktop.ui.widgets import paper_out as way
from hms_desktop.ui.widgets.paper_out import PaperOut
from hms_desktop.ui.widgets.pdf_pages import PdfPages
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.documents import samples
from tests.documents.label_peer import LabelPeer, label_peer
from tests.documents.zpl_reader import read_zpl
from tests.ui.papers import SUBJECT, behind, paper_out

LABEL = sample(203, "Bench labels", "Lab 1")
Shows = Callable[[PaperOut], PrintPreview]


class Queue:
    """A printer of this computer, as Qt tells of it."""

    def __init__(self, name: str, state: QPrinter.PrinterState) -> None:
        self._name, self._state = name, state

    def isNull(self) -> bool:
        return not self._name

    def state(self) -> QPrinter.PrinterState:
        return self._state

    def printerName(self) -> str:
        return self._name


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """A receipt."""
    from hms_desktop.documents import receipt

    return receipt.render(samples.a_receipt())


@pytest.fixture
def peer() -> Iterator[LabelPeer]:
    """A label printer that is on."""
    with label_peer() as found:
        yield found


@pytest.fixture
def shows(qtbot: QtBot) -> Shows:
    """Opens a preview."""

    def show(out: PaperOut) -> PrintPreview:
        preview = PrintPreview(None, out)
        qtbot.addWidget(preview)
        preview.show()
        return preview

    return show


def label_out(pdf: bytes, printer: LabelPrinter) -> PaperOut:
    """A label that is shown, with the printer that it goes to."""
    book = PrinterBook(labels=(printer,), choices={"specimen-label": Choice(printer.name)})
    out = paper_out(pdf, kind="specimen-label", printers=book)
    behind(out).handed = printing.HandedOut(LABEL, (SUBJECT,))
    return out


def test_a_label_goes_to_its_printer_as_zpl_once_it_is_written_down(pdf: bytes, shows: Shows, peer: LabelPeer) -> None:
    preview = shows(label_out(pdf, peer.printer))
    assert preview.printers.currentText() == "Bench labels" and preview.sizes.isHidden()
    left: list[str] = []
    preview.left.connect(left.append)
    preview.print_all()
    assert peer.job() == LABEL and read_zpl(LABEL) and left == ["Sent to Bench labels"]
    (act,) = behind(preview.out).did(printing.printed)
    assert act.keywords["form"] == "zpl203" and act.keywords["way"] == "print" and preview.isHidden()


def test_a_printer_that_is_off_leaves_nothing_behind_and_the_paper_can_be_saved(
    pdf: bytes, shows: Shows, tmp_path: Path
) -> None:
    with label_peer() as gone:
        printer = gone.printer
    preview = shows(label_out(pdf, printer))
    preview.print_all()
    assert "“Bench labels” does not answer at 127.0.0.1" in preview.error.text() and preview.isVisible()
    assert behind(preview.out).did(printing.printed) == [] and not preview.print.busy
    preview.save_to(tmp_path / "label.zpl")
    (act,) = behind(preview.out).did(printing.printed)
    assert (act.keywords["way"], act.keywords["form"]) == ("file", "zpl203")
    assert read_zpl((tmp_path / "label.zpl").read_bytes())


def test_one_that_stops_has_not_printed(
    pdf: bytes, shows: Shows, peer: LabelPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(line: label_line.LabelLine, _data: bytes) -> None:
        line.close()
        raise line._gone()

    monkeypatch.setattr(label_line.LabelLine, "send", breaks)
    preview = shows(label_out(pdf, peer.printer))
    preview.print_all()
    assert "stopped before it had the whole label" in preview.error.text()
    (taken_back,) = behind(preview.out).did(printing.not_printed)
    assert taken_back.keywords == {"prints": (SUBJECT,)}


def test_what_may_not_leave_lets_go_of_the_printer_and_is_shown_anew(pdf: bytes, shows: Shows, peer: LabelPeer) -> None:
    out = label_out(pdf, peer.printer)
    behind(out).refuses = Refused("This paper has changed since it was shown.")
    preview = shows(out)
    preview.print_all()
    assert "has changed since it was shown" in preview.error.text() and peer.job() == b""
    assert len(behind(out).did(printing.preview)) == 1


def test_a_window_that_was_closed_meanwhile_prints_nothing(pdf: bytes, peer: LabelPeer) -> None:
    out = label_out(pdf, peer.printer)
    out.print_on("Bench labels")
    assert peer.job() == b"" and behind(out).did(printing.printed) == []
    out.print_on("Nobody knows it")
    assert "“Nobody knows it” does not answer" in str(behind(out).errors[0])


def test_a_printer_of_this_computer_gets_a_job_that_names_nobody(
    pdf: bytes, shows: Shows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[QPrinter] = []

    class ToFile(QPrinter):
        def __init__(self, _info: Any, mode: QPrinter.PrinterMode) -> None:
            super().__init__(mode)
            self.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
            self.setOutputFileName(str(tmp_path / "printed.pdf"))
            made.append(self)

    kinds = QPrinter.PrinterState
    queues = {"Till": Queue("Till", kinds.Idle), "Jam": Queue("Jam", kinds.Error)}
    monkeypatch.setattr(way.QPrinterInfo, "availablePrinterNames", lambda: list(queues))
    monkeypatch.setattr(way.QPrinterInfo, "printerInfo", lambda name: queues.get(name, Queue("", kinds.Idle)))
    monkeypatch.setattr(way, "QPrinter", ToFile)
    out = paper_out(pdf, printers=PrinterBook(choices={"receipt": Choice("Jam")}))
    preview = shows(out)
    assert preview.printers.currentText() == "Jam"
    preview.print_all()
    assert "“Jam” does not answer" in preview.error.text() and behind(out).did(printing.printed) == []
    preview.printers.setCurrentText("Till")
    preview.printers.textActivated.emit("Till")
    assert behind(out).printers.choice("receipt").printer == "Till"
    preview.print_all()
    assert (tmp_path / "printed.pdf").stat().st_size > 1000 and preview.isHidden()
    assert made[0].docName() == "Document"

    def refuses(_pages: PdfPages, printer: QPrinter) -> None:
        raise Unavailable(f"{printer.docName()} got lost")

    monkeypatch.setattr(PdfPages, "print_on", refuses)
    out.print_on("Till")
    assert preview.error.text() == "Document got lost" and len(behind(out).did(printing.not_printed)) == 1


def test_another_paper_is_remembered_and_shown(pdf: bytes, shows: Shows) -> None:
    preview = shows(paper_out(pdf))
    words = [preview.sizes.itemText(n) for n in range(preview.sizes.count())]
    assert words == ["80 mm roll", "A5", "A4"]
    preview.sizes.activated.emit(1)
    (again,) = behind(preview.out).did(printing.preview)
    assert again.keywords["size"] == "A5" and preview.out.shown.size == "A5"
    assert behind(preview.out).printers.choice("receipt").size == "A5"


def test_a_file_that_cannot_be_put_there_is_taken_back(
    pdf: bytes, shows: Shows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = shows(paper_out(pdf))
    (tmp_path / "full.pdf").mkdir()
    preview.save_to(tmp_path / "full.pdf")
    assert "“full.pdf” can't be written" in preview.error.text()
    assert len(behind(preview.out).did(printing.not_printed)) == 1 and not list(tmp_path.glob("*.part"))
    behind(preview.out).refuses = Refused("No.")
    preview.save_to(tmp_path / "other.pdf")
    assert preview.error.text() == "No." and not list(tmp_path.glob("other*"))
