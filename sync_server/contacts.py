# SPDX-License-Identifier: Apache-2.0
"""When each workstation called and what it last said of itself; how much came and went, in slots of five minutes.

Kept in memory and written to the notebook every few seconds, so that a request never waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from hms_desktop.core.clock import Clock
from hms_desktop.sync.protocol import Hello, Pull, Welcome
from sync_server import notebook as tables
from sync_server.defects import Defects
from sync_server.notebook import Notebook
from sync_server.wishes import Wishes

SLOT_MS = 5 * 60_000
KEPT_MS = 35 * 24 * 3_600_000
WRITTEN_EVERY_MS = 10_000
UNKNOWN = -1


@dataclass(frozen=True)
class Contact:
    """What is known of a workstation by its own calls. Moments are ms since 1970; `waiting` is -1 until it said so.

    `told_ms` is when it last said how much waits; `ahead_ms` how far its clock was ahead of the server's then.
    """

    device: UUID
    seen_ms: int = 0
    address: str = ""
    version: str = ""
    system: str = ""
    waiting: int = UNKNOWN
    oldest_ms: int = 0
    told_ms: int = 0
    ahead_ms: int = 0
    person: UUID | None = None
    store_bytes: int = 0
    position: int = 0


@dataclass
class Slot:
    """What came and went within five minutes: requests, change sets received and refused, entries sent."""

    slot_ms: int
    requests: int = 0
    received: int = 0
    refused: int = 0
    sent: int = 0
    failed: int = 0
    slowest_ms: int = 0
    spent_ms: int = 0


@dataclass
class _Kept:
    contacts: dict[UUID, Contact] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)
    slot: Slot = field(default_factory=lambda: Slot(0))


class Contacts:
    """The calls of the workstations to one server process, or to one of several that keep them in the same notebook."""

    def __init__(self, book: Notebook, clock: Clock, shared: bool = False) -> None:
        self._book, self._clock, self._shared = book, clock, shared
        self.wishes = Wishes(book, clock)
        self.defects = Defects(book, clock)
        self._lock = threading.Lock()
        self._kept = _Kept({c.device: c for c in map(_contact, book.rows(select(tables.contact)))})
        self._written_ms = clock.now_ms()

    def heard(self, device: UUID, address: str) -> None:
        """It called."""
        self._note(device, seen_ms=self._clock.now_ms(), address=address)

    def greeted(self, device: UUID, hello: Hello, welcome: Welcome) -> Welcome:
        """It greeted, and said what it is and how it stands; the welcome carries what administrators wish of it."""
        if hello.program:  # while it is locked it says nothing of itself
            self._note(device, **_said(hello, self._clock.now_ms()))
        self._waits(device, hello.waiting, hello.oldest_ms)
        return self.wishes.put_on(welcome, device, hello)

    def pulled(self, device: UUID, pull: Pull) -> None:
        """It asks for what is new: how far it is, and what still waits there."""
        self._note(device, position=pull.after)
        self._waits(device, pull.waiting, pull.oldest_ms)

    def _waits(self, device: UUID, waiting: int, oldest_ms: int) -> None:
        if waiting >= 0:
            self._note(device, waiting=waiting, oldest_ms=oldest_ms, told_ms=self._clock.now_ms())

    def _note(self, device: UUID, **parts: object) -> None:
        with self._lock:
            before = self._kept.contacts.get(device, Contact(device))
            self._kept.contacts[device] = replace(before, **parts)  # type: ignore[arg-type]
            self._kept.changed.add(device)
        self._write_sometimes()

    def count(self, *, received: int = 0, refused: int = 0, sent: int = 0, failed: int = 0) -> None:
        """Work of the line."""
        with self._lock:
            slot = self._slot()
            slot.received += received
            slot.refused += refused
            slot.sent += sent
            slot.failed += failed

    def timed(self, milliseconds: int) -> None:
        """A request was answered within this time; waiting for news is not counted."""
        with self._lock:
            slot = self._slot()
            slot.requests += 1
            slot.spent_ms += milliseconds
            slot.slowest_ms = max(slot.slowest_ms, milliseconds)

    def _slot(self) -> Slot:
        now = self._clock.now_ms() // SLOT_MS * SLOT_MS
        if self._kept.slot.slot_ms != now:
            if self._kept.slot.slot_ms:
                self._write(self._kept.slot, {})
            self._kept.slot = self._stored(now)
        return self._kept.slot

    def _stored(self, slot_ms: int) -> Slot:
        """What is counted on from; of several processes each writes what it adds."""
        if self._shared:
            return Slot(slot_ms)
        return self._written(slot_ms)

    def _written(self, slot_ms: int) -> Slot:
        row = self._book.first(select(tables.traffic).where(tables.traffic.c.slot_ms == slot_ms))
        return Slot(**row._mapping) if row is not None else Slot(slot_ms)

    def all(self) -> Mapping[UUID, Contact]:
        """Every workstation that ever called."""
        told = {} if not self._shared else {c.device: c for c in map(_contact, self._book.rows(select(tables.contact)))}
        with self._lock:
            for device, other in told.items():
                self._kept.contacts[device] = _later(self._kept.contacts.get(device, other), other)
            return dict(self._kept.contacts)

    def of(self, device: UUID) -> Contact:
        """What is known of one workstation."""
        return self.all().get(device, Contact(device))

    def slots(self, since_ms: int) -> list[Slot]:
        """The slots from a moment on, oldest first."""
        self.flush()
        table = tables.traffic
        question = select(table).where(table.c.slot_ms >= since_ms).order_by(table.c.slot_ms)
        return [Slot(**row._mapping) for row in self._book.rows(question)]

    def _write_sometimes(self) -> None:
        if self._clock.now_ms() - self._written_ms >= WRITTEN_EVERY_MS:
            self.flush()

    def flush(self) -> None:
        """Write what is in memory to the notebook."""
        with self._lock:
            self._written_ms = self._clock.now_ms()
            changed = {id: self._kept.contacts[id] for id in self._kept.changed}
            self._kept.changed.clear()
            self._write(self._kept.slot, changed)
            if self._shared:
                self._kept.slot = Slot(self._kept.slot.slot_ms)

    def _write(self, slot: Slot, changed: Mapping[UUID, Contact]) -> None:
        with self._book.writing() as connection:
            for id, one in changed.items():
                row = connection.execute(select(tables.contact).where(tables.contact.c.device == id.bytes)).first()
                one = _later(one, _contact(row)) if self._shared and row is not None else one
                connection.execute(delete(tables.contact).where(tables.contact.c.device == id.bytes))
                person = one.person.bytes if one.person else None
                connection.execute(insert(tables.contact).values({**vars(one), "device": id.bytes, "person": person}))
            if slot.slot_ms:
                row = connection.execute(select(tables.traffic).where(tables.traffic.c.slot_ms == slot.slot_ms)).first()
                slot = _added(slot, Slot(**row._mapping)) if self._shared and row is not None else slot
                old = (tables.traffic.c.slot_ms == slot.slot_ms) | (tables.traffic.c.slot_ms < slot.slot_ms - KEPT_MS)
                connection.execute(delete(tables.traffic).where(old))
                connection.execute(insert(tables.traffic).values(**vars(slot)))


def _later(one: Contact, other: Contact) -> Contact:
    """What is known of a workstation from two processes: of each part the later word, counted by when it was said."""
    first, last = sorted((one, other), key=lambda contact: contact.seen_ms)
    told = max(one, other, key=lambda contact: contact.told_ms)
    heard = {name: getattr(last, name) or getattr(first, name) for name in ("address", "version", "system", "person")}
    return replace(
        last, waiting=told.waiting, oldest_ms=told.oldest_ms, told_ms=told.told_ms, **heard,
        store_bytes=last.store_bytes or first.store_bytes, position=max(one.position, other.position),
    )  # fmt: skip


def _added(one: Slot, other: Slot) -> Slot:
    sums = {name: value + getattr(other, name) for name, value in vars(one).items() if name != "slot_ms"}
    return Slot(one.slot_ms, **{**sums, "slowest_ms": max(one.slowest_ms, other.slowest_ms)})


def _said(hello: Hello, now_ms: int) -> dict[str, object]:
    return {
        "version": hello.program[:40],
        "system": hello.system[:60],
        "store_bytes": hello.store_bytes,
        "person": UUID(bytes=hello.person) if len(hello.person) == 16 else None,
        "ahead_ms": hello.wall_ms - now_ms if hello.wall_ms else 0,
    }


def _contact(row: Any) -> Contact:
    values = dict(row._mapping)
    values["device"] = UUID(bytes=row.device)
    values["person"] = UUID(bytes=row.person) if row.person else None
    return Contact(**values)
