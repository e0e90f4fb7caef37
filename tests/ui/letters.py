# SPDX-License-Identifier: Apache-2.0
"""Waiting for what a single letter does: it acts a moment after it is pressed, once it is known to be no scanner's."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest

from hms_desktop.ui.shell.keys import SCAN_PAUSE_MS


def await_letter() -> None:
    """Let the windows work until every letter pressed before this has acted, however slow the machine is.

    Timers of one kind end in the order of their times, so one that was started later and lasts longer ends last.
    """
    acted: list[bool] = []
    QTimer.singleShot(SCAN_PAUSE_MS + 15, lambda: acted.append(True))
    while not acted:
        QTest.qWait(5)
