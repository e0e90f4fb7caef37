# SPDX-License-Identifier: Apache-2.0
"""Notices that a security key was pulled out, which locks the session where its person wants that."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

LOOKED_EVERY_MS = 1000


class KeyWatch(QObject):
    """`pulled` when a key that was plugged in during this session is gone. `present` is asked each second."""

    pulled = Signal()

    def __init__(self, present: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._present, self._seen = present, False
        self._timer = QTimer(self, interval=LOOKED_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Begin to look."""
        self.look()
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def look(self) -> None:
        """See whether a key is there."""
        seen, self._seen = self._seen, self._present()
        if seen and not self._seen:
            self.pulled.emit()
