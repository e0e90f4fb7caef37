# SPDX-License-Identifier: Apache-2.0
"""`hms-server requests`: what one administrator asked for and another decides, at the server's own keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from hms_desktop.core.console import plainly, say
from sync_server import home, two_person
from sync_server.commands.acting import Actor, Asking, ByStdin, Who, actor
from sync_server.commands.options import Folder, Json
from sync_server.console.pages import all as pages
from sync_server.home import Home
from sync_server.notebook import Notebook, open_notebook

assert pages.__name__  # every kind of request is declared where it is carried out
requests_app = typer.Typer(no_args_is_help=True, help="What takes two administrators.")
Id = Annotated[UUID, typer.Argument(help="The request, as it was named when it was asked.")]


@requests_app.command("list")
@plainly
def requests_list(folder: Folder, as_json: Json = False) -> None:
    """Requests that wait, and what became of the latest others."""
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        found = two_person.requests(opened, book)
        book.close()
    lines = [f"{one.id}  {one.state:9} {one.asked:%Y-%m-%d %H:%M} UTC  {_words(one)}: {one.reason}" for one in found]
    listed = [{"request": one.id, "kind": one.kind, "words": one.words, "of_what": one.of_what, "reason": one.reason,
               "state": one.state, "by": one.by, "until": one.until, "alone_from": one.alone_from}
              for one in found]  # fmt: skip
    say(lines or ["Nobody asked for anything."], {"requests": listed}, as_json)


def _words(one: two_person.Request) -> str:
    return " · ".join(filter(None, (one.words, one.of_what)))


@requests_app.command("approve")
@plainly
def approve(folder: Folder, id: Id, by: Who, by_stdin: ByStdin = False, as_json: Json = False) -> None:
    """Approve what another administrator asked for, with one's own console password and code; then it is done."""
    _decide(folder, Asking(by, "", by_stdin), lambda opened, book, who: two_person.approve(
        opened, book, who.by, id, who.rights), id, as_json)  # fmt: skip


@requests_app.command("carry-out")
@plainly
def carry_out(folder: Folder, id: Id, by: Who = "", by_stdin: ByStdin = False, as_json: Json = False) -> None:
    """Do alone what one asked for a day ago, where there is still no other administrator; it is reviewed afterwards."""
    _decide(folder, Asking(by, "", by_stdin), lambda opened, book, who: two_person.carry_out_alone(
        opened, book, who.by, id, who.rights), id, as_json)  # fmt: skip


@requests_app.command("decline")
@plainly
def decline(
    folder: Folder,
    id: Id,
    by: Who = "",
    why: Annotated[str, typer.Option(help="Why not; not needed to take one's own back.")] = "",
    by_stdin: ByStdin = False,
    as_json: Json = False,
) -> None:
    """Say no to a request, or take one's own back."""

    def no(opened: Home, book: Notebook, who: Actor) -> two_person.Told:
        two_person.decline(opened, book, who.by, id, why)
        return ()

    _decide(folder, Asking(by, "", by_stdin), no, id, as_json)


def _decide(
    folder: Path, asking: Asking, decide: Callable[[Home, Notebook, Actor], two_person.Told], id: UUID, as_json: bool
) -> None:
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        try:
            told = decide(opened, book, actor(opened, book, asking))
            after = two_person.request(opened, book, id)
        finally:
            book.close()
    lines = [f"{after.words}: {after.state}.", *(f"{what}: {word}" for what, word in told)]
    lines += ["It is shown only now."] if told else []
    say(lines, {"request": id, "state": after.state, "told": [list(one) for one in told]}, as_json)
