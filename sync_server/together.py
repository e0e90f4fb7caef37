# SPDX-License-Identifier: Apache-2.0
"""A server in several processes on one machine: one starts the others, each serves the same address, all end together.

They share nothing but the database: sessions, pace, contacts and the console's sessions lie in it, and it tells each of
what another committed. Who of the others ends is replaced (`posts`); with the first all end, and what started it starts
them again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import IO

from hms_desktop.core.console import STOPPED
from hms_desktop.core.errors import BadInput
from sync_server.crew import MOST, crew, member
from sync_server.home import Home, open_as, renew_certificate
from sync_server.posts import END_SECONDS, Post
from sync_server.serve import Place, serve, serve_at, served_alone


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
    with served_alone(home):
        _serve_with(home, host, port, workers, ready)


def _serve_with(home: Home, host: str, port: int, workers: int, ready: Callable[[], None]) -> None:
    renew_certificate(home)
    crew(home, workers - 1)
    words = ["--folder", str(home.folder), "--bind", host, "--port", str(port), "--workers", str(workers)]
    posts = [Post(number, words) for number in range(1, workers)]
    try:
        for post in posts:
            post.listens()
        serve_at(home, host, port, ready, Place(0, workers))
    finally:
        for post in posts:
            post.leave()
        for post in posts:
            post.close()


def serve_beside(home: Home, host: str, port: int, place: Place, ready: Callable[[], None]) -> None:
    """The whole work of one of the others: it ends when whoever started it is gone, too."""
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), daemon=True).start()
    with open_as(home, member(home, place.number)) as own:
        serve_at(own, host, port, ready, place)


def _end_with(asked: IO[bytes]) -> None:
    """Nothing more comes on stdin: when it ends, the first process is gone, and nobody else would end this one."""
    asked.read(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(END_SECONDS)
    os._exit(STOPPED)
