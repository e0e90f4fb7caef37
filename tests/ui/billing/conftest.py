# SPDX-License-Identifier: Apache-2.0
"""A cash desk and its window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hms_desktop.ui.billing.folder import folder
from hms_desktop.ui.conflicts.folder import folder as conflicts
from tests.clinic.billing.conftest import CashDesk, cash_desk
from tests.ui.typist import Typist


@pytest.fixture
def cash(tmp_path: Path) -> Iterator[CashDesk]:
    """A cash desk with prices and one patient."""
    made = cash_desk(tmp_path)
    yield made
    made.desk.store.close()


@pytest.fixture
def till(dressed: QApplication, qtbot: QtBot, cash: CashDesk) -> Iterator[Typist]:
    """Its window, with somebody at the keyboard."""
    typist = Typist(qtbot, cash.desk, [folder(), conflicts()])
    yield typist
    typist.close()
