# SPDX-License-Identifier: Apache-2.0
"""The clinic's people at the server: adding them, their roles, passwords and authenticator seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid5

from sqlalchemy import select

from hms_desktop.core.errors import BadInput, NotFound
from hms_desktop.security import totp
from hms_desktop.security.accounts import Account
from hms_desktop.security.kdf import KdfCost, calibrate
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.security.passwords import check_new_password
from hms_desktop.security.people import same_login
from hms_desktop.security.roles import needs_code, policy
from hms_desktop.security.statements import KeyStatement, sign_statement
from hms_desktop.storage.unit import Unit
from sync_server.administration import Also, nothing_more
from sync_server.home import LONGEST_NAME, Home

LONGEST_LOGIN = 64


@dataclass(frozen=True)
class NewPerson:
    """A person to add; `seed` is an authenticator seed (base32) that was shown to them, or None.

    A second factor that their role needs and nobody gave them is set up by themselves at their first sign-in; there
    they also choose their own password when this one is `one_time`.
    """

    login: str
    name: str
    roles: tuple[str, ...]
    password: str
    seed: str | None = None
    practitioner: UUID | None = None
    one_time: bool = False


def add_person(home: Home, new: NewPerson, cost: KdfCost | None = None, also: Also = nothing_more) -> UUID:
    """Add a person who can then sign in at every workstation that their roles allow.

    The private keys are made here and kept only under the password; the server keeps nothing that opens them.
    """
    _must_be_sound(home, new)
    id = uuid5(home.facts.clinic, "person:" + same_login(new.login))
    keys = PersonKeys.generate()
    now = home.store.clock.now_ms()
    statement = sign_statement(home.signing, KeyStatement(home.facts.clinic, id, keys.public, now))
    wrapped = wrap(keys, new.password, id, cost or calibrate())
    sealed = totp.seal_seed(new.seed, keys.public.exchange, id) if new.seed else None
    values = {
        "login": new.login,
        "name": new.name,
        "practitioner": new.practitioner,
        "roles": list(new.roles),
        "active": True,
        "needs_code": sealed is not None,
        "statement": statement,
        "wrapped": wrapped,
        "sealed_totp": sealed,
        "must_change": new.one_time,
    }
    home.store.act(partial(_add, id, values, also), home.worker)
    return id


def _add(id: UUID, values: Mapping[str, object], also: Also, unit: Unit) -> None:
    unit.check("people.manage")
    unit.action = "server.person"
    unit.add(Account, id=id, **values)
    also(unit)


def must_be_free(home: Home, login: str, name: str) -> None:
    """Raise BadInput unless somebody may be added under this sign-in name, and be called so."""
    if not same_login(login) or any(c.isspace() for c in login.strip()):
        raise BadInput("A sign-in name is one word, such as t.mbeki.", "login")
    if len(login) > LONGEST_LOGIN:
        raise BadInput(f"A sign-in name has at most {LONGEST_LOGIN} letters.", "login")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise BadInput(f"Give the person the name that colleagues see, of 1 to {LONGEST_NAME} letters.", "name")
    if any(same_login(known) == same_login(login) for known in logins(home)):
        raise BadInput(f"Somebody already signs in as {login}. Choose another sign-in name.", "login")


def _must_be_sound(home: Home, new: NewPerson) -> None:
    must_be_free(home, new.login, new.name)
    unknown = set(new.roles) - policy().roles.keys()
    if unknown or not new.roles:
        known = ", ".join(sorted(policy().roles))
        raise BadInput(f"Name one or more of these roles: {known}.", "roles")
    second = new.seed is not None or needs_code(new.roles)
    check_new_password(new.password, second_factor=second, names=(new.login, new.name))


def logins(home: Home) -> Sequence[str]:
    """Every sign-in name."""
    question = select(Account.login).order_by(Account.login)
    return [row.login for row in home.store.read(lambda reader: reader.rows(question), home.worker)]


def end_person(home: Home, login: str, also: Also = nothing_more) -> None:
    """A person leaves: they may no longer sign in, what they did stays theirs."""

    def end(unit: Unit) -> None:
        unit.check("people.manage")
        unit.action = "server.person"
        for row in unit.rows(select(Account.id, Account.login)):
            if same_login(row.login) == same_login(login):
                unit.change(Account, row.id, active=False)
                also(unit)
                return
        raise NotFound(f"Nobody signs in as {login}.")

    home.store.act(end, home.worker)
