# SPDX-License-Identifier: Apache-2.0
"""The one road from a window to the store and back: actions on one thread, queries on a few, answers on the GUI thread.

A window hands over a function and two callbacks and goes on. The callbacks run on the GUI thread, and are dropped when
the widget that asked is gone. Database, keys and network are never touched on the GUI thread.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog
from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from hms_desktop.core.changes import Changes
from hms_desktop.core.disks import disk_words
from hms_desktop.core.errors import ClinicError, Unavailable
from hms_desktop.core.faults import fault_of, note_caught
from hms_desktop.core.text import _
from hms_desktop.security.step_up import SecondFactorNeeded, Shown, showing

T = TypeVar("T")
Done = Callable[[T], object]
Failed = Callable[[ClinicError], object]

AsksFactor = Callable[[SecondFactorNeeded, Callable[[Shown], object], Callable[[], object]], object]
"""(what needs it, go on with what was shown, it is not shown): asks the person for their second factor."""

READERS = 3
_log = structlog.get_logger("hms.tasks")


class StoreDoor(Protocol):
    """What tasks need of a store: one transaction, one consistent reading, and word of what was committed."""

    def act(self, action: Callable[[Any], T]) -> T:
        """Run the action in one transaction (writer thread)."""

    def read(self, query: Callable[[Any], T]) -> T:
        """Run the query over one consistent state (any thread)."""

    def on_changes(self, told: Callable[[Changes], None]) -> object:
        """Call `told` after each commit or apply, on whichever thread did it."""


class Unexpected(ClinicError):
    """A fault in the program; the sentence carries a short code that support can look up in the log."""

    code = "unexpected"

    def __init__(self, short_code: str) -> None:
        super().__init__(
            _(
                "Something in the program went wrong (code {code}). What was saved before is safe; try again, and "
                "give support the code if it comes back."
            ).format(code=short_code)
        )
        self.short_code = short_code


@dataclass(frozen=True)
class _Answer:
    """One callback on its way to the GUI thread; `left` is called in its place when the owner is gone."""

    call: Callable[[], object]
    owner: weakref.ref[QObject] | None
    ticket: tuple[tuple[int, str], int] | None = None
    left: Callable[[], object] | None = None


class Tasks(QObject):
    """Runs actions in order on one writer thread and queries on a few readers.

    `changed` carries `core.changes.Changes` after each commit or sync apply; `troubled` carries the error of a task
    whose caller gave no `failed`. Both are emitted on the GUI thread.
    """

    changed = Signal(object)
    troubled = Signal(object)
    _arrived = Signal(object)
    _noticed = Signal(object)

    def __init__(self, store: StoreDoor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._newest: dict[tuple[int, str], int] = {}
        self._waiting: dict[tuple[int, str], Future[None]] = {}
        self._pending: set[Future[Any]] = set()
        self._guard = threading.Lock()
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._noticed.connect(self._announce, Qt.ConnectionType.QueuedConnection)
        self.asks_factor: AsksFactor | None = None
        store.on_changes(self._hear)

    def run(
        self,
        work: Callable[[Any], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        owner: QObject | None = None,
        left: Callable[[], object] | None = None,
    ) -> None:
        """Do an action (`partial(service.verb, …)`, given the unit) after those asked before it, as one transaction.

        `left` is for what a person typed: when the owner is gone before the answer, it forgets the draft of what was
        done; of what was not done `troubled` tells. An action that takes a second factor is done again once it was
        shown to `asks_factor`; whoever doesn't show one gets the refusal.
        """

        def refused(error: ClinicError) -> None:
            no = partial(failed or self.troubled.emit, error)
            if isinstance(error, SecondFactorNeeded) and self.asks_factor is not None:
                self.asks_factor(error, lambda shown: self.run(showing(shown, work), done, failed, owner, left), no)
            else:
                no()

        self._submit(self._writer, lambda: self._store.act(work), done, refused, owner, None, left)

    def read(
        self,
        query: Callable[[Any], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        owner: QObject | None = None,
        replaces: str = "",
    ) -> None:
        """Ask a query (`partial(queries.noun, …)`, given the reader).

        With `replaces`, a later reading of the same owner and word makes the answer of this one unwanted.
        """
        ticket = self._ticket(owner, replaces) if replaces else None
        future = self._submit(self._readers, lambda: self._store.read(query), done, failed, owner, ticket)
        if ticket and future:
            self._waiting[ticket[0]] = future

    def forget(self, owner: QObject, word: str) -> None:
        """Make the answer of what was read last with this owner and word unwanted: its object is no longer chosen."""
        self._ticket(owner, word)

    def write(
        self,
        work: Callable[[], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Do what is no action of a person but belongs on the writer thread (keeping a draft), in its turn."""
        self._submit(self._writer, work, done, failed, owner, None)

    def aside(
        self,
        work: Callable[[], T],
        done: Done[T] | None = None,
        failed: Failed | None = None,
        owner: QObject | None = None,
    ) -> None:
        """Do slow work that needs no store (drawing a PDF, reading a file) on a reader thread."""
        self._submit(self._readers, work, done, failed, owner, None)

    def on_writer(self, work: Callable[[], T]) -> Future[T]:
        """Queue work for the writer thread from any thread: sync applies its slices through here."""
        return self._track(self._writer.submit(work))

    def settle(self, seconds: float = 30.0) -> bool:
        """Wait until everything asked so far is done; False if it took longer. Answers are still delivered by Qt."""
        with self._guard:
            pending = set(self._pending)
        return not wait_for(pending, timeout=seconds).not_done

    def close(self) -> None:
        """Finish the writes that were asked for, drop the readings, deliver nothing more."""
        if self._closed:
            return
        self._closed = True
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writer.shutdown(wait=True)

    def _ticket(self, owner: QObject | None, word: str) -> tuple[tuple[int, str], int]:
        key = (id(owner), word)
        self._newest[key] = self._newest.get(key, 0) + 1
        if older := self._waiting.pop(key, None):
            older.cancel()
        return key, self._newest[key]

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[], T],
        done: Done[T] | None,
        failed: Failed | None,
        owner: QObject | None,
        ticket: tuple[tuple[int, str], int] | None,
        left: Callable[[], object] | None = None,
    ) -> Future[None] | None:
        if self._closed:
            return None
        ref = weakref.ref(owner) if owner is not None else None

        def job() -> None:
            try:
                result = work()
            except Exception as error:
                told = as_clinic_error(error)
                lost = partial(self.troubled.emit, told) if left is not None else None
                self._send(_Answer(lambda: (failed or self.troubled.emit)(told), ref, ticket, lost))
            else:
                if done is not None:
                    self._send(_Answer(lambda: done(result), ref, ticket, left))

        return self._track(pool.submit(job))

    def _track(self, future: Future[T]) -> Future[T]:
        with self._guard:
            self._pending.add(future)
        future.add_done_callback(self._forget)
        return future

    def _forget(self, future: Future[Any]) -> None:
        with self._guard:
            self._pending.discard(future)

    def _send(self, answer: _Answer) -> None:
        if not self._closed and isValid(self):
            self._arrived.emit(answer)

    def _hear(self, changes: Changes) -> None:
        if not self._closed and isValid(self):
            self._noticed.emit(changes)

    @Slot(object)
    def _deliver(self, answer: _Answer) -> None:
        owner = answer.owner() if answer.owner else None
        gone = answer.owner is not None and (owner is None or not isValid(owner))
        stale = answer.ticket is not None and self._newest.get(answer.ticket[0]) != answer.ticket[1]
        call = answer.left if gone else answer.call
        if call is not None and not (stale or self._closed):
            call()

    @Slot(object)
    def _announce(self, changes: Changes) -> None:
        if not self._closed:
            self.changed.emit(changes)


def as_clinic_error(error: Exception) -> ClinicError:
    """The error itself if a person may read it, else a plain sentence with a code.

    The log gets the code, the kind of error and the place in our code, and never its message: that may hold a name.
    """
    if isinstance(error, ClinicError):
        return error
    if isinstance(error, OSError) and (words := disk_words(error)):
        return Unavailable(words)
    fault = fault_of(error)
    _log.error("unexpected", code=fault.code, kind=fault.kind, places=fault.places)
    note_caught(fault)
    return Unexpected(fault.code)
