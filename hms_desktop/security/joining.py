# SPDX-License-Identifier: Apache-2.0
"""How a person comes to have keys: made once, wrapped by their password, vouched for by the server's signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security import roles, totp
from hms_desktop.security.kdf import KdfCost
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.security.passwords import check_new_password
from hms_desktop.security.people import same_login
from hms_desktop.security.statements import KeyStatement, sign_statement


@dataclass(frozen=True, slots=True)
class Joining:
    """Who joins: person id, sign-in name, display name, roles, and whether the clinic asks them for a code.

    `practitioner` is their entry in the directory of staff, if they have one; `seed` an
    authenticator seed (base32) that they already hold, in place of a new one.
    """

    person: UUID
    login: str
    name: str
    roles: Sequence[str]
    needs_code: bool = False
    practitioner: UUID | None = None
    seed: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """Columns for the Account record, and the authenticator seed to show the person once (None without a code)."""

    values: dict[str, Any] = field(repr=False)
    seed: str | None = field(repr=False)


def new_account(
    who: Joining,
    password: str,
    *,
    clinic: UUID,
    clinic_name: str,
    server: Ed25519PrivateKey,
    since_ms: int,
    cost: KdfCost,
) -> NewAccount:
    """Keys and account of a person who joins, or whose keys are made anew after a forgotten password.

    BadInput names an unknown role, a missing name or a password that will not do. The private keys and the seed leave
    this function only wrapped and sealed, but for the seed in the answer, which is shown once and never stored.
    """
    coded = who.needs_code or who.seed is not None or roles.needs_code(who.roles)
    _must_be_named(who)
    check_new_password(password, second_factor=coded, names=(who.login, who.name, clinic_name))
    keys = PersonKeys.generate()
    seed = who.seed or totp.new_seed() if coded else None
    sealed = None if seed is None else totp.seal_seed(seed, keys.public.exchange, who.person)
    statement = KeyStatement(clinic, who.person, keys.public, since_ms)
    values = {
        "login": same_login(who.login),
        "name": who.name.strip(),
        "practitioner": who.practitioner,
        "roles": list(who.roles),
        "active": True,
        "needs_code": coded,
        "statement": sign_statement(server, statement),
        "wrapped": wrap(keys, password, who.person, cost),
        "sealed_totp": sealed,
    }
    return NewAccount(values, seed)


def _must_be_named(who: Joining) -> None:
    if not who.login.strip() or not who.name.strip():
        raise BadInput(_("A person needs a sign-in name and a name."), "login")
    if len(who.login.split()) > 1:
        raise BadInput(_("A sign-in name is one word, such as t.mbeki."), "login")
    unknown = sorted(set(who.roles) - set(roles.policy().roles))
    if unknown or not who.roles:
        known = ", ".join(sorted(roles.policy().roles))
        raise BadInput(_("Choose one or more of these roles: {known}.").format(known=known), "roles")
