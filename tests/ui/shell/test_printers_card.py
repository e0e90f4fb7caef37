# SPDX-License-Identifier: Apache-2.0
"""What this computer prints on is chosen kind by kind, and a label printer is tried with a label that names nobody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtPrintSupport import QPrinterInfo
from pytestqt.qtbot import QtBot

from hms_desktop.documents.printers import Choice, LabelPrinter, PrinterBook
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell.printers_card import PrintersCard
from hms_desktop.ui.widgets.choice_box import ChoiceBox
from tests.documents.label_peer import label_peer
from tests.documents.zpl_reader import read_zpl
from tests.ui.papers import behind, paper_out


def card_of(book: PrinterBook, *needs: str) -> PrintersCard:
    """The card for somebody with these rights."""
    desk = SimpleNamespace(
        printers=book, may=lambda right: right in needs, place=SimpleNamespace(station="Lab 1"),
        tasks=behind(paper_out(b"")),
    )  # fmt: skip
    return PrintersCard(cast(Desk, desk))


def boxes(card: PrintersCard, name: str) -> list[ChoiceBox]:
    """The box of this name, once it is shown."""
    return [one for one in card.findChildren(ChoiceBox) if one.accessibleName() == name and one.isVisible()]


def box(card: PrintersCard, name: str) -> ChoiceBox:
    """The one box of this name."""
    (found,) = boxes(card, name)
    return found


def pick(box: ChoiceBox, value: Any) -> None:
    """Choose as a person does."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_each_kind_has_its_printer_and_paper(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QPrinterInfo, "availablePrinterNames", lambda: ["Till"])
    book = PrinterBook(labels=(LabelPrinter("Bench labels", "10.0.0.7", 9101),))
    card = card_of(book, "invoice.read", "specimen.collect")
    qtbot.addWidget(card)
    card.show()
    names = {one.accessibleName() for one in card.findChildren(ChoiceBox)}
    assert "Printer of: Receipt" in names and "Printer of: Visit summary" not in names
    pick(box(card, "Printer of: Receipt"), "Till")
    pick(box(card, "Paper of: Receipt"), "A5")
    pick(box(card, "Printer of: Sample label"), "Bench labels")
    assert book.choice("receipt") == Choice("Till", "A5") and book.choice("specimen-label").printer == "Bench labels"
    assert box(card, "Printer of: Receipt").findData("Bench labels") == -1, "a label printer takes labels"
    card.drop("Bench labels")
    qtbot.waitUntil(lambda: len(boxes(card, "Printer of: Sample label")) == 1)
    assert book.labels == () and box(card, "Printer of: Sample label").currentData() == ""


def test_a_label_printer_is_tried_or_says_what_is_wrong(qtbot: QtBot) -> None:
    card = card_of(PrinterBook())
    qtbot.addWidget(card)
    with label_peer() as peer:
        printer = peer.printer
        card.test(printer)
        assert card.said.text() == "Sent to Bench labels"
        assert read_zpl(peer.job())[0].words == ["Test label", "Bench labels", "Lab 1"]
    card.test(printer)
    assert "does not answer at 127.0.0.1" in card.said.text()
