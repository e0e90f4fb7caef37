# SPDX-License-Identifier: Apache-2.0
"""Unfinished work: what a person has typed and not yet finished, in the encrypted file, for that person only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, text

from hms_desktop.core.clock import Clock, instant

_SAVE = text(
    "INSERT INTO own_draft (person, key, body, saved_ms) VALUES (:person, :key, :body, :saved) "
    "ON CONFLICT (person, key) DO UPDATE SET body = excluded.body, saved_ms = excluded.saved_ms"
)


@dataclass(frozen=True)
class SavedDraft:
    """A draft as it was last saved."""

    key: str
    body: dict[str, Any]
    saved_at: datetime


class Drafts:
    """Drafts of one replica; a person reads only their own. They are never synced."""

    def __init__(
        self,
        writing: Callable[[], AbstractContextManager[Connection]],
        reading: Callable[[], AbstractContextManager[Connection]],
        clock: Clock,
    ) -> None:
        self._writing = writing
        self._reading = reading
        self._clock = clock

    def save(self, person: UUID, key: str, body: dict[str, Any]) -> datetime:
        """Keep a form's content (plain values) under a key such as `note:<id>`; returns when."""
        now = self._clock.now_ms()
        with self._writing() as connection:
            connection.execute(
                _SAVE, {"person": person.bytes, "key": key, "body": msgspec.msgpack.encode(body), "saved": now}
            )
        return instant(now)

    def load(self, person: UUID, key: str) -> SavedDraft | None:
        """The draft under this key, or None."""
        return next((draft for draft in self.all(person) if draft.key == key), None)

    def all(self, person: UUID) -> list[SavedDraft]:
        """Every draft of this person, the latest first."""
        sql = text("SELECT key, body, saved_ms FROM own_draft WHERE person = :person ORDER BY saved_ms DESC")
        with self._reading() as connection:
            found = connection.execute(sql, {"person": person.bytes}).all()
        return [SavedDraft(r.key, msgspec.msgpack.decode(r.body), instant(r.saved_ms)) for r in found]

    def drop(self, person: UUID, key: str) -> None:
        """Forget a draft that was finished or thrown away."""
        sql = text("DELETE FROM own_draft WHERE person = :person AND key = :key")
        with self._writing() as connection:
            connection.execute(sql, {"person": person.bytes, "key": key})
