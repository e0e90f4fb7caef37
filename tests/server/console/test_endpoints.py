# SPDX-License-Identifier: Apache-2.0
"""Every address, action, query and command, each role and each kind of workstation: who is let in is who may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert
from starlette.applications import Starlette
from starlette.responses import Response
from structlog.testing import capture_logs

from hms_desktop.clinic.staff.queries import places
from hms_desktop.commands.operations import OPERATIONS, operate
from hms_desktop.core.errors import NotAllowed
from hms_desktop.security.accounts import Device
from hms_desktop.security.roles import policy
from hms_desktop.security.signing import Request, sign_request
from hms_desktop.sync import protocol
from hms_desktop.sync.protocol import pack
from sync_server import notebook
from sync_server.actions import known_queries
from sync_server.commands.app import app as server_commands
from sync_server.console.pages.all import PLACES
from sync_server.console.sessions import COOKIE, form_token
from sync_server.endpoints import Endpoint, endpoints
from sync_server.metrics import route
from sync_server.people import NewPerson, add_person
from sync_server.sync_api.app import ANYONE, APPROVED, DOORS, IN_SESSION, OWN_KEY, SyncApi
from tests.desk import Desk, person, rights_of
from tests.every_module.test_commands import walk
from tests.server.console.office import Office
from tests.server.knocking import addresses, knock
from tests.server.process import CHEAP, PASSWORD

SHOWN = 204
OUR_PAGE = {"origin": "https://localhost", "sec-fetch-site": "same-origin"}


def shown(_console: Any, _asked: Any) -> Response:
    """What stands in for a page: whoever sees it was let in."""
    return Response(status_code=SHOWN)


@pytest.fixture
def served(desk: Office) -> Iterator[Starlette]:
    """The application as it is served, its pages taken out: only who is let in is asked here."""
    api = SyncApi(desk.home, desk.console.centre, desk.contacts)
    desk.console.pace = SimpleNamespace(wait_seconds=lambda _address: 0)  # type: ignore[assignment]
    with capture_logs():
        yield api.app(desk.console.mounted([replace(place, page=shown) for place in PLACES]), route(desk.console))


def of(channel: str) -> list[Endpoint]:
    """The doors of a channel."""
    return [door for door in endpoints() if door.channel == channel]


@pytest.mark.accepts("SEC-01")
def test_the_list_is_every_address_that_the_server_answers_to(served: Starlette) -> None:
    said = {tuple(door.name.split(" ", 1)) for door in (*of("sync"), *of("metrics"))}
    said |= {(method, f"/console{path}") for method, path in (door.name.split(" ", 1) for door in of("console"))}
    fixed = {("GET", "/console/"), ("GET", "/console/static/{name}")}  # goes on to the overview; style and pictures
    assert addresses(list(served.routes)) == said | fixed


def session_of(desk: Office, role: str) -> str:
    """The token of a session at the console, as if whoever has this role had been let in before."""
    login = role.replace("_", "-")
    add_person(desk.home, NewPerson(login, login.title(), (role,), PASSWORD), CHEAP)
    found = desk.home.store.read(partial(_called, login=login), desk.home.worker)
    table = notebook.access
    with desk.book.writing() as connection:
        values = {c.name: b"" for c in table.columns if not c.nullable and c.name != "person"}
        blank = {n: 0 if table.c[n].type.python_type is int else "" if table.c[n].type.python_type is str else v
                 for n, v in values.items()}  # fmt: skip
        connection.execute(insert(table).values(**blank, person=found.bytes))
    return desk.console.sessions.open(found, "code", "10.0.4.7", "Chrome")


def _called(reader: Any, login: str) -> UUID:
    from sqlalchemy import select

    from hms_desktop.security.accounts import Account

    found: UUID = reader.scalar(select(Account.id).where(Account.login == login))
    return found


@pytest.mark.accepts("SEC-01")
def test_at_the_console_each_role_is_let_in_where_it_may_and_nowhere_else(desk: Office, served: Starlette) -> None:
    for role in ("", *policy().roles):
        token = session_of(desk, role) if role else ""
        cookie = {"cookie": f"{COOKIE}={token}"} if token else {}
        form = urlencode({"form_token": form_token(token) if token else "x"}).encode()
        for door in of("console"):
            method, path = door.name.split(" ", 1)
            at = "/console" + path.format(**dict.fromkeys(("id", "ref", "name", "author", "number", "quarter"), "1"))
            headers = {**cookie, **OUR_PAGE, "content-type": "application/x-www-form-urlencoded"}
            status, leads = knock(served, method, at, headers, form if method == "POST" else b"")
            may = door.opens_to(role) if role else not door.asks
            if not door.asks and method == "POST":
                assert (status == SHOWN) == (role == "administrator"), "the token of a session, or of the form's page"
            else:
                assert (status == SHOWN) == may, (role, door, status)
                assert may or status == 403 or leads == "/console/sign-in", (role, door, status)


class Knocker:
    """A workstation by hand: its key, its row at the server, its session."""

    def __init__(self, desk: Office, served: Starlette, status: str) -> None:
        self.served, self.key = served, Ed25519PrivateKey.generate()
        self.device, self.counter = uuid4(), 0
        if status:
            desk.home.store.act(partial(_enrolled, id=self.device, status=status, key=self.key), desk.home.worker)

    def status(self, path: str, body: bytes = b"", *, session: str = "") -> int:
        self.counter += 1
        signed = Request("POST", path, body, self.device, session, self.counter)
        headers = {
            "x-hms-device": self.device.hex, "x-hms-session": session, "x-hms-counter": str(self.counter),
            "x-hms-signature": sign_request(self.key, signed),
        }  # fmt: skip
        return knock(self.served, "POST", path, headers, body)[0]


def _enrolled(unit: Any, id: UUID, status: str, key: Ed25519PrivateKey) -> None:
    unit.action = "server.device"
    unit.add(
        Device, id=id, author=900 + len(status), name=status, site="Main", kind="front_desk", status=status,
        signing_public=key.public_key().public_bytes_raw(), reduced_protection=False,
    )  # fmt: skip


@pytest.mark.accepts("SEC-01")
def test_the_wire_answers_workstations_as_far_as_they_are_known(desk: Office, served: Starlette) -> None:
    """400: the message is not one, which is looked at only once who sends it was let in."""
    for path, asks in DOORS.items():
        assert (knock(served, "POST", path)[0] == 200) == (asks == ANYONE), path
    for status in ("", "pending", "blocked", "approved"):
        one = Knocker(desk, served, status)
        for path, asks in DOORS.items():
            answered = one.status(path, b"no message")
            if not status:
                assert (answered == 200) == (asks == ANYONE) and answered in (200, 400, 401), (path, answered)
            elif asks == IN_SESSION:
                assert answered in (401, 403), (status, path, answered)
            elif asks == APPROVED:
                assert (answered == 400) == (status == "approved"), (status, path, answered)
            elif asks == OWN_KEY:
                assert answered in (400, 403), (status, path, answered)


def test_a_greeted_workstation_is_answered_in_its_own_session(desk: Office, served: Starlette) -> None:
    one = Knocker(desk, served, "approved")
    hello = pack(protocol.Hello(protocol.VERSION, 1, b"g" * 16, 0))
    assert one.status("/v1/hello", hello) == 200
    for path in (path for path, asks in DOORS.items() if asks == IN_SESSION):
        assert one.status(path, b"no message", session="another") == 401, path
        assert knock(served, "POST", path, {"x-hms-device": one.device.hex, "x-hms-counter": "99"})[0] == 401, path


@pytest.mark.accepts("SEC-01")
def test_every_query_answers_whoever_holds_its_right_and_raises_for_all_others(tmp_path: Path) -> None:
    """Through the wrapper that every query is; what is inside is not reached by who may not, and fails for no words."""
    desk = Desk(tmp_path, person("Nobody", ()))
    doors = {door.name: door for door in of("query")}
    for role in policy().roles:
        acting = person(role, rights_of([role]), [role])

        def asks(reader: Any, role: str = role) -> None:
            for name, declared in known_queries().items():
                refused = False
                try:
                    declared.function(reader, no_such_word=True)
                except NotAllowed as error:
                    refused = error.wanted == name
                except TypeError:
                    refused = False
                assert refused != doors[name].opens_to(role), (role, name)

        desk.ask(asks, acting)
    desk.store.close()


@pytest.mark.accepts("SEC-01")
def test_every_command_of_a_workstation_asks_its_right_of_who_is_signed_in(tmp_path: Path) -> None:
    assert {f"hms {name}" for name in OPERATIONS} == {door.name for door in of("command")}
    desk = Desk(tmp_path, person("Nobody", ()))
    for role in policy().roles:
        acting = person(role, rights_of([role]), [role])
        bench: Any = SimpleNamespace(store=desk.store, acting=acting)
        for door in of("command"):
            with pytest.raises(TypeError if door.opens_to(role) else NotAllowed):
                operate(bench, door.name.removeprefix("hms "), {"no_such_word": True})
    desk.store.close()


def test_every_command_of_the_server_works_on_a_folder_that_only_its_keys_open() -> None:
    """No role reaches them: who runs one holds the server's folder, which is for its service account alone."""
    told = {name: {option.name for option in command.params}
            for name, command in walk("hms-server", typer.main.get_command(server_commands))}  # fmt: skip
    without = {name for name, options in told.items() if "folder" not in options}
    without.remove("hms-server restore")  # it makes a folder, by the keys themselves
    assert without == {"hms-server parts", "hms-server rights grid", "hms-server rights endpoints"}, without
    assert places.__name__ in {name.split(".")[1] for name in known_queries()}
