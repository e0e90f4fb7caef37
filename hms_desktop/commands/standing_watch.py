# SPDX-License-Identifier: Apache-2.0
"""While a session is open: asks how the workstation stands, renews its permit, and tells when the session must end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from sqlalchemy import Connection, func, select

from hms_desktop.commands.opened_file import exposed_too_long, note_receipt
from hms_desktop.core.errors import ClinicError
from hms_desktop.security import holding
from hms_desktop.security.high_water import read_water
from hms_desktop.security.opening import Trust, trust_now
from hms_desktop.security.sign_in import OpenProfile
from hms_desktop.security.signing import Forged
from hms_desktop.security.standing import BLOCKED, WIPE, Standing
from hms_desktop.storage.records import REGISTRY
from hms_desktop.storage.store import Store
from hms_desktop.sync import outbox
from hms_desktop.sync.client import Transport
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.standing import Holding, StandingAsked
from hms_desktop.sync.standing_errand import Asker
from hms_desktop.sync.vectors import chain_end

ASKED_EVERY_MS = 10 * 60_000
LONGEST_ANSWER_SECONDS = 10.0
SENT_TRIES = 3
COUNTED_EVERY_MS = 6 * 3_600_000
_log = structlog.get_logger(__name__)

Told = Callable[[], object]


class StandingWatch:
    """One session's questions about its workstation. Errands run on the sending thread, `turned_away` on the other."""

    def __init__(self, opened: OpenProfile, store: Store, exchange: Exchange, line: Transport, *, old: bool) -> None:
        assert opened.opening is not None
        self._opened, self._store, self._exchange, self._line, self._old = opened, store, exchange, line, old
        device = opened.profile.station.device
        self._asker = Asker(opened.folder, opened.profile, opened.device, opened.opening.place, store.clock)
        self._device = device
        self._asked_ms, self._counted_ms = 0, 0
        self._told: list[Told] = []
        self._over = ""
        self._wipe, self._gone, self._closed = False, False, False
        self._turn = threading.Lock()
        """Held by the one thread that asks: two would answer one order twice, and write after the files are gone."""
        if not old:
            exchange.errands.append(self.errand)
        exchange.turned_away = self.turned_away

    @property
    def emergency(self) -> bool:
        """Whether this session began without a permit: it may read what an emergency needs, and add to it."""
        assert self._opened.opening is not None
        return self._opened.opening.permit.ended

    @property
    def behind(self) -> bool:
        """Whether the clock lies before the latest time that was seen here."""
        assert self._opened.opening is not None
        return self._opened.opening.behind_ms > 0

    def on_told(self, told: Told) -> None:
        """Call this after each answer of the server, and when the session must end, on the thread that heard it."""
        self._told.append(told)

    def trust(self) -> Trust:
        """How the workstation stands now."""
        now = self._store.clock.now_ms()
        return trust_now(self._opened.folder, self._opened.profile, self._opened.device, self._asker.place, now)

    def over(self) -> str:
        """Why this session must end now: blocked, wipe, revoked, exposed, permit; empty while it need not."""
        if self._over:
            return self._over
        now = self._store.clock.now_ms()
        if exposed_too_long(self._opened, now):
            return "exposed"
        permit_ends = read_water(self._asker.place, self._device).permit_ms
        return "permit" if not self.emergency and not self._old and now > permit_ends else ""

    def ask_soon(self) -> None:
        """Something was heard that may concern this workstation: ask with the next errand."""
        self._asked_ms = 0

    def errand(self, line: Transport) -> None:
        """Note how far the server has this workstation's work, and ask how it stands if that was a while ago."""
        with self._turn:
            if self._wipe or self._gone:
                return
            note_receipt(self._opened, self._store)
            now = self._store.clock.now_ms()
            if 0 <= now - self._asked_ms < ASKED_EVERY_MS:
                return
            self.count()
            self._asked_ms = now
            self._heed(self._asker.ask(line))

    def turned_away(self) -> None:
        """The server takes nothing from this workstation any more: ask why."""
        with self._turn, suppress(ClinicError):
            if not (self._wipe or self._gone):
                self._heed(self._asker.ask(self._line, old_file=self._old))

    def question(self) -> StandingAsked:
        """The question as it is carried to the server in a file."""
        self.count()
        return self._asker.question(old_file=self._old)

    def hear(self, signed: bytes, nonce: bytes) -> None:
        """What came back in a file; an answer to another question is none."""
        with self._turn, suppress(Forged):
            self._heed(self._asker.hear(signed, nonce))

    def count(self) -> None:
        """Count what the file holds, for the day on which only the server can still say it."""
        now = self._store.clock.now_ms()
        if 0 <= now - self._counted_ms < COUNTED_EVERY_MS:
            return
        self._counted_ms = now
        with self._store.reading() as connection:
            author = self._store.station.author
            names = [name for name in sorted(self._exchange.granted) if name in REGISTRY]
            counted = [(name, _rows(connection, REGISTRY[name].record.__table__)) for name in names]
            held = Holding(counted, chain_end(connection, author).number, outbox.waiting(connection, author), now)
        holding.keep_holding(self._opened.folder, self._opened.device, self._device, held)

    @property
    def closed(self) -> bool:
        """Whether the file was closed: nothing more is asked or told."""
        return self._closed

    def finish(self) -> None:
        """The file is closed: carry out an order to wipe, if there is one."""
        self._closed = True
        if self._wipe:
            whole = self._turn.acquire(timeout=LONGEST_ANSWER_SECONDS)
            self._gone = True
            self._asker.wipe(self._line)
            if whole:
                self._turn.release()

    def _heed(self, standing: Standing) -> None:
        if standing.status == BLOCKED:
            self._over = "blocked"
        elif standing.status == WIPE and not self._wipe:
            self._bring_what_waits()
            self._wipe, self._over = True, "wipe"
        elif self._opened.granted.person in standing.revoked:
            self._over = "revoked"
        for told in list(self._told):
            told()

    def _bring_what_waits(self) -> None:
        """Before a wipe: whatever the server still takes; then it hears what was here."""
        for _time in range(SENT_TRIES):  # the other thread may greet meanwhile: that ends this one's session
            try:
                self._exchange.greet()
                while self._exchange.push() is not None:
                    pass
                break
            except ClinicError as error:
                _log.warning("what waited was not taken before the wipe", kind=type(error).__name__)
        self._counted_ms = 0
        self.count()
        with suppress(ClinicError):
            self._asker.ask(self._line)


def _rows(connection: Connection, table: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())
