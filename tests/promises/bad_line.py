# SPDX-License-Identifier: Apache-2.0
"""A bad line to a server, on loopback: it cuts and delays TLS streams, loses and halves requests and answers, and
brings whole requests twice or again later.

Its outer half sees bytes only, as the wire does; the inner one holds the server's own certificate, as nobody else does,
so that it can tell a request from the next.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import threading
from collections import Counter
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from installer.day.server import free_port
from sync_server.home import CERTIFICATE_FILE, KEY_FILE

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HERE = "127.0.0.1"
_END = b"\r\n\r\n"
_GONE = (OSError, EOFError, ssl.SSLError, asyncio.LimitOverrunError)
_MOST = 64 * 1024 * 1024


class BadLine:
    """From `port`, where workstations look for the server, to `beyond`, where it listens.

    `trouble` is the chance that something befalls a request, or a stream; `befell` counts what did, by name.
    """

    def __init__(self, server: Path, ca_pem: str, port: int, beyond: int, chance: random.Random) -> None:
        self.trouble = 0.0
        self.befell: Counter[str] = Counter()
        self._chance, self._beyond, self._inner = chance, beyond, free_port()
        self._own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._own.load_cert_chain(server / CERTIFICATE_FILE, server / KEY_FILE)
        self._theirs = ssl.create_default_context(cadata=ca_pem)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._fates = {
            "late request": self._late, "lost request": self._lost, "halved request": self._half_request,
            "lost answer": self._lost_answer, "halved answer": self._half_answer, "request twice": self._twice,
            "second answer": self._second_answer, "request again later": self._again_later,
        }  # fmt: skip
        self._thread = threading.Thread(target=self._loop.run_forever, name="bad line", daemon=True)
        self._thread.start()
        self._listening = [
            self._do(asyncio.start_server(self._wire, HERE, port)),
            self._do(asyncio.start_server(self._requests, HERE, self._inner, ssl=self._own)),
        ]

    def close(self) -> None:
        """The line is gone."""
        self._do(self._drop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _drop(self) -> None:
        for listening in self._listening:
            listening.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _befalls(self, *names: str) -> str:
        """What befalls now, if anything."""
        if self._chance.random() >= self.trouble:
            return ""
        name = self._chance.choice(names)
        self.befell[name] += 1
        return name

    async def _wire(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A stream of bytes, cut anywhere or for a while without a word."""
        befalls = self._befalls("cut stream", "late stream")
        if befalls == "late stream":
            await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        with suppress(*_GONE):
            beyond = await asyncio.open_connection(HERE, self._inner)
            left = [self._chance.randrange(12_000) if befalls == "cut stream" else -1]
            ways = (self._flow(reader, beyond[1], left), self._flow(beyond[0], writer, left))
            running = [asyncio.create_task(way) for way in ways]
            try:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in running:
                    task.cancel()
                await asyncio.gather(*running, return_exceptions=True)
                beyond[1].transport.abort()
        writer.transport.abort()

    async def _flow(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int]) -> None:
        while part := await reader.read(65536):
            if 0 <= left[0] <= len(part):
                writer.write(part[: left[0]])
                await writer.drain()
                return
            left[0] -= len(part) if left[0] > 0 else 0
            writer.write(part)
            await writer.drain()

    async def _requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A line of a workstation: one request after the other, each with its fate."""
        with suppress(*_GONE):
            while True:
                request = await _message(reader)
                name = self._befalls(*self._fates)
                fate = self._fates[name](request) if name else self._passed(request)
                answer, whole = await fate
                writer.write(answer)
                await writer.drain()
                if not whole:
                    break
        writer.transport.abort()

    async def _passed(self, request: bytes) -> tuple[bytes, bool]:
        reader, writer = await self._up()
        try:
            writer.write(request)
            await writer.drain()
            return await _message(reader), True
        finally:
            writer.transport.abort()

    def _up(self) -> Awaitable[Streams]:
        return asyncio.open_connection(HERE, self._beyond, ssl=self._theirs, limit=_MOST)

    async def _late(self, request: bytes) -> tuple[bytes, bool]:
        await asyncio.sleep(self._chance.uniform(0.05, 0.5))
        return await self._passed(request)

    async def _lost(self, _request: bytes) -> tuple[bytes, bool]:
        return b"", False

    async def _half_request(self, request: bytes) -> tuple[bytes, bool]:
        _reader, writer = await self._up()
        writer.write(request[: len(request) // 2])
        await writer.drain()
        writer.close()
        return b"", False

    async def _lost_answer(self, request: bytes) -> tuple[bytes, bool]:
        await self._passed(request)
        return b"", False

    async def _half_answer(self, request: bytes) -> tuple[bytes, bool]:
        answer, _whole = await self._passed(request)
        return answer[: len(answer) // 2], False

    async def _twice(self, request: bytes) -> tuple[bytes, bool]:
        first, _second = await asyncio.gather(self._passed(request), self._passed(request))
        return first

    async def _second_answer(self, request: bytes) -> tuple[bytes, bool]:
        await self._passed(request)
        return await self._passed(request)

    async def _again_later(self, request: bytes) -> tuple[bytes, bool]:
        task = asyncio.create_task(self._later(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await self._passed(request)

    async def _later(self, request: bytes) -> None:
        await asyncio.sleep(self._chance.uniform(0.2, 2.0))
        with suppress(*_GONE):
            await self._passed(request)


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A whole request or answer of HTTP/1.1 that says how long it is."""
    head = await reader.readuntil(_END)
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)
