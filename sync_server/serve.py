# SPDX-License-Identifier: Apache-2.0
"""Running the server: one worker, TLS 1.3 only, a clean stop that lets waiting connections go."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from types import FrameType

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from hms_desktop.clinic import follow_ups, lending
from sync_server.home import Home
from sync_server.nightly import NightWork
from sync_server.sync_api.app import SyncApi
from sync_server.sync_api.centre import Centre

STOP_SECONDS = 2


def make_centre(home: Home) -> Centre:
    """The centre of a server's home, with the clinic's follow-ups and lendable things."""
    return Centre(
        home.store,
        home.worker,
        home.server_facts,
        home.folder / "snapshots",
        follow_ups.after_merge,
        lending.amount_available,
    )


class _Server(uvicorn.Server):
    """Uvicorn, told when it listens, and stopped by the same signals on every thread."""

    def __init__(self, config: uvicorn.Config, api: SyncApi, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._api = api
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let waiting connections go first: they would hold the stop."""
        self._api.waiters.closing = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wake the sleepers, hang up where nothing is under way, then stop."""
        self._api.waiters.close()
        for line in list(self.server_state.connections):
            if isinstance(line, H11Protocol) and _is_quiet(line):
                line.transport.abort()  # a goodbye by TLS waits for the other side's, which looks only to ask
        await super().shutdown(sockets)


def _is_quiet(line: H11Protocol) -> bool:
    """Whether no request is under way on a line and its last answer has left."""
    cycle = getattr(line, "cycle", None)  # none before the first request
    return (cycle is None or cycle.response_complete) and not line.transport.get_write_buffer_size()


def serve(home: Home, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once it listens."""
    api = SyncApi(home, make_centre(home))
    config = uvicorn.Config(
        api.app(),
        host=host,
        port=port,
        http="h11",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=str(home.folder / "server.pem"),
        ssl_keyfile=str(home.folder / "server.key"),
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )
    config.load()
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    server = _Server(config, api, ready)
    night = NightWork(home.store, home.worker)
    night.start()
    try:
        asyncio.run(server.serve())
    finally:
        night.stop()
        home.store.close()
