# SPDX-License-Identifier: Apache-2.0
"""The posts of a server in several processes: whoever ends at one is replaced, and those who end at once wait longer.

A worker that is killed takes nothing with it: what it had not committed the database takes back, what it had stands in
its chain, and whoever takes its post goes on in that chain as the same author.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import structlog

from hms_desktop.core.console import OK, STOPPED

ROOT = Path(__file__).resolve().parents[1]
END_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 60.0
STEADY_SECONDS = 300.0
TOLD_TO_END = frozenset({OK, STOPPED, -signal.SIGTERM, -signal.SIGINT})
_log = structlog.get_logger(__name__)


class Pauses:
    """How long a post stays empty after an end, in seconds: twice as long each time, up to a minute.

    Whoever served for five minutes began well: the pauses begin anew. So no post is filled more than a dozen times
    within five minutes.
    """

    def __init__(self) -> None:
        self._next = FIRST_PAUSE

    def after(self, served: float) -> float:
        """The pause after an end of somebody who was there for so many seconds."""
        pause = FIRST_PAUSE if served >= STEADY_SECONDS else self._next
        self._next = min(pause * 2, LONGEST_PAUSE)
        return pause


class Post:
    """One of the other processes of a server, by its number; what it says on stdout is that it listens."""

    def __init__(self, number: int, words: list[str]) -> None:
        self._number = number
        self._command = [sys.executable, "-m", "sync_server", "serve", *words, "--worker", str(number)]
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, name=f"post {number}", daemon=True)
        self._process = self._begun()

    def _begun(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
        )

    def listens(self) -> bool:
        """Wait until it does, or is gone; from then on its post is kept filled."""
        heard = self._heard()
        self._keeper.start()
        return heard

    def _heard(self) -> bool:
        assert self._process.stdout is not None
        return bool(self._process.stdout.readline())

    def _keep(self) -> None:
        pauses, began = Pauses(), time.monotonic()
        while not self._closed.is_set():
            code = self._process.wait()
            pause = pauses.after(time.monotonic() - began)
            if code in TOLD_TO_END:  # told to, by who may be about to tell the first process the same
                pause = max(pause, END_SECONDS)
            elif not self._closed.is_set():
                _log.error("a worker ended, another takes its place", worker=self._number, code=code, pause=pause)
            if self._closed.wait(pause):
                return
            began = time.monotonic()
            if self._filled() and self._heard():
                _log.warning("a worker's place is taken again", worker=self._number)

    def _filled(self) -> bool:
        """Whether somebody else begins: not where the post was closed meanwhile, or no process can be started now."""
        with self._lock:
            if self._closed.is_set():
                return False
            self._put_away()
            with suppress(OSError):
                self._process = self._begun()
                return True
        return False

    def _put_away(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(OSError):
                stream.close()

    def leave(self) -> None:
        """Ask whoever is there to stop cleanly, and put nobody in the place."""
        self._closed.set()
        with self._lock:
            assert self._process.stdin is not None
            with suppress(OSError):
                self._process.stdin.close()

    def close(self) -> None:
        """The same, and wait for it; who takes too long is ended."""
        self.leave()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._process.kill()
        self._process.wait()
        if self._keeper.ident is not None:
            self._keeper.join()
        self._put_away()
