# SPDX-License-Identifier: Apache-2.0
"""Commands as processes of their own that need not import the program first: copies of one that did nothing else.

What starts is a process like any other, with its own memory, files and end; `kill` is SIGKILL. From nothing, as a
shell does it, the commands are started by `tests/workflows` and `tests/server/test_enrolment.py`.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from hms_desktop.core import clock
from tests.tracer import FOR_PROCESSES

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = {"hms": "hms_desktop.__main__", "hms-server": "sync_server.__main__"}
SHAKEN = "TESTS_SHAKEN"
"""What `tests.shaking` tells its seed by; it is imported for that only, as it brings what no server has."""
LAST_STEP, STILL = "TESTS_LAST_STEP", "TESTS_STILL"
"""What `tests.dying` tells by at which step a process dies, and that its clock stands."""
COPIES = multiprocessing.get_context("forkserver")
COPIES.set_forkserver_preload([__name__, *PROGRAM.values(), "hms_desktop.commands.cli"])


class Running:
    """One command under way, `hms` or `hms-server` with its words; what it says goes into files.

    With `minutes_ago` the clock of its computer stood so far back.
    """

    def __init__(
        self, command: str, words: tuple[str, ...], env: Mapping[str, str], typed: str = "", minutes_ago: int = 0
    ) -> None:
        self._own = TemporaryDirectory(prefix="hms-command-")
        folder = Path(self._own.name)
        self._files = [folder / name for name in ("stdin", "stdout", "stderr")]
        for file in self._files:
            file.write_text(typed if file.name == "stdin" else "", encoding="utf-8")
        self._words = [command, *words]
        files = [str(file) for file in self._files]
        self._process = COPIES.Process(target=_become, args=(self._words, dict(env), files, minutes_ago), daemon=True)
        self._process.start()

    @property
    def process(self) -> int:
        """Its id."""
        return self._process.pid or 0

    @property
    def said(self) -> str:
        """Everything on its standard error so far."""
        return self._files[2].read_text(encoding="utf-8", errors="replace")

    def poll(self) -> int | None:
        """Its exit code, None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def wait(self, seconds: float) -> subprocess.CompletedProcess[str]:
        """Its end: the exit code and all that it said; TimeoutExpired when it goes on for longer."""
        self._process.join(seconds)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self._words, seconds)
        out, err = (file.read_text(encoding="utf-8") for file in self._files[1:])
        self._process.close()
        self._own.cleanup()
        return subprocess.CompletedProcess(self._words, code, out, err)


def _become(words: list[str], env: dict[str, str], files: list[str], minutes_ago: int) -> None:
    """In the copy: run the command with these files as stdin, stdout and stderr; an end like that of any process."""
    if minutes_ago:
        now_ms = clock.SystemClock.now_ms
        clock.SystemClock.now_ms = lambda self: now_ms(self) - minutes_ago * 60_000  # type: ignore[method-assign]
    for number, file in enumerate(files):
        opened = os.open(file, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    if FOR_PROCESSES not in env:
        sys.settrace(None)
        threading.settrace(None)
    time.tzset()
    os.chdir(ROOT)
    if SHAKEN in env:
        importlib.import_module("tests.shaking").shake_this_process()
    if LAST_STEP in env or STILL in env:
        importlib.import_module("tests.dying").as_told(env)
    sys.argv = list(words)
    try:
        importlib.import_module(PROGRAM[words[0]]).main()
    finally:
        atexit._run_exitfuncs()
