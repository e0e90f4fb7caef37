# SPDX-License-Identifier: Apache-2.0
"""Work that waits for the server is kept at a second place, too, while a session goes on."""

from __future__ import annotations

import threading
import time
from functools import partial
from pathlib import Path

import structlog

from hms_desktop.commands.bench import Bench
from hms_desktop.commands.carrying import ends_of, must_be_the_file
from hms_desktop.core.changes import Changes
from hms_desktop.sync import bundle_audit, second_place
from hms_desktop.sync.second_place import TOLD, SecondPlace

SETTLE_SECONDS = 5.0
TIMES_ITS_COST = 20
LOOK_AGAIN_SECONDS = 60.0
PATIENCE_SECONDS = 0.3
_log = structlog.get_logger(__name__)


def keep_at(bench: Bench, folder: Path | None) -> SecondPlace | None:
    """Keep what waits in this folder, too, from now on, or nowhere; written down before. How it stands after it.

    Refused for an old copy of the file, BadInput for a folder that can't be one.
    """
    must_be_the_file(bench)
    if folder is None:
        second_place.end(bench.store)
        return None
    second_place.choose(bench.store, folder, bench.opened.folder)
    bench.store.act(bundle_audit.note_second_place, bench.acting)
    return second_place.refresh(bench.store, partial(ends_of, bench))


class SecondCopy:
    """Keeps the second copy up to date on a thread of its own, from `start` to `stop`.

    It waits a moment after each change, and at least twenty times as long as the last copy took.
    """

    def __init__(self, bench: Bench) -> None:
        self._bench, self._stop, self._work = bench, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="second-copy", daemon=True)

    def start(self) -> None:
        """Begin; returns at once. An old copy of the file is not kept twice."""
        if not self._bench.old:
            self._unlisten = self._bench.store.on_changes(self._changed)
            self._thread.start()

    def stop(self) -> None:
        """End; a copy that is being made is let go, and the one before it stays."""
        if self._thread.is_alive():
            self._unlisten()
            self._stop.set()
            self._work.set()
            self._thread.join(PATIENCE_SECONDS)

    def _changed(self, changes: Changes) -> None:
        if changes.tables != {TOLD}:
            self._work.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                second_place.refresh(self._bench.store, partial(ends_of, self._bench), self._stop.is_set)
            except Exception as error:
                if self._stop.is_set():
                    return
                _log.error("the second copy stopped short", kind=type(error).__name__)
            self._stop.wait(max(SETTLE_SECONDS, TIMES_ITS_COST * (time.monotonic() - begun)))
            self._work.wait(LOOK_AGAIN_SECONDS)
            self._work.clear()
