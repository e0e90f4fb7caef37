# SPDX-License-Identifier: Apache-2.0
"""One line for all that a workstation exchanges: what is live goes before bulk, and nothing faster than is allowed.

Live is what people wait for: their own work on its way to the server, what others did, loans. Bulk is filling tables,
comparing, older history and diagnostics: between two pieces of it whatever is live passes. Bulk never stands still
for good, as a line may be busy all day.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from hms_desktop.core.errors import Unavailable
from hms_desktop.sync.digest_wire import COMPARED, DIGESTS, RECORDS

PIECE = 16 * 1024
"""Bytes that go or come before whoever is more urgent may go first."""
PATIENCE_SECONDS = 2.0
"""So long a piece of bulk lets live pieces go first, at most."""
BULK = frozenset({"/v1/snapshot", "/v1/page", "/v1/diagnostics", DIGESTS, RECORDS, COMPARED})
HEAD_BYTES = 600
"""About what the head of a request or an answer takes besides its content."""
_BYTES_PER_KBIT = 125


class _Meter:
    """Lets bytes pass at a pace in one direction; what went too far ahead is waited for."""

    def __init__(self, now: Callable[[], float], wait: Callable[[float], object]) -> None:
        self._now, self._wait = now, wait
        self._lock = threading.Lock()
        self._free, self._at = float(PIECE), now()

    def take(self, size: int, kbit: int) -> None:
        """Count these bytes, and wait until they fit."""
        if not kbit:
            return
        pace = kbit * _BYTES_PER_KBIT
        with self._lock:
            now = self._now()
            self._free = min(PIECE, self._free + (now - self._at) * pace) - size
            self._at = now
            owed = -self._free / pace
        if owed > 0:
            self._wait(owed)


class Lanes:
    """The order and the pace of what goes over one line, safe to use from several threads.

    `kbit` is the limit in kbit/s for each direction, 0 for none; it may change at any time. `now` and `wait` count
    seconds.
    """

    def __init__(
        self,
        kbit: int = 0,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.kbit = kbit
        self._up, self._down = _Meter(now, wait), _Meter(now, wait)
        self._turn = threading.Condition()
        self._live = 0

    @contextmanager
    def carrying(self, path: str) -> Iterator[None]:
        """While bytes of a message for this address, or of its answer, are on the line."""
        if path in BULK:
            yield
            return
        with self._turn:
            self._live += 1
        try:
            yield
        finally:
            with self._turn:
                self._live -= 1
                self._turn.notify_all()

    def up(self, path: str, size: int) -> None:
        """Before so many bytes are sent: return when it is their turn."""
        self._let_live_pass(path)
        self._up.take(size, self.kbit)

    def down(self, path: str, size: int) -> None:
        """After so many bytes came: return when the next may be read."""
        self._down.take(size, self.kbit)
        self._let_live_pass(path)

    def _let_live_pass(self, path: str) -> None:
        if path in BULK:
            with self._turn:
                self._turn.wait_for(lambda: not self._live, PATIENCE_SECONDS)


class Sending:
    """A message on its way up, piece by piece, as an HTTP client reads it; as a context it is on the line."""

    def __init__(self, lanes: Lanes, path: str, body: bytes) -> None:
        self._lanes, self._path, self._body = lanes, path, memoryview(body)
        self._sent, self._way = 0, ExitStack()

    def __enter__(self) -> Sending:
        """It sets out."""
        self._way.enter_context(self._lanes.carrying(self._path))
        return self

    def __exit__(self, *_why: object) -> None:
        """It is over, however it went."""
        self._way.close()

    def __len__(self) -> int:
        """Its size in bytes."""
        return len(self._body)

    def __iter__(self) -> Iterator[bytes]:
        """Its pieces, each when it is its turn."""
        while piece := self.read():
            yield piece

    def read(self, _size: int = PIECE) -> bytes:
        """The next piece when it is its turn; no bytes at the end."""
        piece = bytes(self._body[self._sent : self._sent + PIECE])
        if piece:
            self._lanes.up(self._path, len(piece))
            self._sent += len(piece)
        else:
            self._way.close()  # whoever waits for the answer is not on the line
        return piece


class Stride:
    """Which part of the most is sent or asked for at once: less after the line broke, more after it held.

    What begins anew after each cut has to fit between two cuts, however bad the line is. Used as a context around
    each try.
    """

    LEAST = 1 / 64

    def __init__(self) -> None:
        self.part = 1.0

    def of(self, most: int) -> int:
        """So many of `most`."""
        return max(1, int(most * self.part))

    def __enter__(self) -> None:
        """A try begins."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """It went through, or did not."""
        if error is None:
            self.part = min(1.0, self.part * 2)
        elif isinstance(error, Unavailable):
            self.part = max(self.LEAST, self.part / 4)
