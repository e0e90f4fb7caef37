# SPDX-License-Identifier: Apache-2.0
"""Joiners, movers and leavers: a right is gained by two administrators and lost at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from hms_desktop.core.errors import BadInput, NotFound, Refused
from hms_desktop.core.text import _
from hms_desktop.security.accounts import Account
from hms_desktop.security.roles import needs_code, policy
from hms_desktop.storage.unit import Unit
from sync_server import console_access as access
from sync_server import people, resets
from sync_server.administration import By, note_act, noted
from sync_server.home import Home
from sync_server.notebook import Notebook
from sync_server.two_person import Kind, Request, Told, ask, declare

PASSWORD, FACTOR = "password", "factor"
MANAGE = "people.manage"
MOST_ROLES = 20


@dataclass(frozen=True)
class Employee:
    """A person of the clinic as the administrators' list shows them; `needs_code` by their own wish or by a role."""

    id: UUID
    login: str
    name: str
    roles: tuple[str, ...]
    active: bool
    needs_code: bool
    console: bool

    @property
    def titles(self) -> list[str]:
        """The titles of their roles."""
        known = policy().roles
        return [known[role].title if role in known else role for role in self.roles]


def employees(home: Home, book: Notebook) -> list[Employee]:
    """Everybody who ever had an account, those who are here first."""
    question = select(Account.id, Account.login, Account.name, Account.roles, Account.active, Account.needs_code)
    rows = home.store.read(lambda reader: reader.rows(question), home.worker)
    found = [
        Employee(
            r.id,
            r.login,
            r.name,
            tuple(r.roles),
            r.active,
            r.needs_code or needs_code(r.roles),
            access.has_access(book, r.id),
        )
        for r in rows
    ]
    return sorted(found, key=lambda one: (not one.active, one.name.casefold()))


def employee(home: Home, book: Notebook, id: UUID) -> Employee:
    """One of them; NotFound when there is none."""
    for one in employees(home, book):
        if one.id == id:
            return one
    raise NotFound(_("There is no such person. Open the list again."))


def ask_to_join(home: Home, book: Notebook, by: By, login: str, name: str, roles: Sequence[str], reason: str) -> UUID:
    """Ask that a person may sign in, with these roles; another administrator approves. BadInput for what is wrong."""
    people.must_be_free(home, login, name)
    _must_be_roles(roles)
    payload = {
        "login": login.strip(),
        "name": name.strip(),
        "roles": list(roles),
    }
    words = _("{name} ({login}) joins as {roles}").format(name=name.strip(), login=login.strip(), roles=titles(roles))
    return ask(home, book, by, JOIN.name, words, reason=reason, payload=payload)


def _join(home: Home, _book: Notebook, found: Request, by: By) -> Told:
    told = found.payload
    password = resets.one_time_password()
    new = people.NewPerson(told["login"], told["name"], tuple(told["roles"]), password, one_time=True)
    detail = f"{told['login']}: {', '.join(told['roles'])}"
    people.add_person(home, new, also=noted(by, "person.joined", None, detail))
    return [(_("Password for the first sign-in of {login}").format(login=told["login"]), password)]


def change_roles(home: Home, book: Notebook, by: By, person: UUID, roles: Sequence[str], reason: str) -> UUID | None:
    """Move a person to these roles: at once when they only lose rights, else the id of the request that it takes."""
    _must_be_roles(roles)
    before = employee(home, book, person)
    if not before.active:
        raise Refused(_("{name} has left. Let them join again.").format(name=before.name))
    if set(roles) == set(before.roles):
        raise BadInput(_("{name} has exactly these roles already. Nothing was changed.").format(name=before.name))
    if set(roles) < set(before.roles):
        _set_roles(home, by, person, roles)
        return None
    words = _("{name} changes from {before} to {after}").format(
        name=before.name, before=titles(before.roles), after=titles(roles)
    )
    payload = {"roles": list(roles), "before": list(before.roles)}
    return ask(home, book, by, MOVE.name, words, reason=reason, subject=person, payload=payload)


def _move(home: Home, book: Notebook, found: Request, by: By) -> Told:
    assert found.subject is not None
    now = employee(home, book, found.subject)
    if not now.active or list(now.roles) != found.payload["before"]:
        raise Refused(_("The roles of {name} changed since this was asked. Ask again.").format(name=now.name))
    _set_roles(home, by, found.subject, found.payload["roles"])
    return ()


def _set_roles(home: Home, by: By, person: UUID, roles: Sequence[str]) -> None:
    def write(unit: Unit) -> None:
        unit.check(MANAGE)
        unit.action = "server.person"
        row = unit.get(Account, person)
        unit.change(Account, person, roles=list(roles), active=row.active, needs_code=row.needs_code)
        noted(by, "person.moved", person, ", ".join(roles))(unit)

    home.store.act(write, home.worker)


def leave(home: Home, book: Notebook, by: By, person: UUID) -> None:
    """A person leaves: no more sign-in anywhere, no console; their work stays theirs."""
    found = employee(home, book, person)
    if person == by.person:
        raise Refused(_("You can't end your own access. Another administrator does that."))
    people.end_person(home, found.login, noted(by, "person.left", person, found.login))
    access.take_access(home, book, by, person)


def ask_for_console(home: Home, book: Notebook, by: By, person: UUID, reason: str) -> UUID:
    """Ask that an administrator may open the console; another one approves and hands over an invitation."""
    found = access.colleague(home, person)
    if found is None:
        raise NotFound(_("There is no such person. Open the list again."))
    access.must_be_administrator(found)
    words = _("{name} may open the console").format(name=found.name)
    return ask(home, book, by, CONSOLE.name, words, reason=reason, subject=person)


def _open_console(home: Home, book: Notebook, found: Request, by: By) -> Told:
    assert found.subject is not None
    return [(_("Invitation, good for a day"), access.invite(home, book, by, found.subject))]


def ask_for_reset(home: Home, book: Notebook, by: By, person: UUID, what: str, reason: str) -> UUID:
    """Ask for new keys under a one-time password (`password`), or to forget a second factor (`factor`)."""
    kind, found = {PASSWORD: NEW_KEYS, FACTOR: NEW_FACTOR}[what], employee(home, book, person)
    words = {PASSWORD: _("{name} gets new keys and a password for one sign-in"),
             FACTOR: _("{name} sets up a new second factor")}[what]  # fmt: skip
    return ask(home, book, by, kind.name, words.format(name=found.name), reason=reason, subject=person)


def _new_keys(home: Home, book: Notebook, found: Request, by: By) -> Told:
    assert found.subject is not None
    who = employee(home, book, found.subject)
    made = resets.reset_password(home, who.login, by=by.person)
    note_act(home, by, "person.new_keys", who.id, who.login)
    return [(_("Password for the next sign-in of {login}").format(login=who.login), made.password)]


def _new_factor(home: Home, book: Notebook, found: Request, by: By) -> Told:
    assert found.subject is not None
    who = employee(home, book, found.subject)
    resets.reset_second_factor(home, who.login, by=by.person)
    note_act(home, by, "person.new_factor", who.id, who.login)
    return ()


def titles(roles: Collection[str]) -> str:
    """Titles of roles in one line."""
    known = policy().roles
    return ", ".join(known[role].title if role in known else role for role in roles)


def _must_be_roles(roles: Sequence[str]) -> None:
    if not roles or len(roles) > MOST_ROLES or set(roles) - policy().roles.keys():
        raise BadInput(_("Choose one or more of the roles of the list."), "roles")


JOIN = declare(Kind("join", _("Somebody joins"), MANAGE, _join))
MOVE = declare(Kind("move", _("Roles change"), MANAGE, _move))
NEW_KEYS = declare(Kind("new-keys", _("New keys for somebody"), MANAGE, _new_keys))
NEW_FACTOR = declare(Kind("new-factor", _("A new second factor for somebody"), MANAGE, _new_factor))
CONSOLE = declare(Kind("console", _("Access to the console"), MANAGE, _open_console))
