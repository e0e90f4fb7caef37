# SPDX-License-Identifier: Apache-2.0
"""Tests that run without the tracer of coverage, which costs half of their time again.

`unmeasured.txt` names them: what they walk through, other tests reach too, so that coverage is a little higher than
what is measured, never lower. `python -m tests.plugins.choose` makes that list from a run with `--apart`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import SourceFileLoader
from multiprocessing import forkserver
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.tracer import FOR_PROCESSES

LIST = Path(__file__).with_name("unmeasured.txt")
SECONDS = Path("build", "coverage", "seconds")
OF_PROCESSES = ("tests/commands/", "tests/promises/", "tests/server/")


def function_of(nodeid: str) -> str:
    """The test that a case belongs to: its id without what it is parametrised with."""
    return nodeid.partition("[")[0]


def listed(file: Path = LIST) -> frozenset[str]:
    """The ids of the tests that are not measured."""
    return frozenset(file.read_text(encoding="utf-8").split())


@contextmanager
def tracing(mine: Any, others: Any) -> Iterator[None]:
    """Trace this thread with one function and those started from now on with another; afterwards as before.

    Threads that run already stay as they are: coverage's own way to pause would lose them for the rest of the run.
    """
    before = sys.gettrace(), threading.gettrace()
    sys.settrace(mine)
    threading.settrace(others)
    try:
        yield
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])


@contextmanager
def processes(coverage: str | None) -> Iterator[None]:
    """What is started meanwhile is measured as coverage's own words say, or not at all."""
    with pytest.MonkeyPatch.context() as patch:
        if coverage is None:
            patch.delenv(FOR_PROCESSES, raising=False)
        else:
            patch.setenv(FOR_PROCESSES, coverage)
        yield


def in_context(coverage: str | None, context: str) -> str | None:
    """Coverage's words for a process whose steps belong to a context."""
    if coverage is None:
        return None
    config = json.loads(base64.b64decode(coverage)) | {"context": context or None}
    return base64.b64encode(json.dumps(config).encode()).decode()


@contextmanager
def loading(measuring: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """Whatever module is loaded meanwhile is measured so."""
    load = SourceFileLoader.exec_module

    def measured(loader: SourceFileLoader, module: ModuleType) -> None:
        with measuring():
            load(loader, module)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SourceFileLoader, "exec_module", measured)
        yield


class Measured:
    """Sets the tracer aside while a listed test is set up, played and cleared away.

    So are the processes that it starts, but for the tests of commands, servers and promises: what only a process does,
    those reach. What several tests share is set up with the tracer if one of them is measured, and modules are loaded
    with it: which test comes first is chance.
    """

    def __init__(self, unmeasured: frozenset[str]) -> None:
        self.unmeasured = unmeasured
        self.measured_files: frozenset[Path] = frozenset()
        self.file: Path | None = None
        self.tracers: tuple[Any, Any] | None = None
        self.for_processes = os.environ.get(FOR_PROCESSES)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Which files have a test that is measured."""
        self.measured_files = frozenset(i.path for i in items if function_of(i.nodeid) not in self.unmeasured)
        if self.for_processes:
            forkserver.ensure_running()  # whose copies serve tests of either kind

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test with all that it sets up and clears away."""
        if function_of(item.nodeid) not in self.unmeasured:
            return (yield)
        self.file, self.tracers = item.path, (sys.gettrace(), threading.gettrace())
        theirs = self.for_processes if item.nodeid.startswith(OF_PROCESSES) else None
        try:
            with tracing(None, None), processes(theirs), loading(self.again):
                return (yield)
        finally:
            self.file = self.tracers = None

    @contextmanager
    def again(self) -> Iterator[None]:
        """Trace all the same; each thread has a tracer of its own."""
        if self.tracers is None:
            yield
            return
        mine, others = self.tracers
        with tracing(mine if threading.current_thread() is threading.main_thread() else others, others):
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """What a test asks for."""
        of_the_file = fixturedef.scope in {"module", "class"} and self.file not in self.measured_files
        if self.tracers is None or fixturedef.scope == "function" or of_the_file:
            return (yield)
        with self.again(), processes(self.for_processes):
            return (yield)


def processor_seconds() -> float:
    """What this process has used so far, and those that it started and waited for."""
    return sum(os.times()[:4])


class Apart:
    """Measures every test in a context of its own, with the processes that it starts, and what is shared in none.

    It counts each one's processor seconds, too, with those of the processes that have ended.
    """

    def __init__(self, coverage: Any, seconds: Path) -> None:
        self.coverage = coverage
        self.file = seconds
        self.context = ""
        self.for_processes = os.environ.get(FOR_PROCESSES)

    @contextmanager
    def under(self, context: str) -> Iterator[None]:
        """Measure under one name."""
        before, self.context = self.context, context
        started = processor_seconds()
        self.coverage.cov.switch_context(context)
        try:
            with processes(in_context(self.for_processes, context)):
                yield
        finally:
            self.note(context, processor_seconds() - started)
            self.context = before
            self.coverage.cov.switch_context(before)

    def note(self, context: str, seconds: float) -> None:
        """Keep what one took."""
        with self.file.open("a", encoding="utf-8") as out:
            print(f"{seconds:.6f} {context}", file=out)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """One test with all that it sets up and clears away."""
        with self.under(function_of(item.nodeid)), loading(self.shared):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
        """What a test asks for."""
        if fixturedef.scope == "function":
            return (yield)
        with self.shared():
            return (yield)

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Measure under no name, and do not count it for the test that happened to come first."""
        test, started = self.context, processor_seconds()
        try:
            with self.under(""):
                yield
        finally:
            self.note(test, started - processor_seconds())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which tests are measured, and how."""
    parser.addoption("--unmeasured", type=Path, default=LIST, help="the file with the tests that are not measured")
    words = "measure all, each test in a coverage context of its own, for tests.plugins.choose"
    parser.addoption("--apart", action="store_true", help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Nothing of an earlier run stays to be taken for this one's."""
    if config.getoption("--apart") and not hasattr(config, "workerinput"):
        shutil.rmtree(config.rootpath / SECONDS, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Once coverage measures in this process."""
    config = session.config
    coverage = getattr(config.pluginmanager.getplugin("_cov"), "cov_controller", None)
    if coverage is None:
        return
    if config.getoption("--apart"):
        seconds = config.rootpath / SECONDS / f"{getattr(config, 'workerinput', {}).get('workerid', 'main')}.txt"
        seconds.parent.mkdir(parents=True, exist_ok=True)
        config.pluginmanager.register(Apart(coverage, seconds), "apart")
    else:
        config.pluginmanager.register(Measured(listed(config.getoption("--unmeasured"))), "measured")
