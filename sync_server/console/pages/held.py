# SPDX-License-Identifier: Apache-2.0
"""Quarantine: what the server refused; try it again, ask its owner, or put it away with a reason."""

from __future__ import annotations

from starlette.responses import Response

from hms_desktop.core.errors import NotFound
from hms_desktop.core.text import _
from sync_server import quarantine
from sync_server.administration import noted
from sync_server.console.app import Asked, Console, Place
from sync_server.console.proof import must_prove

NEEDS = "device.manage"


def listed(console: Console, asked: Asked) -> Response:
    """What still asks for somebody; with `all` also what was decided."""
    everything = asked.query("show") == "all"
    rows = quarantine.quarantine(console.home, everything)
    return console.show(asked, "quarantine.html", rows=rows, everything=everything, message=asked.query("done"))


def _place(asked: Asked) -> tuple[int, int]:
    try:
        return int(asked.request.path_params["author"]), int(asked.request.path_params["number"])
    except ValueError as error:
        raise NotFound(_("There is no such change in quarantine. Open the list again.")) from error


def replay(console: Console, asked: Asked) -> Response:
    """Check it once more by the rules of today, and take it when they hold."""
    author, number = _place(asked)
    must_prove(console, asked)
    also = noted(asked.by, "quarantine.replayed", None, quarantine.change_name(author, number))
    quarantine.replay(console.centre, author, number, asked.who.id, also)
    return console.go("/quarantine?done=replayed")


def ask(console: Console, asked: Asked) -> Response:
    """Ask its owner about it: the question stands beside it at every workstation of theirs."""
    author, number = _place(asked)
    also = noted(asked.by, "quarantine.asked", None, quarantine.change_name(author, number))
    quarantine.ask(console.home, author, number, asked.who.id, asked.form.get("question", ""), also)
    return console.go("/quarantine?done=asked")


def put_away(console: Console, asked: Asked) -> Response:
    """Nobody needs it, for a reason."""
    author, number = _place(asked)
    must_prove(console, asked)
    also = noted(asked.by, "quarantine.put_away", None, quarantine.change_name(author, number))
    quarantine.put_away(console.home, author, number, asked.who.id, asked.form.get("reason", ""), also)
    return console.go("/quarantine?done=put-away")


PLACES = (
    Place("/quarantine", listed, NEEDS),
    Place("/quarantine/{author}/{number}/replay", replay, NEEDS, "POST"),
    Place("/quarantine/{author}/{number}/ask", ask, NEEDS, "POST"),
    Place("/quarantine/{author}/{number}/put-away", put_away, NEEDS, "POST"),
)
