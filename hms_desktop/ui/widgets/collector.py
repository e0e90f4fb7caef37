# SPDX-License-Identifier: Apache-2.0
"""Garbage is collected on the GUI thread and between events only.

Python's own collector runs in whichever thread allocates, and in the middle of whatever that does. A reader thread that
happens to collect a cycle with a widget in it would destroy the widget under the GUI thread's hands, which crashes.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

EVERY_MS = 250
FULL_EVERY_LOOKS = 240
"""Looks between two collections of everything: a minute. They take the longest and find the least."""
_LIMITS = (700, 10)


class Collector(QObject):
    """While it lives, Python's automatic collector is off and this one looks four times a second."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # modules and what else is there at the start stay: nobody looks through them again
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(EVERY_MS)

    def look(self) -> int:
        """Collect the oldest generation that is due; returns how many objects went, 0 when none was due."""
        self._looks = (self._looks + 1) % FULL_EVERY_LOOKS
        if self._looks == 0:
            return gc.collect()
        counts = gc.get_count()
        for generation in (1, 0):
            if counts[generation] > _LIMITS[generation]:
                return gc.collect(generation)
        return 0
