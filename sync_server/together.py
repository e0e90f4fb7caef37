# SPDX-License-Identifier: Apache-2.0
"""A server in several processes on one machine: one starts the others, each serves the same address, all end together.

They share nothing but the database: sessions, pace, contacts and the console's sessions lie in it, and it tells each of
what another committed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from hms_desktop.core.errors import BadInput
from sync_server.crew import MOST, crew, member
from sync_server.home import Home, open_as, renew_certificate
from sync_server.serve import Place, serve

ROOT = Path(__file__).resolve().parents[1]
END_SECONDS = 10.0


def serve_together(home: Home, host: str, port: int, workers: int, ready: Callable[[], None]) -> None:
    """Serve in so many processes until SIGTERM or SIGINT, this one the first of them; `ready` once all listen.

    BadInput for a number that can't be, and where the records lie in a file, which one process writes.
    """
    if not 1 <= workers <= MOST:
        raise BadInput(f"A server runs in 1 to {MOST} processes.", "workers")
    if workers == 1:
        serve(home, host, port, ready)
        return
    if not home.keys.database:
        raise BadInput("An encrypted file is served by one process. More take PostgreSQL: init --database.", "workers")
    renew_certificate(home)
    crew(home, workers - 1)
    words = ["--folder", str(home.folder), "--bind", host, "--port", str(port), "--workers", str(workers)]
    others = [_Worker([*words, "--worker", str(number)]) for number in range(1, workers)]
    try:
        for other in others:
            other.listens()
        serve(home, host, port, ready, Place(0, workers))
    finally:
        for other in others:
            other.end()


def serve_beside(home: Home, host: str, port: int, place: Place, ready: Callable[[], None]) -> None:
    """The whole work of one of the others: it ends when whoever started it is gone, too."""
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    with open_as(home, member(home, place.number)) as own:
        serve(own, host, port, ready, place)


def _end_with(asked: IO[bytes]) -> None:
    """Nothing more comes on stdin: when it ends, the first process is gone."""
    asked.read(1)
    os.kill(os.getpid(), signal.SIGTERM)


class _Worker:
    """One of the other processes; what it says on stdout is that it listens."""

    def __init__(self, words: list[str]) -> None:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-m", "sync_server", "serve", *words]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
        )

    def listens(self) -> None:
        """Wait until it does, or is gone."""
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def end(self) -> None:
        """Let it stop cleanly, and wait for that."""
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(OSError):
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(END_SECONDS)
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
