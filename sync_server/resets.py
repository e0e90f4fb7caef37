# SPDX-License-Identifier: Apache-2.0
"""What an administrator does for somebody who forgot their password or lost their second factor.

A reset makes new keys under a one-time password that nobody chose; its owner must change it at the next sign-in. What
they signed before stays theirs: the former key statement is kept beside the new one.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hms_desktop.core.errors import NotFound
from hms_desktop.security.accounts import Account, AccountEvent, as_granted
from hms_desktop.security.granted import pack_former
from hms_desktop.security.kdf import KdfCost, calibrate
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.security.people import same_login
from hms_desktop.security.statements import KeyStatement, read_statement, sign_statement
from hms_desktop.storage.reader import Reader
from hms_desktop.storage.unit import Unit
from sync_server.home import Home


@dataclass(frozen=True)
class OneTime:
    """Somebody's password for one sign-in; it is shown once and kept nowhere."""

    person: UUID
    login: str
    password: str


def one_time_password() -> str:
    """A password of 80 random bits that can be read over a telephone: four groups of four."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def reset_password(home: Home, login: str, cost: KdfCost | None = None, by: UUID | None = None) -> OneTime:
    """New keys for a person under a one-time password; `by` is the administrator, where one is signed in.

    An authenticator app was sealed to the old keys and is set up again at the next sign-in; security keys and recovery
    codes stay good. NotFound when nobody signs in so.
    """
    person = find_person(home, login)
    keys, password = PersonKeys.generate(), one_time_password()
    wrapped = wrap(keys, password, person, cost or calibrate())
    home.store.act(partial(_renew, home, person, keys, wrapped, by), home.worker)
    return OneTime(person, login, password)


def _renew(home: Home, person: UUID, keys: PersonKeys, wrapped: bytes, by: UUID | None, unit: Unit) -> None:
    unit.check("people.manage")
    unit.action = "server.person"
    before = as_granted(unit.get(Account, person))
    held = read_statement(before.statement, home.server_facts.signing_public, home.facts.clinic)
    since = max(home.store.clock.now_ms(), held.since_ms + 1)
    statement = sign_statement(home.signing, KeyStatement(home.facts.clinic, person, keys.public, since))
    former = pack_former((*before.former_statements, before.statement))
    unit.change(
        Account, person, statement=statement, former=former, wrapped=wrapped, must_change=True, sealed_totp=None
    )
    _note(unit, person, "password reset", by)


def reset_second_factor(home: Home, login: str, by: UUID | None = None) -> UUID:
    """Forget a person's authenticator app, security keys and recovery codes; NotFound when nobody signs in so.

    Who needs a second factor sets up a new one at their next sign-in.
    """
    person = find_person(home, login)

    def forget(unit: Unit) -> None:
        unit.check("people.manage")
        unit.action = "server.person"
        unit.change(Account, person, sealed_totp=None, second=None)
        _note(unit, person, "second factor reset", by)

    home.store.act(forget, home.worker)
    return person


def find_person(home: Home, login: str) -> UUID:
    """Whose sign-in name this is; NotFound when it is nobody's."""

    def look(reader: Reader) -> Any:
        rows = reader.rows(select(Account.id, Account.login))
        return next((row.id for row in rows if same_login(row.login) == same_login(login)), None)

    found: UUID | None = home.store.read(look, home.worker)
    if found is None:
        raise NotFound(f"Nobody signs in as {login}.")
    return found


def _note(unit: Unit, person: UUID, what: str, by: UUID | None) -> None:
    unit.add(AccountEvent, person=person, what=what, at=unit.now, by=by)
