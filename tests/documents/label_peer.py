# SPDX-License-Identifier: Apache-2.0
"""A label printer on a port of this computer: it says how it is when it is asked, and keeps what it is sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from unittest.mock import patch

from hms_desktop.documents import label_line
from hms_desktop.documents.printers import LabelPrinter

PATIENCE = 60.0

READY = (
    "\x02030,{out},{pause},0246,000,0,0,0,000,0,0,0\x03\r\n"
    "\x02001,0,{head},{ribbon},1,2,6,0,00000000,1,000\x03\r\n"
    "\x021234,0\x03\r\n"
)
"""What `~HS` is answered (ZPL II Programming Guide): paper out, pause, head up, ribbon out."""


class LabelPeer:
    """Listens until it is closed; `jobs` holds what each line brought besides the question how it is."""

    def __init__(self, *, answers: bool = True, hangs_up: bool = False, **state: int) -> None:
        self._answers, self._hangs_up = answers, hangs_up
        self._state = {"out": 0, "pause": 0, "head": 0, "ribbon": 0} | state
        self._door = socket.create_server(("127.0.0.1", 0))
        self.jobs: list[bytes] = []
        self._came = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def printer(self) -> LabelPrinter:
        """How a workstation knows it."""
        return LabelPrinter("Bench labels", "127.0.0.1", self._door.getsockname()[1], 203)

    def job(self, number: int = 0) -> bytes:
        """What one line brought, once that line has ended."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.jobs) > number, PATIENCE), "nothing came"
            return self.jobs[number]

    def close(self) -> None:
        """Switch it off."""
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                line, _place = self._door.accept()
            except OSError:
                return
            with line, suppress(OSError):
                self._take(line)

    def _take(self, line: socket.socket) -> None:
        got, asked = b"", False
        line.settimeout(PATIENCE)
        while more := line.recv(65536):
            got += more
            if not asked and got.startswith(b"~HS\r\n"):
                asked, got = True, got[5:]
                if self._answers:
                    line.sendall(READY.format(**self._state).encode())
                if self._hangs_up:
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                    return
        with self._came:
            self.jobs.append(got)
            self._came.notify_all()


@contextmanager
def label_peer(**how: int) -> Iterator[LabelPeer]:
    """A printer that is on. One that answers is waited for, however busy this computer is."""
    told = how.get("answers", 1) or how.get("hangs_up")
    patience = PATIENCE if told else label_line.STATUS_SECONDS
    with patch.object(label_line, "STATUS_SECONDS", patience):
        peer = LabelPeer(**how)  # type: ignore[arg-type]
        try:
            yield peer
        finally:
            peer.close()
