# SPDX-License-Identifier: Apache-2.0
"""Console sessions: a random 128-bit token in the browser, its hash here; 15 idle minutes, 8 hours in all."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from hms_desktop.core.clock import Clock, instant
from sync_server import notebook as tables
from sync_server.notebook import Notebook

IDLE_MS = 15 * 60_000
LONGEST_MS = 8 * 3_600_000
PROVED_MS = 5 * 60_000
"""So long a security key that was touched again stands for the code of a dangerous act."""
SEEN_EVERY_MS = 20_000
COOKIE = "__Host-hms-console"
DOOR = "__Host-hms-door"


@dataclass(frozen=True)
class Session:
    """A session of a person: `way` is `code` or `key`; `name` tells it from others in a list and opens nothing."""

    digest: bytes
    person: UUID
    way: str
    origin: str
    agent: str
    made: datetime
    seen: datetime
    proved_ms: int

    @property
    def name(self) -> str:
        """What a list calls it."""
        return self.digest[:6].hex()


def new_token() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def digest(token: str) -> bytes:
    """What the server keeps of a token."""
    return hashlib.sha256(b"console session" + token.encode()).digest()


def form_token(token: str) -> str:
    """What a form of this session carries: only who holds the cookie's token can make it."""
    return hmac.digest(token.encode(), b"console form", "sha256").hex()


def form_token_holds(token: str, given: str) -> bool:
    """Whether a form was made for this session."""
    return bool(token) and hmac.compare_digest(form_token(token).encode(), given.encode())


class Sessions:
    """The open sessions, in the notebook: a restart of the server signs nobody out."""

    def __init__(self, book: Notebook, clock: Clock) -> None:
        self._book, self._clock = book, clock

    def open(self, person: UUID, way: str, origin: str, agent: str) -> str:
        """A new session; returns its token, which is kept nowhere here."""
        token, now = new_token(), self._clock.now_ms()
        values = {
            "digest": digest(token), "person": person.bytes, "way": way, "origin": origin, "agent": agent[:120],
            "made_ms": now, "seen_ms": now, "proved_ms": now, "challenge": b"",
        }  # fmt: skip
        table = tables.session
        with self._book.writing() as connection:
            over = (table.c.seen_ms <= now - IDLE_MS) | (table.c.made_ms <= now - LONGEST_MS)
            connection.execute(delete(table).where(over))
            connection.execute(insert(table).values(**values))
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, unless it was idle or open for too long; being asked for counts as being used."""
        row = self._book.first(select(tables.session).where(tables.session.c.digest == digest(token)))
        now = self._clock.now_ms()
        if row is None or row.seen_ms <= now - IDLE_MS or row.made_ms <= now - LONGEST_MS:
            return None
        if row.seen_ms <= now - SEEN_EVERY_MS:
            self._note(row.digest, seen_ms=now)
        return _session(row)

    def prove(self, session: Session) -> None:
        """The person has just shown their second factor again."""
        self._note(session.digest, proved_ms=self._clock.now_ms())

    def lately_proved(self, session: Session) -> bool:
        """Whether that was within five minutes, by a security key: a code is typed each time."""
        return session.way == "key" and session.proved_ms > self._clock.now_ms() - PROVED_MS

    def of(self, person: UUID) -> list[Session]:
        """Every open session of a person, the one used last first."""
        now, table = self._clock.now_ms(), tables.session
        question = select(table).where(
            table.c.person == person.bytes, table.c.seen_ms > now - IDLE_MS, table.c.made_ms > now - LONGEST_MS
        )
        return [_session(row) for row in self._book.rows(question.order_by(table.c.seen_ms.desc()))]

    def end(self, ended: bytes) -> None:
        """End one session."""
        with self._book.writing() as connection:
            connection.execute(delete(tables.session).where(tables.session.c.digest == ended))

    def end_all(self, person: UUID, but: bytes = b"") -> None:
        """End every session of a person, but one."""
        table = tables.session
        with self._book.writing() as connection:
            connection.execute(delete(table).where(table.c.person == person.bytes, table.c.digest != but))

    def _note(self, which: bytes, **values: Any) -> None:
        with self._book.writing() as connection:
            connection.execute(update(tables.session).where(tables.session.c.digest == which).values(**values))


def _session(row: Any) -> Session:
    return Session(
        bytes(row.digest), UUID(bytes=row.person), row.way, row.origin, row.agent, instant(row.made_ms),
        instant(row.seen_ms), row.proved_ms,
    )  # fmt: skip
