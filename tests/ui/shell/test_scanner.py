# SPDX-License-Identifier: Apache-2.0
"""A scanner's burst is told from typing by its speed, and taken out of the text field that it ran into."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from hms_desktop.ui.shell.scanner import Scanner

ENTER = int(Qt.Key.Key_Return)


class Bench(QLineEdit):
    """A text field with a scanner on its window; `takes` says whether a code means something here."""

    def __init__(self) -> None:
        super().__init__()
        self.codes: list[str] = []
        self.takes = True
        self.scanner = Scanner(self, self._scanned)

    def _scanned(self, code: str) -> bool:
        self.codes.append(code)
        return self.takes

    def burst(self, code: str, gap: int = 5, start: int = 10_000) -> bool:
        """Send a code key by key; True if its Enter was swallowed."""
        at = start
        for sign in code:
            self.scanner.hear(sign, 0, at)
            self.insert(sign)
            at += gap
        return self.scanner.hear("\r", ENTER, at)


@pytest.fixture
def bench(look: QApplication, qtbot: QtBot) -> Bench:
    bench = Bench()
    qtbot.addWidget(bench)
    bench.show()
    bench.activateWindow()
    bench.setFocus()
    qtbot.waitUntil(bench.hasFocus)
    return bench


def test_a_burst_is_a_scan_and_leaves_the_field_as_it_was(bench: Bench) -> None:
    bench.setText("typed ")
    assert bench.burst("ACC-7K2-0042")
    assert bench.codes == ["ACC-7K2-0042"] and bench.text() == "typed "


def test_typing_is_no_scan(bench: Bench) -> None:
    assert not bench.burst("okonkwo", gap=90)
    assert bench.codes == [] and bench.text() == "okonkwo"


def test_a_few_fast_letters_are_no_scan(bench: Bench) -> None:
    assert not bench.burst("abc")


def test_a_code_that_means_nothing_here_stays_typed(bench: Bench) -> None:
    bench.takes = False
    assert not bench.burst("4006381333931")
    assert bench.text() == "4006381333931"


def test_a_field_made_for_codes_keeps_them(bench: Bench) -> None:
    bench.setProperty("scan", True)
    assert not bench.burst("4006381333931")
    assert bench.codes == []


def test_only_a_burst_under_way_holds_single_letters_back(bench: Bench) -> None:
    bench.scanner.hear("A", 0, 1000)
    assert not bench.scanner.busy()
    bench.scanner.hear("C", 0, 1010)
    assert bench.scanner.busy()
