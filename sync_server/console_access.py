# SPDX-License-Identifier: Apache-2.0
"""Who may open the console: a password and an authenticator seed of its own, held by the server, per administrator.

These are not the person's password and seed of the workstations: what the server could check it could also use.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from hms_desktop.core.errors import BadInput, NotAllowed, NotFound
from hms_desktop.core.text import _
from hms_desktop.security import totp
from hms_desktop.security.accounts import Account
from hms_desktop.security.kdf import KdfCost, calibrate, password_key
from hms_desktop.security.passwords import check_new_password
from hms_desktop.security.people import same_login
from hms_desktop.security.roles import policy
from sync_server import notebook as tables
from sync_server.administration import By, note_act
from sync_server.home import Home
from sync_server.notebook import Notebook

RIGHTS = frozenset({"device.manage", "people.manage"})
"""Whoever holds one of these may be given access to the console; each page asks for its own."""
INVITED_HOURS = 24
_COST = "cost of passwords"
_WERE_TWO = "two administrators"


@dataclass(frozen=True)
class Colleague:
    """A person of the clinic as the console knows them."""

    id: UUID
    login: str
    name: str
    roles: tuple[str, ...]
    active: bool

    @property
    def rights(self) -> frozenset[str]:
        """What they may do now; nothing once they have left."""
        return policy().granted(self.roles) if self.active else frozenset()


def colleague(home: Home, person: UUID) -> Colleague | None:
    """A person by id."""
    row = home.store.read(lambda reader: reader.find(Account, person), home.worker)
    return None if row is None else Colleague(row.id, row.login, row.name, tuple(row.roles), row.active)


def colleague_called(home: Home, login: str) -> Colleague:
    """A person by sign-in name; NotFound when nobody is called so."""
    question = select(Account.id, Account.login)
    for row in home.store.read(lambda reader: reader.rows(question), home.worker):
        if same_login(row.login) == same_login(login):
            found = colleague(home, row.id)
            assert found is not None
            return found
    raise NotFound(_("Nobody signs in as {login}.").format(login=login))


def must_be_administrator(person: Colleague) -> None:
    """Raise NotAllowed unless the person's roles let them open the console."""
    if not person.rights & RIGHTS:
        message = _("{name} has no role of an administrator. Give them one first.")
        raise NotAllowed(message.format(name=person.name), "console")


def give_access(
    home: Home, book: Notebook, by: By, person: Colleague, password: str, seed: str, cost: KdfCost | None = None
) -> None:
    """Let a person open the console with this password and authenticator seed, in place of any they had."""
    must_be_administrator(person)
    check_new_password(password, second_factor=True, names=(person.login, person.name, home.facts.clinic_name))
    cost, salt = cost or calibrate(), os.urandom(16)
    values = {
        "person": person.id.bytes, "login": same_login(person.login), "salt": salt,
        "key": password_key(password, salt, cost), "cost": _packed(cost), "seed": seed, "last_step": -1,
        "since_ms": home.store.clock.now_ms(),
    }  # fmt: skip
    note_act(home, by, "console.access", person.id, person.login)
    book.put(_COST, msgspec.to_builtins(cost))
    with book.writing() as connection:
        _forget(connection, person.id)
        connection.execute(insert(tables.access).values(**values))
    if len(holders(home, book)) >= 2:
        book.put(_WERE_TWO, True)


def take_access(home: Home, book: Notebook, by: By, person: UUID) -> None:
    """A person may open the console no more: password, seed, keys, invitations and sessions are gone."""
    note_act(home, by, "console.closed", person)
    with book.writing() as connection:
        _forget(connection, person)


def _forget(connection: Connection, person: UUID) -> None:
    for table in (tables.access, tables.passkey, tables.invitation, tables.session):
        connection.execute(delete(table).where(table.c.person == person.bytes))


def holders(home: Home, book: Notebook) -> list[Colleague]:
    """Everybody who can open the console now."""
    ids = [UUID(bytes=row.person) for row in book.rows(select(tables.access.c.person))]
    found = [person for person in (colleague(home, id) for id in ids) if person is not None]
    return sorted((p for p in found if p.rights & RIGHTS), key=lambda p: p.name)


def were_two(book: Notebook) -> bool:
    """Whether two administrators could ever open the console: from then on for ever, acts take two."""
    return bool(book.get(_WERE_TWO, False))


def has_access(book: Notebook, person: UUID) -> bool:
    """Whether the person has a console password."""
    return book.first(select(tables.access.c.person).where(tables.access.c.person == person.bytes)) is not None


def password_holds(book: Notebook, login: str, password: str) -> UUID | None:
    """The person of this sign-in name and console password, or None; takes as long for a name that nobody has."""
    row = book.first(select(tables.access).where(tables.access.c.login == same_login(login)))
    if row is None:
        password_key(password, bytes(16), _usual_cost(book))
        return None
    typed = password_key(password, row.salt, msgspec.json.decode(row.cost, type=KdfCost))
    return UUID(bytes=row.person) if hmac.compare_digest(typed, row.key) else None


def note_wrong_try(home: Home, login: str, origin: str) -> None:
    """Write down a sign-in that did not fit: by whoever has this name, by the server itself where nobody has it."""
    try:
        person = colleague_called(home, login).id
    except NotFound:
        person = home.facts.id
    note_act(home, By(person, "", origin), "console.wrong_try")


def code_holds(home: Home, book: Notebook, person: UUID | None, code: str) -> bool:
    """Whether this is the person's code of now, and was never used before: it is used up by asking."""
    row = book.first(select(tables.access).where(tables.access.c.person == (person.bytes if person else b"")))
    seed, after = (row.seed, row.last_step) if row is not None else (totp.new_seed(), -1)
    step = totp.matching_step(seed, code, home.store.clock.now_ms(), after)
    if step is None or row is None:
        return False
    table = tables.access
    with book.writing() as connection:
        taken = connection.execute(
            update(table).where(table.c.person == row.person, table.c.last_step < step).values(last_step=step)
        )
        return bool(taken.rowcount)


def invite(home: Home, book: Notebook, by: By, person: UUID) -> str:
    """A one-time word with which a person makes their own console password and seed, within a day."""
    word = secrets.token_hex(10)
    values = {
        "digest": _digest(word), "person": person.bytes, "by": by.person.bytes,
        "until_ms": home.store.clock.now_ms() + INVITED_HOURS * 3_600_000,
    }  # fmt: skip
    with book.writing() as connection:
        connection.execute(delete(tables.invitation).where(tables.invitation.c.person == person.bytes))
        connection.execute(insert(tables.invitation).values(**values))
    return "-".join(word[n : n + 5] for n in range(0, 20, 5))


def invited(home: Home, book: Notebook, word: str, *, spend: bool = False) -> UUID:
    """Whose invitation this is; with `spend` it is used up. NotAllowed for any other word or too late."""
    digest, table = _digest("".join(word.casefold().split("-")).strip()), tables.invitation
    row = book.first(select(table).where(table.c.digest == digest))
    if row is None or row.until_ms <= home.store.clock.now_ms():
        raise NotAllowed(_("The invitation is wrong, used or too old. Ask for a new one."), "console")
    if spend:
        with book.writing() as connection:
            if not connection.execute(delete(table).where(table.c.digest == digest)).rowcount:
                raise NotAllowed(_("The invitation is wrong, used or too old. Ask for a new one."), "console")
    return UUID(bytes=row.person)


def must_be_new(password: str, again: str) -> None:
    """Raise BadInput unless both fields hold the same."""
    if password != again:
        raise BadInput(_("The two passwords differ. Nothing was changed."), "password")


def _digest(word: str) -> bytes:
    return hashlib.sha256(word.encode()).digest()


def _packed(cost: KdfCost) -> bytes:
    return msgspec.json.encode(cost)


def _usual_cost(book: Notebook) -> KdfCost:
    return msgspec.convert(book.get(_COST, msgspec.to_builtins(KdfCost())), KdfCost)
