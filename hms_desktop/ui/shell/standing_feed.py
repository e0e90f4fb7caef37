# SPDX-License-Identifier: Apache-2.0
"""Keeps a session true to its workstation's standing: shows it, and ends the session when it must end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from hms_desktop.ui.shell.sync_link import RunnerLink, Stands

LOOKED_EVERY_MS = 15_000
ENDS = {"revoked": "sign-out", "blocked": "sign-out", "wipe": "wipe"}
"""How a session ends for each reason; for every other one it locks, and goes on at the next sign-in."""


class Watch(Protocol):
    """What is watched: the session's questions about its workstation."""

    def on_told(self, told: Callable[[], object]) -> None:
        """Call this after each answer, on any thread."""

    def over(self) -> str:
        """Why the session must end now; empty while it need not."""

    @property
    def closed(self) -> bool:
        """Whether the session has ended."""


class StandingFeed(QObject):
    """`leaving(then)` asks for the end of the session."""

    leaving = Signal(str)
    _told = Signal()

    def __init__(
        self, watch: Watch, stands: Callable[[], Stands], link: RunnerLink | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._watch, self._stands, self._link = watch, stands, link
        self._told.connect(self.look, Qt.ConnectionType.QueuedConnection)
        watch.on_told(self._told.emit)
        self._timer = QTimer(self, interval=LOOKED_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """Show how it stands, and end what must end."""
        if self._watch.closed:
            self._timer.stop()
            return
        why = self._watch.over()
        if why:
            self._timer.stop()
            self.leaving.emit(ENDS.get(why, ""))
            return
        if self._link is not None:
            self._link.show_standing(self._stands())
