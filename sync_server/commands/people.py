# SPDX-License-Identifier: Apache-2.0
"""`hms-server people`: who may sign in, and help for who can't."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import typer

from hms_desktop.core.console import plainly, say
from hms_desktop.security import totp
from sync_server import home, people, resets, staffing
from sync_server.administration import Also, note_act, noted
from sync_server.commands.acting import Asking, ByStdin, Who, Why, at_once_or_asked, the_keyboard
from sync_server.commands.options import Folder, Json, typed_password

people_app = typer.Typer(no_args_is_help=True, help="Who may sign in.")
Login = Annotated[str, typer.Argument(help="Their sign-in name.")]


@people_app.command("add")
@plainly
def people_add(
    folder: Folder,
    login: Annotated[str, typer.Option(help="One word to sign in with.")],
    name: Annotated[str, typer.Option(help="The name that colleagues see.")],
    role: Annotated[list[str], typer.Option(help="A role of resources/roles.toml; repeatable.")],
    code: Annotated[bool, typer.Option(help="Give an authenticator code as second factor.")] = False,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
    one_time: Annotated[
        bool, typer.Option("--one-time", help="Make a password for the first sign-in; there they choose their own.")
    ] = False,
    by: Who = "",
    reason: Why = "",
    by_stdin: ByStdin = False,
    as_json: Json = False,
) -> None:
    """Add a person. Their keys are kept under their password only.

    A second factor that a role needs is set up by the person at their first sign-in, or given here with --code. Once
    the server is set up, one administrator asks with --by and another approves: that shows a one-time password.
    """

    def at_once() -> None:
        password = resets.one_time_password() if one_time else typed_password(password_stdin)
        seed = totp.new_seed() if code else None
        new = people.NewPerson(login, name, tuple(role), password, seed, one_time=one_time)
        _say_added(opened, new, people.add_person(opened, new, also=_joined(opened, new)), as_json)

    with home.open_home(folder) as opened:
        at_once_or_asked(
            opened, Asking(by, reason, by_stdin), staffing.MANAGE, at_once,
            lambda book, who: staffing.ask_to_join(opened, book, who, login, name, role, reason), as_json,
        )  # fmt: skip


def _joined(opened: home.Home, new: people.NewPerson) -> Also:
    return noted(the_keyboard(opened), "person.joined", None, f"{new.login}: {', '.join(new.roles)}")


def _say_added(opened: home.Home, new: people.NewPerson, person: UUID, as_json: bool) -> None:
    login, name, seed, password, one_time = new.login, new.name, new.seed, new.password, new.one_time
    address = totp.app_address(seed, login, opened.facts.clinic_name) if seed else None
    lines = [f"{name} can sign in as {login} wherever their roles allow."]
    lines += [f"Authenticator: {address}"] if address else []
    lines += _one_time_lines(password) if one_time else []
    facts = {"person": person, "login": login, "authenticator": address}
    say(lines, {**facts, "password": password} if one_time else facts, as_json)


@people_app.command("list")
@plainly
def people_list(folder: Folder, as_json: Json = False) -> None:
    """Every sign-in name."""
    with home.open_home(folder) as opened:
        found = list(people.logins(opened))
    say(found or ["Nobody yet: hms-server people add."], {"people": found}, as_json)


@people_app.command("end")
@plainly
def people_end(folder: Folder, login: Login, as_json: Json = False) -> None:
    """A person leaves: no more sign-in; their work stays theirs."""
    with home.open_home(folder) as opened:
        people.end_person(opened, login, noted(the_keyboard(opened), "person.left", None, login))
    say(f"{login} may no longer sign in.", {"ended": login}, as_json)


@people_app.command("reset-password")
@plainly
def people_reset_password(
    folder: Folder, login: Login, by: Who = "", reason: Why = "", by_stdin: ByStdin = False, as_json: Json = False
) -> None:
    """For who forgot it: new keys and a password for one sign-in. Make sure first that it is really them who asks.

    Workstations let them in once they have heard of it and somebody's session was open there since. An authenticator
    app is set up again; what they did before stays theirs. Once the server is set up this takes two administrators.
    """

    def at_once() -> None:
        reset = resets.reset_password(opened, login)
        note_act(opened, the_keyboard(opened), "person.new_keys", reset.person, login)
        lines = [f"{reset.login} has new keys.", *_one_time_lines(reset.password)]
        say(lines, {"person": reset.person, "login": reset.login, "password": reset.password}, as_json)

    with home.open_home(folder) as opened:
        _reset(opened, login, staffing.PASSWORD, Asking(by, reason, by_stdin), at_once, as_json)


def _reset(
    opened: home.Home, login: str, what: str, asking: Asking, at_once: Callable[[], None], as_json: bool
) -> None:
    person = resets.find_person(opened, login)
    at_once_or_asked(
        opened, asking, staffing.MANAGE, at_once,
        lambda book, who: staffing.ask_for_reset(opened, book, who, person, what, asking.reason), as_json,
    )  # fmt: skip


@people_app.command("reset-second-factor")
@plainly
def people_reset_second_factor(
    folder: Folder, login: Login, by: Who = "", reason: Why = "", by_stdin: ByStdin = False, as_json: Json = False
) -> None:
    """For who lost phone, security keys and recovery codes: all of them are forgotten, and a new one is set up.

    Once the server is set up this takes two administrators.
    """

    def at_once() -> None:
        person = resets.reset_second_factor(opened, login)
        note_act(opened, the_keyboard(opened), "person.new_factor", person, login)
        line = f"{login} signs in with the password alone; who needs a second factor sets up a new one at once."
        say(line, {"person": person, "login": login}, as_json)

    with home.open_home(folder) as opened:
        _reset(opened, login, staffing.FACTOR, Asking(by, reason, by_stdin), at_once, as_json)


def _one_time_lines(password: str) -> list[str]:
    return [f"Password for one sign-in: {password}", "It is shown only now; they choose their own when they use it."]
