# SPDX-License-Identifier: Apache-2.0
"""The sync API over HTTP: verifies who asks, hands the message to the centre, and answers in the same form."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy.exc import DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput, ClinicError, Damaged, NotAllowed, NotFound
from hms_desktop.security.accounts import Device
from hms_desktop.security.signing import Forged, Replayed, Request, verify_request
from hms_desktop.security.standing import WIPE
from hms_desktop.sync import digest_wire, protocol, pull
from hms_desktop.sync.copies import SECOND_COPY
from hms_desktop.sync.enrolling import Application, Asked, Authority
from hms_desktop.sync.giving_back import PATH as OFFER
from hms_desktop.sync.giving_back import Offer
from hms_desktop.sync.person_keys import PATH as PERSON_KEYS
from hms_desktop.sync.person_keys import PersonKeys
from hms_desktop.sync.protocol import Problem, pack, unpack
from hms_desktop.sync.relaying import (
    CERTIFICATE,
    MEET,
    RELAY,
    CertificateGiven,
    CertificateWanted,
    Meet,
    Relay,
    Relayed,
)
from hms_desktop.sync.sealed import PATH as SEALED
from hms_desktop.sync.sealed import UNREADABLE, SealedPush, open_boxes
from hms_desktop.sync.standing import PATH as STANDING
from hms_desktop.sync.standing import StandingAsked
from sync_server import devices, standing
from sync_server.administration import By, note_act
from sync_server.authority import der
from sync_server.contacts import Contacts
from sync_server.home import Home
from sync_server.hubs import give_certificate
from sync_server.sync_api.centre import Centre, DeviceFacts
from sync_server.sync_api.digests import Comparing
from sync_server.sync_api.pace import Pace, delay_words
from sync_server.sync_api.sessions import LineSessions, Sessions
from sync_server.sync_api.taking_back import take_back
from sync_server.sync_api.waiters import Waiters

_log = structlog.get_logger(__name__)
_STATUS = {"forged": 401, "replayed": 401, "not-allowed": 403, "not-found": 404, "damaged": 409, SECOND_COPY: 409,
           "unavailable": 503}  # fmt: skip
_BEFORE_A_WIPE = ("/v1/hello", "/v1/push", SEALED)
"""What a workstation that is to be wiped may still do: bring what it has not sent."""
ANYONE, A_CODE, OWN_KEY, APPROVED, IN_SESSION = (
    "anyone", "a one-time code", "the workstation's key", "an approved workstation", "an approved workstation, greeted",
)  # fmt: skip
DOORS: Mapping[str, str] = {
    "/v1/authority": ANYONE, "/v1/enroll": A_CODE, "/v1/enrolled": OWN_KEY, STANDING: OWN_KEY, "/v1/hello": APPROVED,
    **dict.fromkeys(
        (
            "/v1/push", SEALED, OFFER, "/v1/pull", "/v1/snapshot", "/v1/page", "/v1/lease", "/v1/diagnostics",
            PERSON_KEYS, digest_wire.DIGESTS, digest_wire.RECORDS, digest_wire.COMPARED, MEET, RELAY, CERTIFICATE,
        ),
        IN_SESSION,
    ),
}  # fmt: skip
"""Who is answered at each address; there is no other."""
LOOK_AGAIN_SECONDS = 2.0
LOOKERS = 4
"""So many of those who wait look at once: after a commit all do, and who brings something is not to come after them."""
Answer = Callable[[HttpRequest, bytes], Awaitable[Any]]


class SyncApi:
    """The routes of one worker process."""

    doors: Collection[str] = DOORS

    def __init__(
        self,
        home: Home,
        centre: Centre,
        contacts: Contacts,
        sessions: LineSessions | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._home = home
        self._centre = centre
        self._contacts = contacts
        self._comparing = Comparing(home, contacts.defects, contacts.wishes.compared)
        self._sessions: LineSessions = sessions or Sessions()
        self.pace = pace or Pace()
        self.waiters = Waiters()
        self._lookers = asyncio.Semaphore(LOOKERS)
        contacts.wishes.on_wish = self._sessions.end  # its next request asks it to greet again
        centre.store.on_changes(self.waiters.wake)

    def app(self, *beside: BaseRoute) -> Starlette:
        """The application, with the routes `beside` its own; none of its own answers to GET or says what it is."""
        served = self._served()
        routes = [Route(path, partial(self._timed, served[path]), methods=["POST"]) for path in self.doors]
        return Starlette(routes=[*routes, *beside], lifespan=self._lifespan, exception_handlers={HTTPException: _odd})

    def _served(self) -> dict[str, Answer]:
        return {
            "/v1/authority": self._authority,
            "/v1/enroll": self._enroll,
            "/v1/enrolled": self._enrolled,
            "/v1/hello": self._hello,
            STANDING: self._standing,
            "/v1/push": partial(self._ask, self._push, protocol.Push),
            SEALED: partial(self._ask, self._push_sealed, SealedPush),
            "/v1/pull": self._pull,
            "/v1/snapshot": partial(self._ask, self._centre.snapshot, protocol.SnapshotWanted),
            "/v1/page": partial(self._ask, self._centre.page, protocol.PageWanted),
            "/v1/lease": partial(self._ask, self._centre.lease, protocol.LeaseWanted),
            OFFER: partial(self._ask, partial(take_back, self._centre), Offer),
            "/v1/diagnostics": partial(self._ask, self._diagnostics, protocol.Diagnostics),
            PERSON_KEYS: partial(self._ask, self._centre.person_keys, PersonKeys),
            digest_wire.DIGESTS: partial(self._ask, self._comparing.digests, digest_wire.DigestsWanted),
            digest_wire.RECORDS: partial(self._ask, self._comparing.records, digest_wire.RecordsWanted),
            digest_wire.COMPARED: partial(self._ask, self._comparing.compared, digest_wire.Compared),
            MEET: partial(self._ask, self._centre.meet, Meet),
            RELAY: partial(self._ask, self._relay, Relay),
            CERTIFICATE: partial(self._ask, self._hub_certificate, CertificateWanted),
        }

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        self.waiters.attach(asyncio.get_running_loop())
        looking = asyncio.create_task(self._look_again())
        yield
        looking.cancel()
        self.waiters.close()

    async def _look_again(self) -> None:
        """Other processes commit too, an import or a command: look now and then, once for all who wait."""
        seen = None
        while True:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            place = await run_in_threadpool(self._place) if self.waiters.some else seen
            if place not in (None, seen):
                seen = place
                self.waiters.wake(Changes())

    def _place(self) -> int | None:
        """The last position given out; None while the store does not say."""
        try:
            with self._centre.store.reading() as connection:
                return pull.position(connection)
        except (ClinicError, DatabaseError, PoolTimeout) as error:
            _log.error("what others committed could not be looked for", kind=type(error).__name__)
            return None

    async def _authority(self, _request: HttpRequest, _body: bytes) -> Any:
        return Authority(der(self._home.authority))

    async def _enroll(self, request: HttpRequest, body: bytes) -> Any:
        application = unpack(body, Application)
        self._signed(request, body, application.device_public, UUID(int=0), "")
        return await run_in_threadpool(devices.apply, self._home, application)

    async def _enrolled(self, request: HttpRequest, body: bytes) -> Any:
        asked = unpack(body, Asked)
        device = await run_in_threadpool(self._device, asked.device)
        self._signed(request, body, device.signing_public, asked.device, "", counter=1)
        return await run_in_threadpool(devices.decision, self._home, asked.device)

    async def _hello(self, request: HttpRequest, body: bytes) -> Any:
        return await run_in_threadpool(self._welcomed, request, body)

    def _welcomed(self, request: HttpRequest, body: bytes) -> protocol.Welcome:
        device = self._known(request, body, session="")
        hello = unpack(body, protocol.Hello)
        welcome = self._centre.hello(device, hello, self._sessions.open(device.id))
        return self._contacts.greeted(device.id, hello, welcome)

    async def _standing(self, request: HttpRequest, body: bytes) -> Any:
        """Answered to whoever holds the device's key, approved or not, in no session."""
        try:
            device = UUID(hex=request.headers["x-hms-device"])
            counter = int(request.headers["x-hms-counter"])
        except (KeyError, ValueError) as error:
            raise BadInput("The request does not say which workstation sends it.") from error
        row = await run_in_threadpool(self._device, device)
        self._signed(request, body, row.signing_public, device, request.headers.get("x-hms-session", ""), counter)
        return await run_in_threadpool(standing.stand, self._home, device, unpack(body, StandingAsked))

    def _push(self, device: DeviceFacts, push: protocol.Push) -> protocol.Pushed:
        count, check = self.pace.taken(device.id, push.sets)
        now = push if not check else protocol.Push(push.sets[:count])
        pushed = self._centre.push(device, now)
        states = Counter(verdict.state for verdict in pushed.verdicts)
        self._contacts.count(received=len(now.sets) - states["repeated"], refused=states["refused"])
        if not check:
            return pushed
        if self.pace.is_news(device.id):
            _log.warning("work of a workstation is delayed", device=device.id.hex, check=check)
            self._note_delay(device, check)
        delayed = protocol.Verdict(push.sets[count].number, protocol.DELAYED, delay_words(check))
        return msgspec.structs.replace(pushed, verdicts=[*pushed.verdicts, delayed])

    def _note_delay(self, device: DeviceFacts, check: str) -> None:
        """Tell the administrators."""
        note_act(self._home, By(self._home.facts.id, "Sync server", "server"), "device.delayed", device.id, check)

    def _relay(self, hub: DeviceFacts, relay: Relay) -> Relayed:
        answer = self._centre.relay(hub, relay)
        self._contacts.count(received=len(relay.sets))
        return answer

    def _hub_certificate(self, hub: DeviceFacts, wanted: CertificateWanted) -> CertificateGiven:
        return give_certificate(self._home, hub.id, hub.kind, wanted)

    def _push_sealed(self, device: DeviceFacts, sent: SealedPush) -> protocol.Pushed:
        """What a courier brings for people who are not there: opened here, then a push like any other."""
        opened = open_boxes(self._home.exchange, device.id, sent.boxes)
        if not opened.unreadable:
            return self._push(device, protocol.Push(opened.sets, sent.end))
        pushed = self._push(device, protocol.Push(opened.sets))
        unread = protocol.Verdict(
            opened.unreadable, UNREADABLE, "This change can't be opened. It comes again by itself."
        )
        return msgspec.structs.replace(pushed, verdicts=[*pushed.verdicts, unread])

    def _diagnostics(self, device: DeviceFacts, answer: protocol.Diagnostics) -> protocol.Noted:
        self._contacts.wishes.answer(device.id, answer)
        return protocol.Noted(self._home.store.clock.now_ms())

    async def _timed(self, answer: Answer, request: HttpRequest) -> Response:
        """Answer, and note how long it took where nobody waited for news."""
        begun = time.monotonic()
        response = await _serve(answer, request)
        if request.url.path != "/v1/pull":
            self._contacts.timed(round((time.monotonic() - begun) * 1000))
        if response.status_code >= 400:
            self._contacts.count(failed=1)
        return response

    async def _ask(self, call: Callable[..., Any], kind: type[Any], request: HttpRequest, body: bytes) -> Any:
        return await run_in_threadpool(self._asked, call, kind, request, body)

    def _asked(self, call: Callable[..., Any], kind: type[Any], request: HttpRequest, body: bytes) -> Any:
        """Who asks, and the answer: in one turn, as each change of threads makes a workstation wait."""
        return call(self._in_session(request, body), unpack(body, kind))

    async def _pull(self, request: HttpRequest, body: bytes) -> Any:
        loop, begun = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        event = self.waiters.subscribe()  # before looking: what is committed while we look wakes us
        try:
            async with self._lookers:
                device, wanted, page = await run_in_threadpool(self._looked, request, body)
            end = begun + min(max(wanted.wait_ms, 0), protocol.MAX_WAIT_MS) / 1000
            while not page.entries and (left := end - loop.time()) > 0 and not self.waiters.closing:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(event.wait(), left)
                if not event.is_set():
                    break
                event.clear()
                async with self._lookers:
                    page = await run_in_threadpool(self._centre.pull, device, wanted)
            self._contacts.count(sent=len(page.entries))
            return page
        finally:
            self.waiters.leave(event)

    def _looked(self, request: HttpRequest, body: bytes) -> tuple[DeviceFacts, protocol.Pull, protocol.Pulled]:
        """Who pulls, what they want, and what there is of it now."""
        device, wanted = self._in_session(request, body), unpack(body, protocol.Pull)
        self._contacts.pulled(device.id, wanted)
        return device, wanted, self._centre.pull(device, wanted)

    def _in_session(self, request: HttpRequest, body: bytes) -> DeviceFacts:
        return self._known(request, body, session=request.headers.get("x-hms-session", ""))

    def _known(self, request: HttpRequest, body: bytes, session: str) -> DeviceFacts:
        try:
            id = UUID(hex=request.headers["x-hms-device"])
            counter = int(request.headers["x-hms-counter"])
        except (KeyError, ValueError) as error:
            raise BadInput("The request does not say which workstation sends it.") from error
        row = self._device(id)
        self._signed(request, body, row.signing_public, id, session, counter)
        if row.status != "approved" and not (row.status == WIPE and request.url.path in _BEFORE_A_WIPE):
            self._sessions.end(id)
            raise NotAllowed("This workstation is not approved at the server. Ask the administrator.", "device")
        if request.url.path != "/v1/hello":
            self._sessions.use(session, id, counter)
        self._contacts.heard(id, request.client.host if request.client else "")
        return DeviceFacts.of(row)

    def _signed(
        self, request: HttpRequest, body: bytes, public: bytes, device: UUID, session: str, counter: int = 1
    ) -> None:
        query = f"?{request.url.query}" if request.url.query else ""
        signed = Request("POST", request.url.path + query, body, device, session, counter)
        verify_request(public, signed, request.headers.get("x-hms-signature", ""))

    def _device(self, id: UUID) -> Any:
        try:
            return self._home.store.read(lambda reader: reader.get(Device, id), self._home.worker)
        except NotFound as error:
            raise Forged("This workstation is not known here. Enrol it with a code.") from error


async def _serve(answer: Answer, request: HttpRequest) -> Response:
    try:
        body = await _limited_body(request)
        found = await answer(request, body)
        content = found if isinstance(found, bytes) else pack(found)
        return Response(content, media_type="application/x-hms")
    except (ClinicError, Replayed, Damaged) as error:
        status = _STATUS.get(error.code, 400)
        _log.info("request refused", path=request.url.path, code=error.code)
        return Response(pack(Problem(error.code, str(error))), status, media_type="application/x-hms")
    except Exception as error:
        _log.error("request failed", path=request.url.path, kind=type(error).__name__)
        problem = Problem("server", "The server had a fault; your changes are safe here and will be sent again.")
        return Response(pack(problem), 500, media_type="application/x-hms")


async def _limited_body(request: HttpRequest) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > protocol.MAX_BODY:
            raise BadInput(f"A request holds at most {protocol.MAX_BODY // 1024 // 1024} MB: send smaller batches.")
    return bytes(body)


async def _odd(_request: HttpRequest, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Response(pack(Problem("unknown", "There is nothing here.")), status, media_type="application/x-hms")
