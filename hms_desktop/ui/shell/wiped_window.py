# SPDX-License-Identifier: Apache-2.0
"""What is left of a workstation that was wiped: a page that says so, and what to do with the computer now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout

from hms_desktop.core.text import _
from hms_desktop.ui.shell.night import Night, NightIcon, NightText
from hms_desktop.ui.shell.station import WipedFacts
from hms_desktop.ui.shell.words import day_words, time_words


class WipedWindow(Night):
    """`closed` when the person has read it."""

    closed = Signal()

    def __init__(self, facts: WipedFacts) -> None:
        super().__init__()
        self.setWindowTitle(_("Workstation wiped"))
        self.setMinimumSize(1180, 720)
        self.resize(1440, 900)
        head = NightText(_("{station} was wiped").format(station=facts.station), "display", pixels=34)
        told = NightText(
            _(
                "An administrator of {clinic} ordered it. On {day}, {time} its keys and everything that it held were "
                "destroyed, after what it held was reported to the server. Nothing here can be opened any more."
            ).format(clinic=facts.clinic, day=day_words(facts.at), time=time_words(facts.at)),
            "title",
            "text",
        )
        next_step = NightText(
            _("To use this computer again, ask for a new code and enrol it (hms enroll)."), "title", "text"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(96, 48, 96, 48)
        column.setSpacing(24)
        column.addStretch(2)
        column.addWidget(NightIcon("prohibit"), 0, Qt.AlignmentFlag.AlignLeft)
        for words in (head, told, next_step):
            words.setWordWrap(True)
            column.addWidget(words)
        column.addStretch(3)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The person wants the program gone."""
        self.closed.emit()
        super().closeEvent(event)
