# SPDX-License-Identifier: Apache-2.0
"""Running the server: one worker, TLS 1.3 only, a clean stop that lets waiting connections go."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from hms_desktop.clinic import follow_ups, lending
from hms_desktop.core.changes import Changes
from hms_desktop.core.console import OK
from hms_desktop.core.errors import BadInput, Damaged, Unavailable
from hms_desktop.storage.durable import held_alone, replace_file
from hms_desktop.sync.client import HttpTransport
from sync_server import metrics, nightly, wishes
from sync_server.backup import plan
from sync_server.console import silence
from sync_server.console.app import Console
from sync_server.console.pace import A_MINUTE, Pace
from sync_server.console.pages.all import PLACES
from sync_server.contacts import Contacts
from sync_server.home import CERTIFICATE_FILE, KEY_FILE, Home, certificate_is_due, renew_certificate
from sync_server.hub_home import certificate_for, line_to_centre, trust_of
from sync_server.notebook import Notebook, open_notebook
from sync_server.rounds import Rounds
from sync_server.sync_api.app import SyncApi
from sync_server.sync_api.centre import Centre
from sync_server.sync_api.hub import Hub
from sync_server.sync_api.hub_app import HubApi
from sync_server.sync_api.pace import SharedPace
from sync_server.sync_api.sessions import SharedSessions
from sync_server.upstream import Upstream
from sync_server.upstream_line import UpstreamLine

SERVING_LOCK = "serving.lock"
STOP_SECONDS = 2
RENEWAL_SECONDS = 3600
LOOK_SECONDS = 0.02


def make_centre(home: Home, alone: bool = True) -> Centre:
    """The centre of a server's home, with the clinic's follow-ups and lendable things; `alone` in one process."""
    return Centre(
        home.store,
        home.worker,
        home.server_facts,
        home.folder / "snapshots",
        follow_ups.after_merge,
        lending.amount_available,
        home.signing,
        alone,
    )


def make_hub(home: Home) -> Hub:
    """The hub of a hub's home, with the same follow-ups."""
    return Hub(
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
        """Wake the sleepers, hang up each line once nothing is under way on it, then stop."""
        self._api.waiters.close()
        parting = asyncio.create_task(self._hang_up())
        await super().shutdown(sockets)
        parting.cancel()

    async def _hang_up(self) -> None:
        """Go on until no line is left: a goodbye by TLS waits for the other side's, which looks only to ask."""
        while self.server_state.connections:
            for line in list(self.server_state.connections):
                if isinstance(line, H11Protocol) and _is_quiet(line):
                    line.transport.abort()
            await asyncio.sleep(LOOK_SECONDS)


def _is_quiet(line: H11Protocol) -> bool:
    """Whether no request is under way on a line and its last answer has left."""
    cycle = getattr(line, "cycle", None)  # none before the first request
    return (cycle is None or cycle.response_complete) and not line.transport.get_write_buffer_size()


@dataclass(frozen=True)
class Place:
    """Which of the processes of a server this is: its number from 0 on, and how many there are."""

    number: int = 0
    of: int = 1


ALONE = Place()


def _listen(host: str, port: int, shared: bool = False) -> socket.socket:
    if not 0 < port < 65536:
        raise BadInput(f"{port} is no port. Ports are from 1 to 65535.")
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, ValueError) as error:
        raise BadInput(f"“{host}” is no address of this computer. Use 0.0.0.0 for all of them.") from error
    listening = socket.socket(family, kind, protocol)  # asyncio sends without delay only where this says TCP
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:  # the system hands each line to one of the processes
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        reason = error.strerror or error
        raise Unavailable(f"Nothing can listen on {host}:{port}: {reason}. Does another server run there?") from error
    return listening


def _renew(home: Home, context: ssl.SSLContext, place: Place = ALONE) -> None:
    """Whoever connects from now on is shown the new certificate, when there is one; the first process has it made."""
    if place.number or renew_certificate(home):
        context.load_cert_chain(home.folder / CERTIFICATE_FILE, home.folder / KEY_FILE)


def _renew_at_centre(home: Home, line: HttpTransport, context: ssl.SSLContext) -> None:
    """The same for a hub: the clinic's authority is asked while there is time."""
    if certificate_is_due(home):
        replace_file(home.folder / CERTIFICATE_FILE, certificate_for(line, home.facts, home.keys))
        context.load_cert_chain(home.folder / CERTIFICATE_FILE, home.folder / KEY_FILE)


def _config(home: Home, app: Starlette, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http="h11",
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=str(home.folder / CERTIFICATE_FILE),
        ssl_keyfile=str(home.folder / KEY_FILE),
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )


def _api(home: Home, centre: Centre, contacts: Contacts, book: Notebook, shared: bool) -> SyncApi:
    """What workstations ask; of several processes each knows what the others were asked."""
    if not shared:
        return SyncApi(home, centre, contacts)
    return SyncApi(home, centre, contacts, SharedSessions(book, home.store.clock), SharedPace(book))


@contextmanager
def served_alone(home: Home) -> Iterator[None]:
    """Meanwhile no other server serves this folder; Unavailable where one does."""
    with held_alone(home.folder / SERVING_LOCK) as held:
        if not held:
            raise Unavailable(f"{home.folder} is being served already on this computer. Stop that server first.")
        yield


def serve(home: Home, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT. `ready` is called once it listens.

    BadInput for an address or port that is none, Unavailable when it is taken or another process serves this folder,
    Damaged without a usable certificate.
    """
    with served_alone(home):
        serve_at(home, host, port, ready, ALONE)


def serve_at(home: Home, host: str, port: int, ready: Callable[[], None], place: Place) -> None:
    """The same as one of several processes, of which the first keeps others from the folder."""
    shared = place.of > 1
    if not place.number:
        renew_certificate(home)
    listening = _listen(host, port, shared)
    book = open_notebook(home)
    contacts = Contacts(book, home.store.clock, shared)
    centre = make_centre(home, not shared)
    api = _api(home, centre, contacts, book, shared)
    console = Console(home, book, contacts, centre, Pace(home.store.clock, A_MINUTE // place.of))
    config = _config(home, api.app(console.mounted(PLACES), metrics.route(console)), host, port)
    context = _sound_context(config, listening)
    rounds = [Rounds("certificate", RENEWAL_SECONDS, partial(_renew, home, context, place))]
    if not place.number:
        rounds += _rounds(home, book, contacts, console)
    deaf = home.store.database.hear(lambda: api.waiters.wake(Changes()))
    try:
        _run(_Server(config, api, ready), listening, rounds)
    finally:
        deaf()
        contacts.flush()
        book.close()


def serve_hub(home: Home, host: str, port: int, ready: Callable[[], None] = lambda: None) -> None:
    """The same for a hub, which keeps itself in step with its centre meanwhile."""
    with served_alone(home):
        _serve_hub(home, host, port, ready)


def _serve_hub(home: Home, host: str, port: int, ready: Callable[[], None]) -> None:
    listening = _listen(host, port)
    book = open_notebook(home)
    contacts = Contacts(book, home.store.clock)
    hub = make_hub(home)
    api = HubApi(home, hub, contacts)
    config = _config(home, api.app(), host, port)
    context = _sound_context(config, listening)
    line, renewing = line_to_centre(home), line_to_centre(home)
    upstream = UpstreamLine(hub, Upstream(hub, line, trust_of(home)))
    upstream.start()
    try:
        _run(
            _Server(config, api, ready), listening,
            (Rounds("certificate", RENEWAL_SECONDS, partial(_renew_at_centre, home, renewing, context)),),
        )  # fmt: skip
    finally:
        upstream.stop()
        line.close()
        renewing.close()
        contacts.flush()
        book.close()


def _sound_context(config: uvicorn.Config, listening: socket.socket) -> ssl.SSLContext:
    """What each connection is held to; Damaged without a usable certificate."""
    try:
        config.load()
    except (OSError, ValueError) as error:
        listening.close()
        raise Damaged(
            f"The certificate {CERTIFICATE_FILE} or its key can't be used. Put both back from their safe."
        ) from error
    assert config.ssl is not None
    config.ssl.minimum_version = ssl.TLSVersion.TLSv1_3
    return config.ssl


def _run(server: _Server, listening: socket.socket, rounds: Sequence[Rounds]) -> None:
    for each in rounds:
        each.start()
    try:
        with _put_away_when_told():
            asyncio.run(server.serve([listening]))
    finally:
        for each in rounds:
            each.stop()


@contextmanager
def _put_away_when_told() -> Iterator[None]:
    """SIGTERM ends this process as SIGINT does: not before what it holds is put away.

    Uvicorn sends itself once more what it was told to stop by, which would be the end at once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(OK)


def _rounds(home: Home, book: Notebook, contacts: Contacts, console: Console) -> list[Rounds]:
    """What one process of a server does for all."""
    return [
        Rounds("night work", nightly.LOOK_EVERY_SECONDS, partial(nightly.run_if_due, home.store, home.worker)),
        Rounds("silence watch", silence.LOOK_EVERY_SECONDS, partial(silence.tell_silences, console)),
        Rounds("backups", plan.LOOK_EVERY_SECONDS, partial(plan.run_if_due, home, book)),
        Rounds("old diagnostics", wishes.LOOK_EVERY_SECONDS, contacts.wishes.forget_old),
    ]
