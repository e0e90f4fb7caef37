# SPDX-License-Identifier: Apache-2.0
"""Who stands at the server's keyboard, and what they do there: at once while it is set up, else as a request of two."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer

from hms_desktop.core.console import say
from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.security.people import same_login
from hms_desktop.security.roles import policy
from sync_server import console_access as access
from sync_server import two_person
from sync_server.administration import COMMAND, By
from sync_server.console.pace import Tries
from sync_server.footing import SETTING_UP, footing
from sync_server.home import Home
from sync_server.notebook import Notebook, open_notebook

Who = Annotated[str, typer.Option("--by", help="Which administrator asks: a sign-in name of the console.")]
Why = Annotated[str, typer.Option("--reason", help="Why; whoever approves reads it.")]
ByStdin = Annotated[
    bool, typer.Option("--by-stdin", help="Read console password and code of --by from standard input, a line each.")
]


@dataclass(frozen=True)
class Asking:
    """What was typed about who asks, and why."""

    login: str
    reason: str
    from_stdin: bool


@dataclass(frozen=True)
class Actor:
    """Who acts, with their rights; the keyboard itself where nobody can open the console."""

    by: By
    rights: frozenset[str]


def the_keyboard(home: Home) -> By:
    """Whoever has the server's keyboard, where no administrator is named."""
    return By(home.facts.id, "Sync server", COMMAND)


def actor(home: Home, book: Notebook, asking: Asking) -> Actor:
    """The administrator whose console password and code were typed; NotAllowed when they don't fit.

    Where nobody can open the console, the keyboard itself asks.
    """
    if not access.holders(home, book):
        return Actor(the_keyboard(home), frozenset(policy().permissions))
    if not asking.login:
        raise BadInput("This takes two administrators: say who asks with --by, and why with --reason.", "by")
    login, tries = same_login(asking.login), Tries(book, home.store.clock)
    if wait := tries.wait_ms(login, COMMAND):
        raise NotAllowed(f"Too many tries. Wait {wait // 1000 + 1} s, then try again.", "console")
    password, code = _typed(asking.from_stdin)
    person = access.password_holds(book, login, password)
    fits = access.code_holds(home, book, person, code)
    known = access.colleague(home, person) if person and fits else None
    if known is None or not known.rights & access.RIGHTS:
        tries.wrong(login, COMMAND)
        access.note_wrong_try(home, login, COMMAND)
        raise NotAllowed("Name, password or code is wrong. Nothing was done.", "console")
    tries.right(login, COMMAND)
    return Actor(By(known.id, known.name, COMMAND), known.rights)


def _typed(from_stdin: bool) -> tuple[str, str]:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n"), sys.stdin.readline().strip()
    if not sys.stdin.isatty():
        raise BadInput("Give password and code on standard input with --by-stdin.", "by")
    return getpass.getpass("Console password of --by: "), input("Code of their authenticator: ")


def at_once_or_asked(
    home: Home, asking: Asking, needs: str, at_once: Callable[[], None], ask: Callable[[Notebook, By], UUID],
    as_json: bool,
) -> None:  # fmt: skip
    """Do it while the server is set up; else ask for it, and say how it is approved. NotAllowed without the right."""
    book = open_notebook(home)
    try:
        if footing(home, book) == SETTING_UP:
            at_once()
            return
        who = actor(home, book, asking)
        if needs not in who.rights:
            raise NotAllowed(f"{who.by.name} lacks the right {needs}, which this takes. Nothing was done.", needs)
        tell_asked(two_person.request(home, book, ask(book, who.by)), as_json)
    finally:
        book.close()


def tell_asked(asked: two_person.Request, as_json: bool) -> None:
    """How a request goes on: another administrator approves it, or its asker alone after a day."""
    lines = [f"Asked: {asked.words}.", f"Request {asked.id}, open until {asked.until:%Y-%m-%d %H:%M} UTC."]
    facts: dict[str, Any] = {"request": asked.id, "until": asked.until, "alone_from": asked.alone_from}
    if asked.alone_from is None:
        lines.append("Another administrator approves it: in the console, or with hms-server requests approve.")
    else:
        lines.append(
            "There is no other administrator, so it waits: the privacy officer was told, and from "
            f"{asked.alone_from:%Y-%m-%d %H:%M} UTC on hms-server requests carry-out does it."
        )
    say(lines, facts, as_json)
