# SPDX-License-Identifier: Apache-2.0
"""An open replica: actions go through one writer, questions through readers, and every change is told once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import Clock, SystemClock
from hms_desktop.core.errors import ClinicError, NotAllowed
from hms_desktop.core.events import Event
from hms_desktop.core.ids import IdSource
from hms_desktop.core.text import _
from hms_desktop.storage.acting import Acting, ClinicInfo, Station
from hms_desktop.storage.database import Database, DiskFull
from hms_desktop.storage.drafts import Drafts
from hms_desktop.storage.engine import CipherFile, unreadable
from hms_desktop.storage.reader import Reader, Setting
from hms_desktop.storage.refusals import NOTES, Note
from hms_desktop.storage.reserve import RESERVE, Reserve
from hms_desktop.storage.schema import prepare
from hms_desktop.storage.unit import Random, Unit

T = TypeVar("T")
React = Callable[[Unit, Event], None]
Notice = Callable[[Changes], None]
_log = structlog.get_logger(__name__)


def _no_reactions(unit: Unit, event: Event) -> None:
    """A store without reactions: the sync core and its tests."""


class Store:
    """One encrypted file and the people who act on it. Safe to use from several threads.

    `path` is the file, and `key` its 32 bytes. With a `database` the rows lie there instead, and in the folder of
    `path` only what belongs to the store as files.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        station: Station,
        clinic: ClinicInfo,
        *,
        clock: Clock | None = None,
        react: React = _no_reactions,
        random: Random = os.urandom,
        database: Database | None = None,
    ) -> None:
        self.database: Database = database or CipherFile(path, key)
        self.database.check()
        self.path = path
        self.clock = clock or SystemClock()
        self.setting = Setting(station, clinic, self.clock)
        self.ids = IdSource(self.clock.now_ms, random)
        self._random = random
        self._react = react
        self._listeners: list[Notice] = []
        self._last_told: list[Notice] = []
        self.reserve: Reserve | None = None
        self.short_of_room = False
        self._write_lock = threading.RLock()
        self._writer = self.database.writer()
        prepare(self._writer)
        self.database.check()
        self._readers = self.database.readers()
        self.drafts = Drafts(self.writing, self.reading, self.clock)

    @property
    def station(self) -> Station:
        """The workstation or worker whose change sets this store writes."""
        return self.setting.station

    def act(self, action: Callable[[Unit], T], acting: Acting) -> T:
        """Run an action: its rows, change set, access events and reactions commit together or not at all."""
        try:
            result, changes = self._acted(action, acting)
        except NotAllowed as refused:
            self._note_refusal(refused, acting)
            raise
        self.tell(changes)
        return result

    def _acted(self, action: Callable[[Unit], T], acting: Acting) -> tuple[T, Changes]:
        """Run an action in its transaction; on a full disk once more with the room that was kept back for that."""
        try:
            with self.writing() as connection:
                return self.act_on(connection, action, acting)
        except DiskFull:
            if self.reserve is None or not self.reserve.let_go():
                raise
        _log.error("the disk is full: the room kept back is in use")
        self.short_of_room = True
        self.tell(Changes(RESERVE))
        with self.writing() as connection:
            return self.act_on(connection, action, acting)

    def keep_room(self, reserve: Reserve) -> None:
        """Keep room back for a full disk from now on; listeners are told when there is none to keep."""
        self.reserve = reserve
        if not reserve.keep():
            self.tell(Changes(RESERVE))

    @property
    def room_kept(self) -> bool:
        """Whether room is kept back for a full disk now; without it a full disk stops the work."""
        return self.reserve is not None and self.reserve.held

    def must_have_room(self) -> None:
        """Raise DiskFull while the room kept back is in use: what can wait does not take it from those at work."""
        if self.short_of_room and self.reserve is not None and not self.reserve.keep():
            raise DiskFull(_("The disk is almost full: nothing is fetched until there is room. Free some space."))
        self.short_of_room = False  # what was let go of is kept back again

    def _note_refusal(self, refused: NotAllowed, acting: Acting) -> None:
        try:
            for note in NOTES:
                with self.writing() as connection:
                    _none, changes = self.act_on(connection, partial(_noted, note, refused), acting)
                self.tell(changes)
        except (ClinicError, DatabaseError) as error:  # the person is refused all the same
            _log.error("a refusal could not be written down", kind=type(error).__name__)

    def act_on(self, connection: Connection, action: Callable[[Unit], T], acting: Acting) -> tuple[T, Changes]:
        """Run an action as a further change set of a writing transaction that is already open."""
        unit = Unit(connection, self.setting, acting, self.ids, self._random)
        result = action(unit)
        self._run_reactions(unit)
        return result, unit.finish()

    def _run_reactions(self, unit: Unit) -> None:
        unit.depth += 1  # what a reaction calls belongs to the action that raised it
        done = 0
        while done < len(unit.events):
            self._react(unit, unit.events[done])
            done += 1

    def read(self, query: Callable[[Reader], T], acting: Acting) -> T:
        """Answer a query from one consistent view of the replica."""
        try:
            with self.reading() as connection:
                return query(Reader(connection, self.setting, acting.person))
        except NotAllowed as refused:
            self._note_refusal(refused, acting)
            raise

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The one writing transaction, for the unit of work and for sync; IMMEDIATE, durable when it ends."""
        with self._write_lock:
            try:
                with self._writer.begin() as connection:
                    yield connection
            except DatabaseError as error:
                if (plain := self.database.plain(error)) is not None:
                    raise plain from error
                _log.error("store refused a statement", kind=type(error.orig).__name__)
                raise
            except MemoryError as error:
                raise unreadable() from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction on a connection that can't write."""
        try:
            with self._readers.connect() as connection:
                yield connection
        except DatabaseError as error:
            if (plain := self.database.plain(error)) is not None:
                raise plain from error
            raise
        except MemoryError as error:
            raise unreadable() from error

    def forget_deleted(self) -> bool:
        """Write the file's journal into it and empty it: what was deleted is nowhere then. False while it is in use."""
        with self._write_lock:
            return self.database.forget_deleted(self._writer)

    def on_changes(self, listener: Notice, *, at_last: bool = False) -> Callable[[], None]:
        """Tell this listener after each commit or applied page; returns how to stop.

        One who takes long over it is told `at_last`: screens and the line do not wait for it, whoever acted does.
        """
        listeners = self._last_told if at_last else self._listeners
        listeners.append(listener)
        return lambda: listeners.remove(listener) if listener in listeners else None

    def tell(self, changes: Changes) -> None:
        """Tell every listener what changed."""
        if changes:
            for listener in [*self._listeners, *self._last_told]:
                listener(changes)

    def close(self) -> None:
        """Close every connection; the key leaves memory only with the process."""
        with self._write_lock:
            self._readers.dispose()
            self._writer.dispose()


def _noted(note: Note, refused: NotAllowed, unit: Unit) -> None:
    note(unit, refused)
