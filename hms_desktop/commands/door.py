# SPDX-License-Identifier: Apache-2.0
"""One writer per profile: while a session is open, the `hms` command asks it over a private socket."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hms_desktop.commands.bench import Bench
from hms_desktop.commands.operations import operate
from hms_desktop.core.errors import ClinicError, Unavailable

SOCKET_FILE = "session.sock"
LONGEST_ADDRESS = 100
"""Bytes; Linux takes 107 and others a few less."""
MOST_BYTES = 64 * 1024
_ANSWER_SECONDS = 120.0


class Answered(ClinicError):
    """The open session answered with an error; `code` is its short name."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class SessionDoor:
    """Answers commands of the same operating-system user while the session lasts."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._path = bench.opened.folder / SOCKET_FILE
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            with _address(bench.opened.folder) as address:
                self._listener.bind(address)
        finally:
            os.umask(mask)
        self._listener.listen(4)
        self._thread = threading.Thread(target=self._serve, name="session-door", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop answering and take the socket away."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        self._thread.join(2)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):
                connection.settimeout(5)
                asked = json.loads(_read_line(connection))
                connection.settimeout(_ANSWER_SECONDS)
                connection.sendall(json.dumps(self._answer(asked)).encode() + b"\n")

    def _answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"ok": operate(self._bench, asked["operation"], asked.get("with", {}))}
        except ClinicError as error:
            return {"error": error.code, "message": str(error)}
        except (KeyError, TypeError):
            return {"error": "bad-input", "message": "The open session does not know this command: update it."}


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The socket's address. Systems take only a short one, so a deep folder is named by its open descriptor."""
    path = str(folder / SOCKET_FILE)
    if len(os.fsencode(path)) <= LONGEST_ADDRESS:
        yield path
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET_FILE}"
    finally:
        os.close(descriptor)


def ask_session(folder: Path, operation: str, **values: Any) -> dict[str, Any] | None:
    """The open session's answer, or None when no session is open. Answered when it says no."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_ANSWER_SECONDS)
            with _address(folder) as address:
                line.connect(address)
            line.sendall(json.dumps({"operation": operation, "with": values}).encode() + b"\n")
            answer = json.loads(_read_line(line))
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except (OSError, ValueError) as error:
        raise Unavailable("The open session does not answer. Lock it, then try again.") from error
    if "ok" in answer:
        found: dict[str, Any] = answer["ok"]
        return found
    raise Answered(answer["error"], answer["message"])


def _read_line(line: socket.socket) -> bytes:
    read = bytearray()
    while not read.endswith(b"\n") and len(read) < MOST_BYTES:
        part = line.recv(65536)
        if not part:
            break
        read += part
    return bytes(read)
