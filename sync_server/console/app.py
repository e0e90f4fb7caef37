# SPDX-License-Identifier: Apache-2.0
"""The console as routes beside the sync API: who may ask what, what is checked in which order, how errors are said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Receive, Scope, Send

from hms_desktop.core.errors import BadInput, ClinicError, NotAllowed, NotFound
from hms_desktop.core.text import _
from sync_server.administration import By, note_act
from sync_server.console import guard
from sync_server.console.look import Look
from sync_server.console.pace import Pace, Tries
from sync_server.console.sessions import COOKIE, Session, Sessions, form_token_holds
from sync_server.console_access import RIGHTS, Colleague, colleague, has_access
from sync_server.contacts import Contacts
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.sync_api.centre import Centre

PREFIX = "/console"
MOST_BODY = 64 * 1024
MOST_FIELDS = 400
STATUS = {"not-allowed": 403, "not-found": 404, "method": 405, "refused": 409, "fault": 500}
_log = structlog.get_logger(__name__)


@dataclass
class Asked:
    """One request of a page: what was typed, who asks, and the session that they ask in."""

    request: HttpRequest
    form: Mapping[str, str]
    many: Mapping[str, list[str]]
    token: str
    session: Session | None = None
    person: Colleague | None = None
    notices: list[str] = field(default_factory=list)

    @property
    def who(self) -> Colleague:
        """The signed-in person."""
        assert self.person is not None
        return self.person

    @property
    def here(self) -> Session:
        """The open session."""
        assert self.session is not None
        return self.session

    @property
    def address(self) -> str:
        """The network address that the request came from."""
        return self.request.client.host if self.request.client else ""

    @property
    def by(self) -> By:
        """Who acts, for the audit."""
        return By(self.who.id, self.who.name, self.address)

    def query(self, name: str) -> str:
        """A word of the address, empty when it is not there."""
        return self.request.query_params.get(name, "")[:200]

    def id(self, name: str = "id") -> UUID:
        """The record that the address names; NotFound when that is no id."""
        try:
            return UUID(hex=str(self.request.path_params[name]))
        except ValueError as error:
            raise NotFound(_("There is nothing here. Go back to the list.")) from error


Page = Callable[["Console", Asked], Response]
Nowhere = Callable[[HttpRequest, int], Awaitable[Response]]


@dataclass(frozen=True)
class Place:
    """One address of the console: GET shows, POST does. `needs` empty: any administrator; `open`: nobody signed in."""

    path: str
    page: Page
    needs: str = ""
    method: str = "GET"
    open: bool = False


class _Addresses(Router):
    """The console's addresses; what none of them answers, `nowhere` does, never the framework's own page."""

    def __init__(self, routes: Sequence[BaseRoute], nowhere: Nowhere) -> None:
        super().__init__(routes, redirect_slashes=False)
        self._nowhere = nowhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        try:
            await super().__call__(scope, receive, send)
        except HTTPException as wrong:
            answer = await self._nowhere(HttpRequest(scope, receive), wrong.status_code)
            await answer(scope, receive, send)


class Console:
    """Everything that the pages share."""

    def __init__(
        self, home: Home, book: Notebook, contacts: Contacts, centre: Centre, pace: Pace | None = None
    ) -> None:
        clock = home.store.clock
        self.home, self.book, self.contacts, self.centre = home, book, contacts, centre
        self.sessions, self.tries = Sessions(book, clock), Tries(book, clock)
        self.pace = pace or Pace(clock)
        self.look = Look(home)

    def mounted(self, places: Sequence[Place]) -> BaseRoute:
        """The console below its path, with these places."""
        routes = [
            Route(place.path, partial(self._answer, place), methods=[place.method], name=place.path) for place in places
        ]
        routes += [Route("/static/{name}", self._static), Route("/", self._first)]
        return Mount(PREFIX, app=_Addresses(routes, self._nowhere))

    def show(self, asked: Asked, template: str, status: int = 200, **values: Any) -> Response:
        """A page."""
        waiting = self.badges(asked) if asked.person is not None else {}
        html = self.look.page(template, asked=asked, badges=waiting, place=_place(asked), **values)
        return guard.dressed(Response(html, status, media_type="text/html; charset=utf-8"))

    def go(self, path: str) -> Response:
        """After a form was done: look at this page."""
        return guard.dressed(RedirectResponse(PREFIX + path, 303))

    def badges(self, asked: Asked) -> Mapping[str, int]:
        """What asks for this person, by place of the menu."""
        from sync_server.console.figures import badges

        return badges(self, asked.who)

    async def _first(self, _request: HttpRequest) -> Response:
        return self.go("/overview")

    async def _static(self, request: HttpRequest) -> Response:
        try:
            return self.look.static(str(request.path_params["name"]))
        except NotFound:
            return await self._nowhere(request, 404)

    async def _nowhere(self, request: HttpRequest, status: int) -> Response:
        """An address that there is not, or not in this way: said like everything else, with the same headers."""
        page = _wrong_way if status == HTTPStatus.METHOD_NOT_ALLOWED else _nothing_here
        return await self._answer(Place("", page, open=True), request)

    async def _answer(self, place: Place, request: HttpRequest) -> Response:
        wait = self.pace.wait_seconds(request.client.host if request.client else "")
        if wait:
            return guard.slowed(wait)
        asked = Asked(request, {}, {}, request.cookies.get(COOKIE, ""))
        try:
            guard.must_be_our_host(self.home.facts.hosts, request)
            if place.method == "POST":
                asked.many = _fields(await _body(request))
                asked.form = {name: values[-1] for name, values in asked.many.items()}
            return await run_in_threadpool(self._checked, place, asked)
        except ClinicError as error:
            _log.info("console refused", path=request.url.path, code=error.code)
            return await run_in_threadpool(self._refused, place, asked, error)
        except Exception as error:
            _log.error("console failed", path=place.path, kind=type(error).__name__)
            return await run_in_threadpool(self._problem, asked, _fault())

    def _checked(self, place: Place, asked: Asked) -> Response:
        self._recognise(asked)
        if asked.session is None and not place.open:
            return guard.dressed(RedirectResponse(f"{PREFIX}/sign-in", 303))
        if place.method == "POST":
            guard.must_come_from_us(asked.request)
            token = asked.token if asked.session is not None else guard.door_token(asked.request)
            if not form_token_holds(token, asked.form.get("form_token", "")):
                raise NotAllowed(_("This form is too old. Open the page again and repeat it; nothing was changed."))
        if not place.open:
            _must_hold(asked.who, place.needs)
        return place.page(self, asked)

    def _recognise(self, asked: Asked) -> None:
        session = self.sessions.find(asked.token) if asked.token else None
        person = colleague(self.home, session.person) if session else None
        if session is None or person is None or not person.rights & RIGHTS or not has_access(self.book, person.id):
            return
        asked.session, asked.person = session, person

    def _refused(self, place: Place, asked: Asked, error: ClinicError) -> Response:
        """Say why not; who was refused what stands in the trail before they read it."""
        if isinstance(error, NotAllowed) and asked.person is not None:
            note_act(self.home, asked.by, "console.denied", None, f"{place.path} {error.permission}".strip())
        return self._problem(asked, error)

    def _problem(self, asked: Asked, error: ClinicError) -> Response:
        return self.show(asked, "problem.html", STATUS.get(error.code, 400), message=str(error))


def _place(asked: Asked) -> str:
    """Where in the menu a page is."""
    return asked.request.url.path.removeprefix(PREFIX + "/").partition("/")[0]


def _must_hold(person: Colleague, needs: str) -> None:
    if needs and needs not in person.rights:
        message = _("This page needs the right {right}, which your roles don't give.")
        raise NotAllowed(message.format(right=needs), needs)


def _nothing_here(_console: Console, _asked: Asked) -> Response:
    raise NotFound(_("There is nothing here."))


def _wrong_way(_console: Console, _asked: Asked) -> Response:
    raise _WrongWay(_("This address only takes a form of the console. Nothing was changed."))


class _WrongWay(ClinicError):
    code = "method"


class _Fault(ClinicError):
    code = "fault"


def _fault() -> ClinicError:
    return _Fault(_("The console met a fault in the program. Nothing was changed; try again, or tell support."))


async def _body(request: HttpRequest) -> bytes:
    kind = request.headers.get("content-type", "").split(";")[0].strip().casefold()
    if kind != "application/x-www-form-urlencoded":
        raise BadInput(_("The console takes only its own forms."))
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BODY:
            raise BadInput(_("That is more than a form of the console holds."))
    return bytes(body)


def _fields(body: bytes) -> Mapping[str, list[str]]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise BadInput(_("The form can't be read.")) from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\x00", ""))
    return fields
