# SPDX-License-Identifier: Apache-2.0
"""`hms-server console-admin`: who may open the web console, from the server's own keyboard."""

from __future__ import annotations

from typing import Annotated

import typer

from hms_desktop.core.console import plainly, say
from hms_desktop.documents.qr_code import terminal_lines
from hms_desktop.security import totp
from sync_server import console_access as access
from sync_server import home, staffing
from sync_server.commands.acting import Asking, ByStdin, Who, Why, at_once_or_asked, the_keyboard
from sync_server.commands.options import Folder, Json, Stdin, typed_password
from sync_server.console.app import PREFIX
from sync_server.notebook import open_notebook

administrators = typer.Typer(no_args_is_help=True, help="Who may open the web console.")
Login = Annotated[str, typer.Argument(help="Sign-in name of a person with an administrator's role.")]


@administrators.command("add")
@plainly
def admin_add(
    folder: Folder,
    login: Login,
    password_stdin: Stdin = False,
    qr: Annotated[bool, typer.Option("--qr", help="Draw the seed as a QR for an authenticator app.")] = False,
    by: Who = "",
    reason: Why = "",
    by_stdin: ByStdin = False,
    as_json: Json = False,
) -> None:
    """Let an administrator open the console, with a password and a seed of its own in place of any they had.

    The first two come in this way. Later ones are asked for with --by, and make password and seed themselves with the
    invitation that approval shows; where nobody is left to approve, that takes a day.
    """
    with home.open_home(folder) as opened:
        person = access.colleague_called(opened, login)
        access.must_be_administrator(person)
        at_once_or_asked(
            opened, Asking(by, reason, by_stdin), staffing.MANAGE,
            lambda: _let_in(opened, person, typed_password(password_stdin), qr, as_json),
            lambda book, who: staffing.ask_for_console(opened, book, who, person.id, reason), as_json,
        )  # fmt: skip


def _let_in(opened: home.Home, person: access.Colleague, password: str, qr: bool, as_json: bool) -> None:
    book, seed = open_notebook(opened), totp.new_seed()
    try:
        access.give_access(opened, book, the_keyboard(opened), person, password, seed)
    finally:
        book.close()
    address = totp.app_address(seed, f"{person.login} console", opened.facts.clinic_name)
    where = f"{opened.facts.addresses[0]}{PREFIX}/"
    lines = [f"{person.name} may open {where} as {person.login}.", f"Seed for the authenticator: {seed}", address]
    lines += terminal_lines(address) if qr else []
    say(
        lines,
        {"person": person.id, "login": person.login, "seed": seed, "authenticator": address, "address": where},
        as_json,
    )


@administrators.command("list")
@plainly
def admin_list(folder: Folder, as_json: Json = False) -> None:
    """Everybody who may open the console."""
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        found = [(person.login, person.name) for person in access.holders(opened, book)]
        book.close()
    lines = [f"{login:24} {name}" for login, name in found]
    say(lines or ["Nobody yet: hms-server console-admin add."], {"administrators": found}, as_json)


@administrators.command("end")
@plainly
def admin_end(folder: Folder, login: Login, as_json: Json = False) -> None:
    """Take somebody's access to the console away: password, seed, keys and open sessions."""
    with home.open_home(folder) as opened:
        book = open_notebook(opened)
        try:
            person = access.colleague_called(opened, login)
            access.take_access(opened, book, the_keyboard(opened), person.id)
        finally:
            book.close()
    say(f"{person.name} may not open the console any more.", {"ended": person.login}, as_json)
