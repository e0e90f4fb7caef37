# SPDX-License-Identifier: Apache-2.0
"""Questions name the thing, long work can be stopped, and paper is seen before it is printed."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from hms_desktop.core.errors import Unavailable
from hms_desktop.documents import printing
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.pdf_pages import PdfPages
from hms_desktop.ui.widgets.print_preview import PrintPreview
from hms_desktop.ui.widgets.progress import Progress, time_left_words
from tests.ui.papers import behind, paper_out
from tests.ui.widgets.conftest import Shows


@pytest.fixture
def pdf(tmp_path: Path) -> bytes:
    """Two pages, the second across."""
    path = tmp_path / "two.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.drawString(72, 700, "Receipt RCT-26-2 10483")
    canvas.showPage()
    canvas.setPageSize(landscape(A4))
    canvas.drawString(72, 400, "page 2")
    canvas.save()
    return path.read_bytes()


def test_the_question_starts_on_the_safe_button_and_gives_the_keyboard_back(shows: Shows, qtbot: QtBot) -> None:
    line = QLineEdit()
    window = shows(line)
    line.setFocus()
    done: list[int] = []
    what_follows = "Blocking it now would strand 38 changes."
    question = ask_first(
        window,
        "Block Front desk 3?",
        what_follows,
        "Block Front desk 3",
        lambda: done.append(1),
        kind="destroy",
        facts=[("Last seen", "09:24")],
    )
    qtbot.waitUntil(question.isVisible)
    assert question.accessibleName() == "Block Front desk 3?"
    assert question.go.words == "Block Front desk 3"
    qtbot.waitUntil(question.stay.hasFocus)
    QTest.keyClick(question, Qt.Key.Key_Escape)
    assert done == []
    assert window.focusWidget() is line


def test_going_on_does_it_once(shows: Shows, qtbot: QtBot) -> None:
    window = shows(QLineEdit())
    done: list[int] = []
    question = ask_first(window, "Release 5 results?", "", "Release 5 results", lambda: done.append(1))
    question.go.click()
    assert done == [1]


def test_the_worst_needs_the_name_typed(shows: Shows) -> None:
    window = shows(QLineEdit())
    done: list[int] = []
    question = ask_first(window, "Delete?", "", "Delete", lambda: done.append(1), typed_name="Front desk 3")
    assert question.name_line is not None
    question.go.click()
    question.name_line.setText("Front desk 3 ")
    question.go.click()
    assert done == [1]


def test_progress_counts_and_tells_the_time_left_after_five_seconds(shows: Shows, qtbot: QtBot) -> None:
    now = [0.0]
    progress = Progress(clock=lambda: now[0])
    shows(progress)
    progress.begin("Getting patients", 664, "Cancel keeps what is here.")
    now[0] = 4.0
    progress.step_to(200)
    assert progress.count.text() == "200 of 664"
    now[0] = 20.0
    progress.step_to(332)
    assert progress.count.text() == "332 of 664, about 20 s left"
    assert progress.bar.accessibleDescription() == progress.count.text()
    assert progress.keeps.text() == "Cancel keeps what is here."
    with qtbot.waitSignal(progress.cancelled):
        progress.cancel.click()
    progress.finish()
    assert not progress.isVisible()


def test_progress_without_a_known_end_only_counts(shows: Shows) -> None:
    progress = Progress()
    shows(progress)
    progress.begin("Reading", 0, can_cancel=False)
    progress.step_to(12)
    assert progress.count.text() == "12"
    assert not progress.cancel.isVisible()
    progress.step_to(13, total=20)
    assert progress.count.text() == "13 of 20"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(4, "a few seconds left"), (44, "about 40 s left"), (95, "about 2 min left"), (600, "about 10 min left")],
)
def test_time_left_is_told_in_steps(seconds: float, words: str) -> None:
    assert time_left_words(seconds) == words


def test_the_preview_shows_real_pages_and_turns_by_keys(pdf: bytes, qtbot: QtBot) -> None:
    preview = PrintPreview(None, paper_out(pdf, copy=1))
    qtbot.addWidget(preview)
    preview.show()
    assert preview.place.text() == "Page 1 of 2"
    upright = preview.view.sizeHint()
    QTest.keyClick(preview, Qt.Key.Key_PageDown)
    QTest.keyClick(preview, Qt.Key.Key_PageDown)
    assert preview.view.accessibleName() == "Page 2 of 2"
    assert preview.view.sizeHint().width() > upright.width()
    assert not preview.next.isEnabled()
    QTest.keyClick(preview, Qt.Key.Key_PageUp)
    assert preview.place.text() == "Page 1 of 2"


def test_paper_is_white_in_every_theme_and_shows_the_words(pdf: bytes) -> None:
    image = PdfPages(pdf).picture(0, 72)
    assert (image.width(), image.height()) in ((595, 842), (596, 842))
    assert image.pixelColor(5, 5).name() == "#ffffff"
    darkest = min(image.pixelColor(x, y).lightness() for x in range(72, 200) for y in range(130, 145))
    assert darkest < 100


def test_the_pdf_itself_is_saved(pdf: bytes, tmp_path: Path, qtbot: QtBot) -> None:
    out = paper_out(pdf)
    preview = PrintPreview(None, out)
    qtbot.addWidget(preview)
    with qtbot.waitSignal(preview.saved):
        preview.save_to(tmp_path / "receipt.pdf")
    assert (tmp_path / "receipt.pdf").read_bytes() == pdf and list(tmp_path.glob("*.part")) == []
    assert preview.copied.face.words == "Copy 1: marked on every page", "what leaves next is a copy"
    preview.save_to(tmp_path / "no such folder" / "receipt.pdf")
    assert "can't be written" in preview.error.text() and len(behind(out).did(printing.printed)) == 1


def test_without_a_printer_it_says_what_to_do(pdf: bytes, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hms_desktop.ui.widgets.paper_out.QPrinterInfo.availablePrinterNames", lambda: [])
    preview = PrintPreview(None, paper_out(pdf))
    qtbot.addWidget(preview)
    assert not preview.print.isEnabled()
    assert preview.error.text() == "No printer on this computer. Save as PDF instead."


def test_every_page_goes_to_the_printer_in_its_own_way_up(pdf: bytes, tmp_path: Path, qapp: object) -> None:
    printer = QPrinter(QPrinter.PrinterMode.ScreenResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    PdfPages(pdf).print_on(printer)
    printed = PdfPages((tmp_path / "printed.pdf").read_bytes())
    assert len(printed) == 2
    assert printed.size(0).height() > printed.size(0).width()
    assert printed.size(1).width() > printed.size(1).height()


def test_what_is_no_pdf_is_refused_in_words() -> None:
    with pytest.raises(Unavailable, match="can't be shown"):
        PdfPages(b"%PDF-1.7 broken")
