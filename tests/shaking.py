# SPDX-License-Identifier: Apache-2.0
"""`--shaken[=SEED]`: whatever is asynchronous in a window comes late by a seeded time, so that races show themselves.

Readings and writes wait on their thread before they run and before they answer; the line, what it brings and what the
frame is told of it wait on the sync threads; a letter and the timers that wait for typing to pause wait longer. Each
promised order is kept: nothing here can happen that a slow computer or a slow line could not do. How late something is
follows from the seed, the test, what it is and how often it has come, not from which thread was first.

Processes that a test starts through `tests.server.warm`, and programs of the tests themselves, are shaken too: they are
told seed and test in their environment and call `shake_this_process`. The program knows nothing of it.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from random import Random
from typing import Any

import pytest
from PySide6.QtCore import QTimer

SHORT_TIMERS_MS = range(1, 1000)
SLOWER_THAN_TESTS_ARE_GIVEN_S = 1800.0
TOLD = "TESTS_SHAKEN"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--shaken` alone takes seed 1."""
    words = "let everything asynchronous in a window come late by a time that follows from this seed"
    parser.addoption("--shaken", nargs="?", const=1, type=int, metavar="SEED", help=words)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Shake for as long as the run lasts."""
    seed = config.getoption("--shaken")
    if seed is None:
        return
    if getattr(config.option, "timeout", 0) is None:
        config.option.timeout = SLOWER_THAN_TESTS_ARE_GIVEN_S
    patch = pytest.MonkeyPatch()
    config.add_cleanup(patch.undo)
    lateness = Lateness(seed)
    config.pluginmanager.register(lateness, "lateness")
    shake_all(patch, lateness)


def shake_this_process() -> None:
    """Shake this one as the test is that started it, if it is."""
    seed, _space, test = os.environ.get(TOLD, "").partition(" ")
    if seed:
        lateness = Lateness(int(seed))
        lateness.pytest_runtest_logstart(f"{test} in a process of its own")
        shake_all(pytest.MonkeyPatch(), lateness)


def shake_all(patch: pytest.MonkeyPatch, late: Lateness) -> None:
    """All that this page knows to shake."""
    for shake in (shake_tasks, shake_line, shake_timers, shake_server):
        shake(patch, late)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say how to shake the same way again."""
    seed = config.getoption("--shaken")
    return None if seed is None else f"shaken: --shaken={seed}"


class Lateness:
    """How late things are."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._test = ""
        self._times: Counter[str] = Counter()
        self._guard = threading.Lock()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Each test is shaken alike whatever ran before it."""
        with self._guard:
            self._test = nodeid
            self._times.clear()
        os.environ[TOLD] = f"{self._seed} {nodeid}"

    def of(self, what: str, most_ms: int) -> int:
        """Milliseconds: none at all for every third, else anything up to `most_ms`."""
        with self._guard:
            self._times[what] += 1
            chance = Random(f"{self._seed} {self._test} {what} {self._times[what]}")
        return 0 if chance.random() < 1 / 3 else chance.randint(0, most_ms)

    def wait(self, what: str, most_ms: int) -> None:
        """Hold this thread back; never the one that draws the windows."""
        if threading.current_thread() is not threading.main_thread():
            time.sleep(self.of(what, most_ms) / 1000)


def name_of(work: Any) -> str:
    """What a piece of work is called in the code."""
    return str(getattr(getattr(work, "func", work), "__qualname__", type(work).__name__))


def shake_tasks(patch: pytest.MonkeyPatch, late: Lateness) -> None:
    """Work waits before it runs and before its answer sets out, on its own thread: writes stay in their order."""
    from hms_desktop.ui.tasks import Tasks

    def held(name: str) -> Callable[..., Any]:
        ask = getattr(Tasks, name)

        @wraps(ask)
        def ask_late(self: Tasks, work: Callable[..., Any], *rest: Any, **named: Any) -> Any:
            def late_work(*given: Any) -> Any:
                late.wait(f"{name} {name_of(work)}", 300)
                return work(*given)

            return ask(self, late_work, *rest, **named)

        return ask_late

    for name in ("run", "read", "write", "aside", "on_writer"):
        patch.setattr(Tasks, name, held(name))
    before_and(patch, late, Tasks, "_send", 200)


def before_and(patch: pytest.MonkeyPatch, late: Lateness, owner: type, name: str, before: int, after: int = 0) -> None:
    """Let a method begin late, and come back late."""
    original = getattr(owner, name)

    @wraps(original)
    def method(self: Any, *given: Any, **named: Any) -> Any:
        late.wait(f"{name} begins", before)
        try:
            return original(self, *given, **named)
        finally:
            late.wait(f"{name} ends", after)

    patch.setattr(owner, name, method)


def shake_line(patch: pytest.MonkeyPatch, late: Lateness) -> None:
    """Requests set out late and their answers come late; so does the word of what was committed, applied or lost."""
    from hms_desktop.storage.store import Store
    from hms_desktop.sync.client import HttpTransport
    from hms_desktop.sync.runner import SyncRunner
    from hms_desktop.ui.shell.lines import ParentLink
    from hms_desktop.ui.shell.sync_link import RunnerLink

    before_and(patch, late, HttpTransport, "send", 250, 250)
    before_and(patch, late, Store, "tell", 200)
    before_and(patch, late, SyncRunner, "_tell_counts", 200)
    before_and(patch, late, SyncRunner, "_changed", 100)
    before_and(patch, late, SyncRunner, "_lost", 300)
    before_and(patch, late, RunnerLink, "_tell", 200)
    before_and(patch, late, ParentLink, "_listen", 500)


def shake_server(patch: pytest.MonkeyPatch, late: Lateness) -> None:
    """What a server does for a workstation begins late, and is told late once it is done."""
    from sync_server.sync_api.centre import Centre

    for name in ("hello", "push", "pull", "snapshot", "page", "lease"):
        before_and(patch, late, Centre, name, 100, 100)


def shake_timers(patch: pytest.MonkeyPatch, late: Lateness) -> None:
    """Timers that wait for typing to pause end later; so does a letter, which may be a scanner's, once for the run."""
    from hms_desktop.ui.shell import keys

    patch.setattr(keys, "SCAN_PAUSE_MS", keys.SCAN_PAUSE_MS + late.of("letter", 150))
    start, interval, set_interval = QTimer.start, QTimer.interval, QTimer.setInterval

    def own_interval(self: QTimer) -> int:
        kept = self.property("ownInterval")
        return interval(self) if kept is None else int(kept)

    def set_own_interval(self: QTimer, ms: int) -> None:
        self.setProperty("ownInterval", None)
        set_interval(self, ms)

    def start_late(self: QTimer, *given: Any) -> None:
        """Also connected to signals that carry other things than milliseconds."""
        own = next((part for part in given if type(part) is int), own_interval(self))
        start(self, own + (late.of(f"timer {own}", 300) if self.isSingleShot() and own in SHORT_TIMERS_MS else 0))
        self.setProperty("ownInterval", own)

    patch.setattr(QTimer, "interval", own_interval)
    patch.setattr(QTimer, "setInterval", set_own_interval)
    patch.setattr(QTimer, "start", start_late)
