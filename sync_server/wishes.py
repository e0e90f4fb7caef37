# SPDX-License-Identifier: Apache-2.0
"""What administrators wish of a workstation, told with its next greeting: to fill itself anew, to compare itself with
the server, to show how it stands.

Filling anew is an order: it fetches every table again and loses nothing; comparing is one, too. Diagnostics are a
question: a person at the workstation says yes or no, and only then does anything come.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select, update

from hms_desktop.core.clock import Clock, instant
from hms_desktop.core.errors import BadInput
from hms_desktop.sync.protocol import Diagnostics, Hello, Welcome
from sync_server import notebook as tables
from sync_server.notebook import Notebook

FILL_ANEW, COMPARE, DIAGNOSTICS = "fill anew", "compare", "diagnostics"
ASKED, DONE, GIVEN, REFUSED = "asked", "done", "given", "refused"
ANSWER_WITHIN_MS = 24 * 3_600_000
KEPT_DAYS = 7
"""So long what a workstation said of itself, or that it would not, is kept; then it is forgotten."""
LOOK_EVERY_SECONDS = 3600.0
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class Wish:
    """One wish of one workstation: who asked when, how it stands, and what came (JSON), if anything did."""

    kind: str
    by: UUID
    asked: datetime
    state: str
    done: datetime | None
    body: bytes


class Wishes:
    """The wishes that a server keeps, at most one of a kind for a workstation."""

    def __init__(self, book: Notebook, clock: Clock) -> None:
        self._book, self._clock = book, clock
        self.on_wish: Callable[[UUID], None] = lambda _device: None
        """Called when something is wished of a workstation, so that it greets soon."""

    def ask(self, device: UUID, kind: str, by: UUID, name: str) -> None:
        """Wish something, in place of an earlier wish of the kind; `name` is who the workstation says it is for."""
        table = tables.wish
        values = {
            "device": device.bytes, "kind": kind, "token": secrets.token_bytes(16), "by": by.bytes,
            "asked_ms": self._clock.now_ms(), "state": ASKED, "done_ms": 0, "body": name.encode(),
        }  # fmt: skip
        with self._book.writing() as connection:
            connection.execute(delete(table).where(table.c.device == device.bytes, table.c.kind == kind))
            connection.execute(insert(table).values(**values))
        self.on_wish(device)

    def of(self, device: UUID) -> Mapping[str, Wish]:
        """The wishes of one workstation by kind."""
        self.forget_old()
        return {row.kind: _wish(row) for row in self._rows(device)}

    def put_on(self, welcome: Welcome, device: UUID, hello: Hello) -> Welcome:
        """The welcome with what is wished; an order that the greeting says was carried out is done."""
        for row in self._rows(device):
            if row.state != ASKED:
                continue
            if row.kind == FILL_ANEW and bytes(row.token) == hello.filled_anew:
                self._settle(device, FILL_ANEW, DONE, b"")
            elif row.kind == FILL_ANEW:
                welcome = msgspec.structs.replace(welcome, fill_anew=bytes(row.token))
            elif row.kind == COMPARE:
                welcome = msgspec.structs.replace(welcome, compare=bytes(row.token))
            elif row.asked_ms > self._clock.now_ms() - ANSWER_WITHIN_MS:
                welcome = msgspec.structs.replace(welcome, diagnostics_for=bytes(row.body).decode())
        return welcome

    def compared(self, device: UUID, token: bytes) -> None:
        """A workstation compared itself, as the wish of this token has it."""
        if any(row.kind == COMPARE and row.state == ASKED and bytes(row.token) == token for row in self._rows(device)):
            self._settle(device, COMPARE, DONE, b"")

    def answer(self, device: UUID, answer: Diagnostics) -> None:
        """Take what a person at the workstation said; BadInput when nobody asked, or for too much."""
        asked = self.of(device).get(DIAGNOSTICS)
        if asked is None or asked.state != ASKED:
            raise BadInput("Nobody asks for the diagnostics of this workstation.")
        if len(answer.body) > MOST_BYTES:
            raise BadInput(f"Diagnostics hold at most {MOST_BYTES // 1024} kB.")
        self._settle(device, DIAGNOSTICS, GIVEN if answer.given else REFUSED, answer.body if answer.given else b"")

    def forget_old(self) -> None:
        """Forget the answers to questions that were given too long ago."""
        table, until = tables.wish, self._clock.now_ms() - KEPT_DAYS * 86_400_000
        old = (table.c.kind == DIAGNOSTICS) & table.c.state.in_((GIVEN, REFUSED)) & (table.c.done_ms <= until)
        if self._book.first(select(table.c.device).where(old)) is not None:
            with self._book.writing() as connection:
                connection.execute(delete(table).where(old))

    def _settle(self, device: UUID, kind: str, state: str, body: bytes) -> None:
        table = tables.wish
        with self._book.writing() as connection:
            connection.execute(
                update(table)
                .where(table.c.device == device.bytes, table.c.kind == kind)
                .values(state=state, done_ms=self._clock.now_ms(), body=body)
            )

    def _rows(self, device: UUID) -> list[Any]:
        return self._book.rows(select(tables.wish).where(tables.wish.c.device == device.bytes))


def _wish(row: Any) -> Wish:
    done = instant(row.done_ms) if row.done_ms else None
    return Wish(row.kind, UUID(bytes=row.by), instant(row.asked_ms), row.state, done, bytes(row.body))
