# SPDX-License-Identifier: Apache-2.0
"""Signing in and out: name, password and code in one form, or a security key; one answer for all that is wrong."""

from __future__ import annotations

import structlog
from starlette.responses import Response

from hms_desktop.core.errors import NotAllowed
from hms_desktop.core.text import _
from hms_desktop.documents.qr_code import svg
from hms_desktop.security import totp
from hms_desktop.security.passwords import check_new_password
from hms_desktop.security.people import same_login
from sync_server import console_access as access
from sync_server.administration import By, note_act
from sync_server.console import guard
from sync_server.console.app import Asked, Console, Place
from sync_server.console.sessions import COOKIE, DOOR, new_token
from sync_server.console_access import RIGHTS, colleague

_log = structlog.get_logger(__name__)


def show_sign_in(console: Console, asked: Asked) -> Response:
    """The form; whoever is signed in already goes on."""
    if asked.session is not None:
        return console.go("/overview")
    return _at_the_door(console, asked, "")


def _at_the_door(console: Console, asked: Asked, problem: str, status: int = 200) -> Response:
    token = guard.door_token(asked.request) or new_token()
    response = console.show(asked, "sign_in.html", status, door=token, problem=problem)
    guard.set_cookie(response, DOOR, token)
    return response


def sign_in(console: Console, asked: Asked) -> Response:
    """Check all three at once; a new session, under a new token, for whoever they fit."""
    login = same_login(asked.form.get("login", ""))[:64]
    wait = console.tries.wait_ms(login, asked.address)
    if wait:
        words = _("Too many tries. Wait {n} s, then try again.").format(n=wait // 1000 + 1)
        return _at_the_door(console, asked, words, 429)
    person = access.password_holds(console.book, login, asked.form.get("password", ""))
    fits = access.code_holds(console.home, console.book, person, asked.form.get("code", ""))
    known = colleague(console.home, person) if person and fits else None
    if known is None or not known.rights & RIGHTS:
        console.tries.wrong(login, asked.address)
        access.note_wrong_try(console.home, login, asked.address)
        _log.warning("console sign-in refused", address=asked.address)
        return _at_the_door(console, asked, _("Name, password or code is wrong."), 403)
    console.tries.right(login, asked.address)
    return let_in(console, asked, known, "code")


def let_in(console: Console, asked: Asked, person: access.Colleague, way: str) -> Response:
    """Open a session in place of any that this browser had."""
    if asked.session is not None:
        console.sessions.end(asked.session.digest)
    token = console.sessions.open(person.id, way, asked.address, asked.request.headers.get("user-agent", ""))
    note_act(console.home, By(person.id, person.name, asked.address), "console.signed_in", person.id, way)
    response = console.go("/overview")
    guard.set_cookie(response, COOKIE, token)
    response.delete_cookie(DOOR, path="/", secure=True, httponly=True, samesite="strict")
    return response


def sign_out(console: Console, asked: Asked) -> Response:
    """End this session; the browser forgets everything of the console."""
    console.sessions.end(asked.here.digest)
    note_act(console.home, asked.by, "console.signed_out", asked.who.id)
    response = console.go("/sign-in")
    guard.drop_cookies(response)
    return response


def show_join(console: Console, asked: Asked) -> Response:
    """Whoever was invited types the invitation."""
    return _joining(console, asked, "", "")


def _joining(console: Console, asked: Asked, word: str, problem: str, status: int = 200) -> Response:
    token = guard.door_token(asked.request) or new_token()
    seed = asked.form.get("seed", "") if word else ""
    values = {"door": token, "word": word, "problem": problem, "seed": seed, "qr": "", "login": ""}
    if word:
        person = colleague(console.home, access.invited(console.home, console.book, word))
        assert person is not None
        values["seed"] = seed = seed or totp.new_seed()
        values |= {
            "login": person.login,
            "qr": svg(totp.app_address(seed, person.login, console.home.facts.clinic_name)),
        }
    response = console.show(asked, "join.html", status, **values)
    guard.set_cookie(response, DOOR, token)
    return response


def join(console: Console, asked: Asked) -> Response:
    """First the invitation, then password and code: the seed is the person's once its code was typed."""
    word = asked.form.get("word", "")
    wait = console.tries.wait_ms("invitation", asked.address)
    if wait:
        return _joining(
            console, asked, "", _("Too many tries. Wait {n} s, then try again.").format(n=wait // 1000 + 1), 429
        )
    try:
        person = colleague(console.home, access.invited(console.home, console.book, word))
    except NotAllowed as error:
        console.tries.wrong("invitation", asked.address)
        access.note_wrong_try(console.home, "", asked.address)
        return _joining(console, asked, "", str(error), 403)
    if person is None or "password" not in asked.form:
        return _joining(console, asked, word, "")
    if (
        totp.matching_step(asked.form.get("seed", ""), asked.form.get("code", ""), console.home.store.clock.now_ms())
        is None
    ):
        return _joining(console, asked, word, _("The code is not of this seed. Look at your authenticator again."), 400)
    return _joined(console, asked, word, person)


def _joined(console: Console, asked: Asked, word: str, person: access.Colleague) -> Response:
    access.must_be_new(asked.form["password"], asked.form.get("again", ""))
    by = By(person.id, person.name, asked.address)
    access.must_be_administrator(person)
    check_new_password(
        asked.form["password"], second_factor=True, names=(person.login, person.name, console.home.facts.clinic_name)
    )
    access.invited(console.home, console.book, word, spend=True)
    access.give_access(console.home, console.book, by, person, asked.form["password"], asked.form["seed"])
    return console.go("/sign-in")


PLACES = (
    Place("/sign-in", show_sign_in, open=True),
    Place("/sign-in", sign_in, method="POST", open=True),
    Place("/sign-out", sign_out, method="POST"),
    Place("/join", show_join, open=True),
    Place("/join", join, method="POST", open=True),
)
