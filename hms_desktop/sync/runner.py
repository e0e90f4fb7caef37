# SPDX-License-Identifier: Apache-2.0
"""Keeping a workstation in step: one thread sends what people do, one waits for what others did.

It only calls the plain steps of `sync.engine`; when nobody answers it says so, keeps everything and tries again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

import structlog

from hms_desktop.core.changes import Changes
from hms_desktop.core.disks import disk_words
from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.core.text import _
from hms_desktop.sync import second_place
from hms_desktop.sync.client import ServerRefused
from hms_desktop.sync.engine import Exchange
from hms_desktop.sync.upkeep import Upkeep

WAIT_MS = 20_000
RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
TURN_SECONDS = 0.005
OWN_ANSWERS = frozenset({"own_outbox", second_place.TOLD})
LEASE_EVERY_MS = 10 * 60_000
Wanted = Callable[[], list[tuple[str, UUID, Decimal]]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class LineState:
    """How the line stands; times in ms since 1970. `problem` is a sentence for a person, empty when all is well.

    `receiving` and `sending` are (done, of) while there is more than one thing on its way, else None.
    `asked_by` is the administrator who asks how this workstation stands, empty when nobody does.
    `ahead_ms` is how far this computer's clock is ahead of the server's, by the last greeting.
    `at_hub` of what waits lie at the clinic's hub, too.
    `kbit` is how much of the line the exchange may take each way (kbit/s), 0 for all of it.
    `untried` until the first try to reach somebody has ended, well or badly.
    """

    network: str = "offline"
    since_ms: int | None = None
    receiving: tuple[int, int] | None = None
    sending: tuple[int, int] | None = None
    waiting: int = 0
    held_back: int = 0
    last_success_ms: int | None = None
    last_push_ms: int | None = None
    last_pull_ms: int | None = None
    last_try_ms: int | None = None
    problem: str = ""
    untried: bool = False
    asked_by: str = ""
    ahead_ms: int = 0
    at_hub: int = 0
    kbit: int = 0

    @property
    def progress(self) -> tuple[int, int] | None:
        """How much of what is on its way has arrived, both ways together: (done, of)."""
        parts = [part for part in (self.receiving, self.sending) if part is not None]
        return (sum(done for done, _of in parts), sum(of for _done, of in parts)) if parts else None


class SyncRunner:
    """Runs an exchange in the background until `stop`."""

    def __init__(self, exchange: Exchange, wanted: Wanted | None = None, wait_ms: int = WAIT_MS) -> None:
        self._exchange = exchange
        self._store = exchange.store
        self._wanted = wanted
        self._wait_ms = wait_ms
        self._stop = threading.Event()
        self._hurry = threading.Event()
        self._work = threading.Event()
        self._met = threading.Event()
        """The server knows this session: what people do is sent, also while tables are filled."""
        self._greeted = threading.Event()
        """And everything that is granted is here."""
        self._telling = threading.RLock()
        self._held = False
        self._listeners: list[Callable[[LineState], None]] = []
        self._behind = 0
        self._leases_asked_ms = 0
        self.state = self._first_state()
        self._upkeep = Upkeep(exchange, self._stop, self._greeted)
        self._threads = [
            threading.Thread(target=self._receive, name="sync-receive", daemon=True),
            threading.Thread(target=self._send, name="sync-send", daemon=True),
            threading.Thread(target=self._upkeep.run, name="sync-upkeep", daemon=True),
        ]

    def hold(self, why: str) -> None:
        """Stay off the line and say why: what is here is not to be exchanged."""
        self._held = True
        self.state = replace(self.state, untried=False, problem=why)

    def start(self) -> None:
        """Begin; returns at once."""
        if self._held:
            return
        self._unlisten = self._store.on_changes(self._changed)
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float = 0.5) -> None:
        """End both threads; a request under way is let go, and what it brings is neither taken nor told."""
        if self._held:
            return
        self._stop.set()
        for event in (self._hurry, self._work, self._met, self._greeted):
            event.set()
        self._upkeep.look_soon()
        self._unlisten()
        deadline = time.monotonic() + seconds
        while any(map(self._may_write, self._threads)) and time.monotonic() < deadline:
            time.sleep(TURN_SECONDS)
        with contextlib.suppress(ClinicError):
            self._exchange.note_contact(self.state.last_push_ms, self.state.last_pull_ms)

    def _may_write(self, thread: threading.Thread) -> bool:
        """Whether a thread goes on; not one that only listens to the line: what it hears there it lets go."""
        return thread.is_alive() and not (thread is self._threads[0] and self._exchange.listening)

    def sync_now(self) -> None:
        """Try now instead of after the pause."""
        self._hurry.set()
        self._work.set()

    def on_state(self, listener: Callable[[LineState], None]) -> None:
        """Tell this listener after each change of state, on the thread that saw it."""
        self._listeners.append(listener)

    def limited(self, kbit: int) -> None:
        """Say from now on that the exchange takes at most so much of the line."""
        self._tell(kbit=kbit)

    def _now(self) -> int:
        return self._store.clock.now_ms()

    def _first_state(self) -> LineState:
        """Before the first try nobody has been heard since the last time that an earlier session heard somebody."""
        counts, last = self._exchange.counts(), self._exchange.last_contact()
        success = max(filter(None, (last.push_ms, last.pull_ms)), default=None)
        return LineState(
            waiting=counts.waiting,
            held_back=len(counts.held_back),
            since_ms=success or self._now(),
            last_success_ms=success,
            last_push_ms=last.push_ms,
            last_pull_ms=last.pull_ms,
            untried=True,
        )

    def _changed(self, changes: Changes) -> None:
        """Say that something waits before whoever did it goes on: nothing unsent is ever passed over in silence."""
        if changes.tables <= OWN_ANSWERS:
            return
        self._work.set()
        try:
            self._tell_counts()
        except Exception as error:
            _log.error("counting stopped short", kind=type(error).__name__)

    def _tell(self, **parts: object) -> None:
        """Change the state and tell it, in one order for every listener."""
        with self._telling:
            before, self.state = self.state, replace(self.state, **parts)  # type: ignore[arg-type]
            if self.state != before and not self._stop.is_set():
                for listener in list(self._listeners):
                    listener(self.state)

    def _tell_counts(self, **parts: object) -> None:
        """The same with what waits, counted in the same turn: an older count never follows a newer one.

        While the file can't be read, what was counted last stays said: the line goes on once it can be.
        """
        with self._telling:
            try:
                counts = self._exchange.counts()
            except ClinicError:
                self._tell(**parts)
                return
            self._tell(waiting=counts.waiting, held_back=len(counts.held_back), at_hub=counts.at_hub, **parts)

    def _receive(self) -> None:
        tries = 0
        while not self._stop.is_set():
            try:
                self._exchange.take_gathered(self._stop.is_set)
                self._tell(last_try_ms=self._now())
                self._greet_and_fill()
                while not self._stop.is_set() and not self._exchange.too_old:
                    self._pull_once()
                    tries = 0
            except ServerRefused as refused:
                if refused.code == "not-allowed":
                    self._exchange.turned_away()
                self._lost(refused if refused.code not in ("replayed", "forged") else None)
            except ClinicError as error:
                self._lost(error)
            except Exception as error:
                if self._stop.is_set():
                    return
                _log.error("sync stopped short", kind=type(error).__name__)
                self._lost(Unavailable(_why(error)))
            self._pause(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1

    def _greet_and_fill(self) -> None:
        welcome = self._exchange.greet()
        self._exchange.give_back(self._stop.is_set)
        old = self._exchange.too_old
        if not old:
            self._exchange.give_up_lost()
        missing = self._exchange.missing_tables() if not old else []
        if missing:
            self._begin_to_send()  # what is done meanwhile waits for no table
            self._exchange.fill(missing, self._filling, self._stop.is_set)
        self._tell_counts(
            network=self._network, untried=False, since_ms=None, receiving=None, problem=old,
            last_success_ms=self._now(), asked_by=welcome.diagnostics_for, ahead_ms=self._exchange.ahead_ms,
        )  # fmt: skip
        self._greeted.set()
        self._begin_to_send()
        self._upkeep.look_soon()

    def _begin_to_send(self) -> None:
        self._met.set()
        self._work.set()

    @property
    def _network(self) -> str:
        return "hub" if self._exchange.at_hub else "online"

    def answer_diagnostics(self, body: bytes | None) -> None:
        """Send what a person said to who asked how this workstation stands; the question is then gone."""
        self._exchange.answer_diagnostics(body)
        self._tell(asked_by="")

    def _filling(self, _table: str, done: int, total: int) -> None:
        self._tell(network=self._network, untried=False, since_ms=None, receiving=(done, max(1, total)), problem="")

    def _pull_once(self) -> None:
        self._ask_leases()
        outcome, left = self._exchange.pull(self._wait_ms, self._stop.is_set)
        if self._stop.is_set():
            return
        moved = "device" in outcome.changes.tables and self._exchange.moved()
        if moved or self._exchange.centre_is_back() or self._upkeep.unequal:
            self._upkeep.unequal = False
            self._leave()
            self._greet_and_fill()  # it is another kind of workstation now, with other grants, or a table comes anew
        self._behind = max(self._behind, left) if left else 0
        on_its_way = (self._behind - left, self._behind) if left else None
        now = self._now()
        self._tell_counts(network=self._network, receiving=on_its_way, last_success_ms=now, last_pull_ms=now)

    def _ask_leases(self) -> None:
        if self._wanted is None or self._now() - self._leases_asked_ms < LEASE_EVERY_MS:
            return
        self._leases_asked_ms = self._now()
        wanted = self._wanted()
        if wanted:
            self._exchange.ask_leases(wanted)

    def ask_leases_soon(self) -> None:
        """What this workstation would borrow has changed: ask at the next turn."""
        self._leases_asked_ms = 0

    def _send(self) -> None:
        tries = 0
        while not self._stop.is_set():
            self._work.wait()
            self._work.clear()
            if self._stop.is_set() or not self._met.is_set():
                continue  # the next greeting sets `_work`
            problem = self._push_or_problem()
            if problem is None:
                tries = 0
                continue
            self._tell_counts(sending=None, problem=problem)
            self._stop.wait(RETRY_SECONDS[min(tries, len(RETRY_SECONDS) - 1)])
            tries += 1
            self._work.set()  # what was not sent is tried again, even when nobody does anything more

    def _push_or_problem(self) -> str | None:
        try:
            self._push_all()
        except ClinicError as error:
            return str(error)
        except Exception as error:
            if not self._stop.is_set():
                _log.error("sending stopped short", kind=type(error).__name__)
            return _why(error)
        return None

    def send_soon(self) -> None:
        """There is something new to bring to the server: do the errands at the next turn."""
        self._work.set()

    def _push_all(self) -> None:
        self._exchange.run_errands()
        total = self.state.waiting
        if total > 1:
            self._tell(sending=(0, total))
        while not self._stop.is_set() and self._exchange.push() is not None:
            self._tell_pushed(self._now())
            total = max(total, self.state.waiting)
            if total > 1:
                self._tell(sending=(total - self.state.waiting, total))
        self._tell_counts(sending=None)

    def _tell_pushed(self, now: int) -> None:
        """An answer that comes after the line was lost is good news of the work, not of the line."""
        with self._telling:
            problem = self._exchange.too_old if self._met.is_set() else self.state.problem
            self._tell_counts(last_push_ms=now, last_success_ms=now, problem=problem)

    def _leave(self) -> None:
        """The session ends here: nothing is sent in it, and nothing compared."""
        self._met.clear()
        self._greeted.clear()

    def _lost(self, error: ClinicError | None) -> None:
        self._leave()
        if self._stop.is_set() or error is None:
            return
        since = self.state.since_ms if self.state.network == "offline" else self._now()
        self._behind = 0
        self._tell_counts(
            network="offline", untried=False, since_ms=since, receiving=None, sending=None, problem=str(error)
        )

    def _pause(self, seconds: float) -> None:
        if self._hurry.wait(seconds):
            self._hurry.clear()


def _why(error: Exception) -> str:
    """What a person is told of an error that is none of the clinic's."""
    words = disk_words(error) if isinstance(error, OSError) else ""
    return words or _("Sync met a fault in the program. Your changes are safe here.")
