# SPDX-License-Identifier: Apache-2.0
"""JSON lines between the always-there process and the session process: the only words that pass, both ways."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, BinaryIO

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Qt, QTimer, Signal, Slot

READY = "ready"
SIGN_IN = "sign-in"
SIGNED_IN = "signed-in"
REFUSED = "refused"
SYNCED = "synced"
LOCK = "lock"
LOCKING = "locking"
LONGEST_LINE = 65_536


def as_line(word: str, facts: Mapping[str, Any]) -> bytes:
    """One message as a line of UTF-8 JSON."""
    return json.dumps({"say": word, **facts}).encode() + b"\n"


def read_line(line: bytes) -> dict[str, Any] | None:
    """The message in a line, or None if it is none: what a broken process says is not acted on."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("say"), str) else None


class ParentLink(QObject):
    """The session process's end: hears on stdin, speaks on stdout. `lost` when the always-there process is gone."""

    heard = Signal(dict)
    lost = Signal()
    _line = Signal(bytes)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._line.connect(self._hear, Qt.ConnectionType.QueuedConnection)
        self._in = sys.stdin.fileno()
        self._out = _private_stdout()
        self._thread = threading.Thread(target=self._listen, name="parent link", daemon=True)

    def start(self) -> None:
        """Begin to listen, and say that this process is warm."""
        self._thread.start()
        self.say(READY)

    def say(self, word: str, **facts: Any) -> None:
        """Send one message; a parent that is gone hears nothing, and `lost` follows."""
        try:
            self._out.write(as_line(word, facts))
            self._out.flush()
        except OSError:
            self.lost.emit()

    def _listen(self) -> None:
        # Not through sys.stdin: a thread that waits in its buffer would make the interpreter abort at exit.
        waiting = b""
        with suppress(RuntimeError):  # the program has ended around this thread, and nobody is left to tell
            while part := os.read(self._in, LONGEST_LINE):
                *whole, waiting = (waiting + part).split(b"\n")
                for line in whole:
                    self._line.emit(line)
            self._line.emit(b"")

    @Slot(bytes)
    def _hear(self, line: bytes) -> None:
        if not line:
            self.lost.emit()
        elif (said := read_line(line)) is not None:
            self.heard.emit(said)


class SessionProcess(QObject):
    """The always-there process's end of one session process: `heard(message)`, then `ended(exit code)`."""

    heard = Signal(dict)
    ended = Signal(int)

    def __init__(self, command: list[str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._process = QProcess(self)
        self._patience = QTimer(self, singleShot=True)
        self._patience.timeout.connect(self._process.kill)
        self._process.setProgram(command[0])
        self._process.setArguments(command[1:])
        self._process.setProcessEnvironment(QProcessEnvironment.systemEnvironment())
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(lambda code, _status: self.ended.emit(code))
        self._process.errorOccurred.connect(self._failed)

    def start(self) -> None:
        """Start it warm: it loads everything and waits for a name and a password."""
        self._process.start()

    def say(self, word: str, **facts: Any) -> None:
        """Send one message."""
        self._process.write(as_line(word, facts))

    def pid(self) -> int:
        """The process id, 0 if it does not run."""
        return self._process.processId()

    def running(self) -> bool:
        """Whether the process is there."""
        return self._process.state() != QProcess.ProcessState.NotRunning

    def end(self, patience_ms: int = 5000) -> None:
        """Close its input, which makes it keep its drafts and end; kill it when it does not."""
        if not self.running():
            return
        self._process.closeWriteChannel()
        if not self._process.waitForFinished(patience_ms):
            self._process.kill()
            self._process.waitForFinished(patience_ms)

    def must_end(self, patience_ms: int) -> None:
        """It has so long to end by itself from now on; then it is killed, and every key goes with it."""
        self._patience.start(patience_ms)

    def may_stay(self) -> None:
        """It need not end after all."""
        self._patience.stop()

    def let_go(self, patience_ms: int = 5000) -> None:
        """Close its input, which makes it end; nobody waits here for that."""
        self.must_end(patience_ms)
        self._process.closeWriteChannel()

    def _read(self) -> None:
        while self._process.canReadLine():
            said = read_line(self._process.readLine(LONGEST_LINE).toStdString().encode())
            if said is not None:
                self.heard.emit(said)

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self.ended.emit(-1)


def _private_stdout() -> BinaryIO:
    """The real stdout for messages only; whatever else prints goes to stderr."""
    sys.stdout.flush()
    ours = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(ours, "wb")
