# SPDX-License-Identifier: Apache-2.0
"""Security keys: the browser's script asks here and answers here; whoever has no script signs in with a code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.core.text import _
from sync_server.console import guard
from sync_server.console.app import PREFIX, Asked, Console, Place
from sync_server.console.pages.sign_in import let_in
from sync_server.console.passkeys import Passkeys
from sync_server.console_access import RIGHTS, colleague, has_access, note_wrong_try


def _keys(console: Console, asked: Asked) -> Passkeys:
    return Passkeys(console.home, console.book, asked.request.url.hostname or "")


def _place(asked: Asked) -> str:
    """Where the question was put: the session, or the door for who has none."""
    return asked.token if asked.session is not None else guard.door_token(asked.request)


def _json(content: Mapping[str, Any]) -> Response:
    return guard.dressed(JSONResponse(dict(content)))


def _answer(asked: Asked) -> Mapping[str, Any]:
    try:
        answer = json.loads(asked.form.get("answer", ""))
    except ValueError as error:
        raise BadInput(_("What the security key said can't be read.")) from error
    if not isinstance(answer, dict):
        raise BadInput(_("What the security key said can't be read."))
    return answer


def begin(console: Console, asked: Asked) -> Response:
    """What a key is asked: to sign in, or to prove again."""
    return _json(_keys(console, asked).begin_asking(_place(asked)))


def finish(console: Console, asked: Asked) -> Response:
    """A key answered: sign its person in, or take it for the second factor of this session."""
    wait = console.tries.wait_ms("security key", asked.address)
    if wait:
        raise NotAllowed(_("Too many tries. Wait {n} s, then try again.").format(n=wait // 1000 + 1), "console")
    try:
        person = colleague(console.home, _keys(console, asked).person_of(_place(asked), _answer(asked)))
    except NotAllowed:
        console.tries.wrong("security key", asked.address)
        note_wrong_try(console.home, "", asked.address)
        raise
    if person is None or not person.rights & RIGHTS or not has_access(console.book, person.id):
        raise NotAllowed(_("The security key is not known here, or its answer does not fit."), "console")
    if asked.session is not None:
        if person.id != asked.who.id:
            raise NotAllowed(_("This is somebody else's security key."), "console")
        console.sessions.prove(asked.session)
        return _json({"proved": True})
    came = let_in(console, asked, person, "key")
    response = _json({"go": f"{PREFIX}/overview"})
    for name, value in came.raw_headers:
        if name == b"set-cookie":
            response.raw_headers.append((name, value))
    return response


def begin_adding(console: Console, asked: Asked) -> Response:
    """What the browser is asked for to make a new key."""
    return _json(_keys(console, asked).begin_adding(asked.who, asked.token))


def add(console: Console, asked: Asked) -> Response:
    """Take a new key."""
    _keys(console, asked).add(asked.by, asked.form.get("name", ""), asked.token, _answer(asked))
    return _json({"go": f"{PREFIX}/settings?done=kept"})


def remove(console: Console, asked: Asked) -> Response:
    """Forget a key of one's own."""
    _keys(console, asked).remove(asked.by, str(asked.request.path_params["ref"]))
    return console.go("/settings?done=kept")


PLACES = (
    Place("/key/begin", begin, method="POST", open=True),
    Place("/key/finish", finish, method="POST", open=True),
    Place("/settings/keys/begin", begin_adding, method="POST"),
    Place("/settings/keys/add", add, method="POST"),
    Place("/settings/keys/{ref}/remove", remove, method="POST"),
)
