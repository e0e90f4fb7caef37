# SPDX-License-Identifier: Apache-2.0
"""Work that the server looks for again and again beside what it serves; one look that fails stops none that follow."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

_log = structlog.get_logger(__name__)


class Rounds:
    """A thread that does `work` at once and then every so many `seconds`, until `stop`."""

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        self._name, self._seconds, self._work = name, seconds, work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the round under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._work()
            except Exception as error:  # the server goes on; the next round tries again
                _log.error("round failed", work=self._name, kind=type(error).__name__)
            if self._stop.wait(self._seconds):
                return
