# SPDX-License-Identifier: Apache-2.0
"""The demo clinic's sync server as the process it is: `hms-server serve` on a loopback port, killed and returned."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
_PORTS = range(20_100, 32_000)  # below the ports that systems give to outgoing connections
_START_SECONDS = 60.0


class ServerTrouble(RuntimeError):
    """The server process did not do what was asked of it; the message ends with what it said."""


def free_port() -> int:
    """A loopback port that nobody listens on now; drawn by the system, or runs with the same seed draw the same one."""
    for port in random.SystemRandom().sample(_PORTS, 200):
        if _is_free(port):
            return port
    raise ServerTrouble("no free port between 20100 and 32000 on this computer")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if os.name == "posix":  # else a port that was just left counts as taken; Windows means something else by it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


class ServerProcess:
    """One server folder and the process that serves it, when one runs."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where workstations reach it."""
        return f"https://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process that serves, None when none does."""
        running = self._process is not None and self._process.poll() is None
        return self._process.pid if running and self._process else None

    def command(self, *words: str, typed: str = "") -> dict[str, Any]:
        """Run an `hms-server` command on this folder; returns its answer, or raises ServerTrouble with its words."""
        done = subprocess.run(
            [sys.executable, "-m", "sync_server", *words, "--folder", str(self.folder), "--json"],
            input=typed, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise ServerTrouble(f"hms-server {words[0]} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
        answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answer

    def start(self) -> None:
        """Start serving and wait until it answers."""
        if self.pid is not None:
            return
        if not _is_free(self.port):
            raise ServerTrouble(f"port {self.port}, which this clinic's server was made for, is in use")
        command = [sys.executable, "-m", "sync_server", "serve", "--folder", str(self.folder)]
        with self._log().open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--bind", HOST, "--port", str(self.port)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut would: nothing is finished, nothing is said."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        os.kill(process.pid, with_signal)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.pid is None:
                break
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex((HOST, self.port)) == 0:
                    return
            time.sleep(0.05)
        said = self._log().read_text("utf-8", "replace")[-800:]
        self.kill()
        raise ServerTrouble(f"the server did not start: {said}")

    def _log(self) -> Path:
        return self.folder / "server.log"
