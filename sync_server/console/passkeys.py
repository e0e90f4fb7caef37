# SPDX-License-Identifier: Apache-2.0
"""Security keys for the console (WebAuthn level 2, through python-fido2): two factors in one, checked on the key.

A key is asked to verify its person (PIN or finger). The challenge lives in the notebook for five minutes and is good
once; a counter that goes back means a copied key, and the key is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import delete, insert, select, update

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.core.text import _
from sync_server import notebook as tables
from sync_server.administration import By, note_act
from sync_server.console_access import Colleague
from sync_server.home import Home
from sync_server.notebook import Notebook

GOOD_FOR_MS = 5 * 60_000
MOST_KEYS = 10
LONGEST_NAME = 40
_CHALLENGE = "challenge "


@dataclass(frozen=True)
class Passkey:
    """A key of a person, as a list shows it."""

    id: bytes
    name: str
    added: datetime

    @property
    def ref(self) -> str:
        """What an address calls it."""
        return hashlib.sha256(self.id).hexdigest()[:16]


class Passkeys:
    """The security keys of a server's administrators; `host` is the name under which a browser reached it."""

    def __init__(self, home: Home, book: Notebook, host: str) -> None:
        self._home, self._book = home, book
        party = PublicKeyCredentialRpEntity(id=host, name=home.facts.clinic_name)
        self._server = Fido2Server(party)

    def of(self, person: UUID) -> list[Passkey]:
        """The keys of a person."""
        table = tables.passkey
        rows = self._book.rows(select(table).where(table.c.person == person.bytes).order_by(table.c.added_ms))
        return [Passkey(bytes(row.id), row.name, instant(row.added_ms)) for row in rows]

    def begin_adding(self, person: Colleague, place: str) -> Mapping[str, Any]:
        """What the browser is asked for to make a new key; `place` is the session that the answer comes in."""
        if len(self.of(person.id)) >= MOST_KEYS:
            raise BadInput(_("You have {most} keys. Remove one first.").format(most=MOST_KEYS))
        user = PublicKeyCredentialUserEntity(id=person.id.bytes, name=person.login, display_name=person.name)
        options, state = self._server.register_begin(
            user, self._credentials(person.id), resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        )  # fmt: skip
        self._keep(place, state)
        return dict(options)

    def add(self, by: By, name: str, place: str, answer: Mapping[str, Any]) -> None:
        """Take a new key; NotAllowed when the answer is not one to what was asked."""
        data = self._believed(lambda: self._server.register_complete(self._kept(place), answer)).credential_data
        assert data is not None
        values = {
            "id": data.credential_id, "person": by.person.bytes, "credential": bytes(data), "counter": 0,
            "name": " ".join(name.split())[:LONGEST_NAME] or _("Key"), "added_ms": self._home.store.clock.now_ms(),
            "used_ms": 0,
        }  # fmt: skip
        note_act(self._home, by, "console.key_added", by.person, values["name"])
        with self._book.writing() as connection:
            connection.execute(insert(tables.passkey).values(**values))

    def remove(self, by: By, ref: str) -> None:
        """Forget a key of one's own."""
        for key in self.of(by.person):
            if key.ref == ref:
                note_act(self._home, by, "console.key_removed", by.person, key.name)
                with self._book.writing() as connection:
                    connection.execute(delete(tables.passkey).where(tables.passkey.c.id == key.id))

    def begin_asking(self, place: str) -> Mapping[str, Any]:
        """What the browser is asked for to show a key: the same for everybody, so that it tells nothing."""
        options, state = self._server.authenticate_begin(user_verification=UserVerificationRequirement.REQUIRED)
        self._keep(place, state)
        return dict(options)

    def person_of(self, place: str, answer: Mapping[str, Any]) -> UUID:
        """Whose key answered; NotAllowed for any that is not known, or whose counter went back."""
        response = self._believed(lambda: AuthenticationResponse.from_dict(answer))
        table = tables.passkey
        row = self._book.first(select(table).where(table.c.id == bytes(response.raw_id)))
        known = [AttestedCredentialData(bytes(row.credential))] if row is not None else []
        state = self._kept(place)
        self._believed(lambda: self._server.authenticate_complete(state, known, response))
        counter = response.response.authenticator_data.counter
        with self._book.writing() as connection:
            moved = connection.execute(
                update(table)
                .where(table.c.id == row.id, (table.c.counter < counter) | ((table.c.counter == 0) & (counter == 0)))
                .values(counter=counter, used_ms=self._home.store.clock.now_ms())
            )
        if not moved.rowcount:
            raise NotAllowed(_("This key was copied, or answered before. Remove it and add it anew."), "console")
        return UUID(bytes=row.person)

    def _credentials(self, person: UUID) -> list[AttestedCredentialData]:
        rows = self._book.rows(select(tables.passkey).where(tables.passkey.c.person == person.bytes))
        return [AttestedCredentialData(bytes(row.credential)) for row in rows]

    def _believed(self, check: Any) -> Any:
        try:
            return check()
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise NotAllowed(_("The security key is not known here, or its answer does not fit."), "console") from error

    def _keep(self, place: str, state: Any) -> None:
        until = self._home.store.clock.now_ms() + GOOD_FOR_MS
        self._book.put(_CHALLENGE + _short(place), {"state": dict(state), "until": until})

    def _kept(self, place: str) -> Any:
        """What was asked in this place, once."""
        name = _CHALLENGE + _short(place)
        with self._book.writing() as connection:
            row = connection.execute(select(tables.note.c.value).where(tables.note.c.key == name)).first()
            connection.execute(delete(tables.note).where(tables.note.c.key == name))
        kept = msgspec.json.decode(row.value) if row is not None else {"until": 0}
        if kept["until"] <= self._home.store.clock.now_ms():
            raise NotAllowed(_("That took too long. Try again."), "console")
        return kept["state"]


def _short(place: str) -> str:
    return hashlib.sha256(place.encode()).hexdigest()[:32]
