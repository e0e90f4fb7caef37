# SPDX-License-Identifier: Apache-2.0
"""Left-over widgets go on the GUI thread, whichever thread is busy."""

from __future__ import annotations

import gc
import threading
from typing import Any

from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.ui.widgets.collector import Collector

GONE: list[str] = []


class Leftover(QWidget):
    """A widget that nobody holds but itself."""

    def __init__(self) -> None:
        super().__init__()
        self.myself: Any = self

    def __del__(self) -> None:
        GONE.append(threading.current_thread().name)


def test_left_over_widgets_go_on_the_gui_thread_only(qapp: QApplication, qtbot: QtBot) -> None:
    GONE.clear()
    collector = Collector(qapp)
    for _one in range(20):
        Leftover()
    held: list[Any] = []
    busy = threading.Thread(target=lambda: held.extend([n] for n in range(50_000)))
    busy.start()
    busy.join()
    assert GONE == []
    qtbot.waitUntil(lambda: len(GONE) == 20, timeout=60_000)
    assert set(GONE) == {threading.main_thread().name}
    assert not gc.isenabled()
    collector.deleteLater()
