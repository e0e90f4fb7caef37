# SPDX-License-Identifier: Apache-2.0
"""A line between workstations and a server as clinics have it: narrow, far, and cut now and then; it counts its bytes.

It forwards TCP on loopback. What it holds back fills small buffers, so that both ends feel the narrow place.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PIECE = 4096
BUFFER = 32 * 1024


@dataclass
class Shape:
    """Bits per second (0: as many as there are), seconds to get there, and after how many bytes up and down it cuts."""

    bits: int = 0
    seconds: float = 0.0
    cuts: Iterator[int] | None = None


@dataclass
class Counted:
    """What went over the line: connections, bytes up to the server and down, and how often it was cut."""

    connections: int = 0
    up: int = 0
    down: int = 0
    cuts: int = 0

    @property
    def both(self) -> int:
        """Bytes in both directions."""
        return self.up + self.down


@dataclass
class _Pipe:
    """One direction: pieces leave one after the other at its pace, and arrive later."""

    shape: Shape
    free_at: float = 0.0

    async def through(self, size: int) -> float:
        """Wait until a piece has left; returns when it arrives (the loop's seconds)."""
        loop = asyncio.get_running_loop()
        if self.shape.bits:
            self.free_at = max(self.free_at, loop.time()) + size * 8 / self.shape.bits
            await asyncio.sleep(self.free_at - loop.time())
        return loop.time() + self.shape.seconds


class ThinLine:
    """Listens on `port` and forwards to `server` on this machine, until `close`."""

    def __init__(self, port: int, server: int, shape: Shape | None = None) -> None:
        self.shape = shape or Shape()
        self.counted = Counted()
        self._server = server
        self._pipes = {"up": _Pipe(self.shape), "down": _Pipe(self.shape)}
        self._left = next(self.shape.cuts) if self.shape.cuts else 0
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listening = asyncio.run_coroutine_threadsafe(self._listen(port), self._loop).result(30)

    def close(self) -> None:
        """Cut everything and listen no more."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    @contextmanager
    def counting(self) -> Iterator[Counted]:
        """What goes over the line within."""
        before = self.counted
        self.counted = Counted()
        try:
            yield self.counted
        finally:
            self.counted = before

    def become(self, shape: Shape) -> None:
        """From now on it is a line of that shape."""
        self.shape.bits, self.shape.seconds = shape.bits, shape.seconds

    def breaks_after(self, cuts: Iterator[int]) -> None:
        """From now on the line is cut after so many bytes, again and again."""
        self._left, self.shape.cuts = next(cuts), cuts

    async def _listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._forward, "127.0.0.1", port, limit=BUFFER)

    async def _end(self) -> None:
        self._listening.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _forward(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        me = asyncio.current_task()
        assert me is not None
        self._open.add(me)
        self.counted.connections += 1
        writers = [back]
        try:
            far, there = await asyncio.open_connection("127.0.0.1", self._server, limit=BUFFER)
            writers.append(there)
            ways = (self._pump(near, there, "up", writers), self._pump(far, back, "down", writers))
            await asyncio.gather(*ways)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for writer in writers:
                writer.transport.abort()
            self._open.discard(me)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, way: str, both: list[asyncio.StreamWriter]
    ) -> None:
        arriving: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(256)
        delivered = asyncio.create_task(self._deliver(arriving, target))
        try:
            while piece := await source.read(PIECE):
                setattr(self.counted, way, getattr(self.counted, way) + len(piece))
                if self._is_cut(len(piece)):
                    for writer in both:
                        writer.transport.abort()
                    return
                await arriving.put((await self._pipes[way].through(len(piece)), piece))
            await arriving.put((0.0, b""))
            await delivered
        finally:
            delivered.cancel()

    @staticmethod
    async def _deliver(arriving: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            at, piece = await arriving.get()
            if not piece:
                with suppress(OSError, RuntimeError):
                    target.write_eof()
                return
            await asyncio.sleep(max(0.0, at - loop.time()))
            target.write(piece)
            await target.drain()

    def _is_cut(self, size: int) -> bool:
        if self.shape.cuts is None:
            return False
        self._left -= size
        if self._left > 0:
            return False
        self._left = next(self.shape.cuts)
        self.counted.cuts += 1
        return True
