# SPDX-License-Identifier: Apache-2.0
"""A session's side of the courier: seals each commit before whoever acted goes on, and takes what it gathered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import structlog
from sqlalchemy import Connection

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.standing import read_standing
from hms_desktop.storage.change_sets import ChangeSet
from hms_desktop.storage.reader import meta_value
from hms_desktop.storage.store import Store
from hms_desktop.storage.unit import set_meta
from hms_desktop.sync import outbox, pull, receipts
from hms_desktop.sync.engine import LAST_PUSH, Exchange
from hms_desktop.sync.gathered import Inbox, fits, pages_key
from hms_desktop.sync.lanes import Lanes
from hms_desktop.sync.protocol import Pulled
from hms_desktop.sync.sealed import seal_set
from hms_desktop.sync.sheet import DELIVERED_FILE, SHEET_FILE, Delivered, Sheet, read_note, write_note
from hms_desktop.sync.spool import Spool
from hms_desktop.sync.vectors import chain_end

_MOST = 500
WORD_EVERY_MS = 60_000
_NOT_LOOKED = -1
_log = structlog.get_logger(__name__)


class CourierBag:
    """What lies ready for the courier of one open workstation; safe to call from several threads."""

    def __init__(self, opened: OpenProfile, store: Store, exchange: Exchange, lanes: Lanes) -> None:
        self._opened, self._store, self._exchange, self._lanes = opened, store, exchange, lanes
        self._device, self._author = opened.profile.station.device, store.station.author
        self._spool, self._inbox = Spool(opened.folder), Inbox(opened.folder, self._device)
        self._lock = threading.Lock()
        self._centre = b""
        self._after, self._worded_ms = -1, 0
        self._sealed, self._dropped = _NOT_LOOKED, 0
        """The last number that lies in the spool or is with the server, and the last that was taken out of it."""

    def unpack(self) -> None:
        """At the opening: note what the courier delivered, seal what is not sealed yet, and begin to listen."""
        self._key = pages_key(self._store)
        self._note_delivered()
        self.heard()
        self._exchange.gathered = self._gathered
        self._store.on_changes(self._changed, at_last=True)  # a seal is two writes through to the disk

    def _changed(self, _changes: Changes) -> None:
        self._safely(self._pack)
        if self._after < 0 or not 0 <= self._store.clock.now_ms() - self._worded_ms < WORD_EVERY_MS:
            self.leave_word()

    def heard(self) -> None:
        """The server said how this workstation stands, and so to which key its work is sealed."""
        standing = read_standing(self._opened.folder, self._opened.profile, self._opened.device)
        with self._lock:
            self._centre = standing.exchange if standing else b""
        self._safely(self._pack)
        self.leave_word()

    def leave_word(self) -> None:
        """Write down for the courier from where this file asks on."""
        self._safely(self._write_sheet)

    @staticmethod
    def _safely(step: Callable[[], object]) -> None:
        """What is not laid out for the courier is saved all the same, and goes out with the next session."""
        try:
            step()
        except (OSError, ClinicError) as error:
            _log.error("a change could not be laid out for the courier", kind=type(error).__name__)

    def _write_sheet(self) -> None:
        with self._store.reading() as connection:
            sheet = self._sheet(connection)
        if sheet is not None:
            write_note(self._opened.folder, SHEET_FILE, self._opened.device, self._device, sheet)
            self._after, self._worded_ms = sheet.after, self._store.clock.now_ms()

    def _sheet(self, connection: Connection) -> Sheet | None:
        server, generation = meta_value(connection, "server"), meta_value(connection, "generation")
        if server is None or generation is None:
            return None  # never greeted: there is no place to ask on from
        granted = meta_value(connection, "granted", [])
        places = pull.cursors(connection, UUID(bytes=bytes(server)))
        return Sheet(
            author=self._author,
            generation=bytes(generation),
            last=chain_end(connection, self._author).number,
            server=bytes(server),
            epoch=bytes(meta_value(connection, "epoch", b"")),
            after=min((places.get(table, 0) for table in granted), default=-1),
            pages=self._key.public_key().public_bytes_raw(),
            at_ms=self._store.clock.now_ms(),
            kbit=self._lanes.kbit,
        )

    def _pack(self) -> None:
        """Lay out what is committed and not sent; take away what the server has. On the disk when this returns."""
        with self._lock:
            if not self._centre:
                return
            first = self._sealed == _NOT_LOOKED
            with self._store.reading() as connection:
                sent = outbox.sent(connection)
            if first or sent > self._dropped:
                self._spool.drop_through(sent)
                self._dropped = sent
            here = frozenset(self._spool.numbers()) if first else frozenset()
            self._sealed = max(self._sealed, sent)
            while fresh := self._fresh():
                for change_set in fresh:
                    if change_set.number not in here:
                        self._spool.put(seal_set(change_set, self._centre, self._device))
                    self._sealed = change_set.number

    def _fresh(self) -> list[ChangeSet]:
        with self._store.reading() as connection:
            return outbox.unsent(connection, self._author, self._sealed, _MOST)

    def _note_delivered(self) -> None:
        """The courier's word, and the server's receipt for it."""
        note = read_note(self._opened.folder, DELIVERED_FILE, self._opened.device, self._device, Delivered)
        if note is None:
            return
        with self._store.writing() as connection:
            told = (note.acknowledged, note.receipt)
            receipts.note_delivered(connection, self._author, told, self._opened.profile.server.signing_public)
            if note.at_ms > meta_value(connection, LAST_PUSH, 0):
                set_meta(connection, LAST_PUSH, note.at_ms)
        (self._opened.folder / DELIVERED_FILE).unlink(missing_ok=True)

    def _gathered(self) -> Iterator[Pulled]:
        """The pages that lead on from where this file stands, in order; each is gone once the next is asked for."""
        for page in self._inbox.pages():
            with self._store.reading() as connection:
                sheet = self._sheet(connection)
            found = None
            if sheet is not None and sheet.after >= 0 and fits(page.whence, sheet.server, sheet.epoch, sheet.after):
                found = page.open(self._key)
            if found is not None and found.position == page.whence.position:
                yield found
            page.file.unlink(missing_ok=True)
