# SPDX-License-Identifier: Apache-2.0
"""What the server knows of the people whose work comes: asked one by one, as most people send nothing just now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from hms_desktop.security.accounts import Account
from hms_desktop.security.granted import SecurityKey, read_factors, read_former
from hms_desktop.security.key_history import SigningKey, signing_keys
from hms_desktop.security.roles import policy
from hms_desktop.storage.reader import Reader
from hms_desktop.sync.verify import Trust

_COLUMNS = select(Account.statement, Account.former, Account.roles, Account.active, Account.second)


@dataclass(frozen=True)
class Known:
    """What the server knows of a person: their signing keys, what they may do, whether they are still here, the
    security keys that they may sign a controlled medicine with, and their roles (none: a workstation by itself)."""

    signing: tuple[SigningKey, ...]
    permissions: frozenset[str]
    active: bool
    keys: tuple[SecurityKey, ...] = ()
    roles: frozenset[str] = frozenset()


class KnownPeople:
    """The people of the clinic as its accounts say just now, and who is known `besides`: the workstation itself."""

    def __init__(self, reader: Reader, trust: Trust, besides: Mapping[UUID, Known]) -> None:
        self._reader, self._trust = reader, trust
        self._known: dict[UUID, Known | None] = {**besides}

    def get(self, person: UUID) -> Known | None:
        """What is known of a person; None for who is not, and never was, among the clinic's people."""
        if person not in self._known:
            self._known[person] = self._ask(person)
        return self._known[person]

    def _ask(self, person: UUID) -> Known | None:
        row = self._reader.first(_COLUMNS.where(Account.id == person))
        if row is None:
            return None
        keys = signing_keys(row.statement, read_former(row.former), self._trust.server_public, self._trust.clinic)
        factors = read_factors(row.second).keys
        return Known(keys, policy().granted(row.roles), row.active, factors, frozenset(row.roles))
