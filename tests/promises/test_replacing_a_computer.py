# SPDX-License-Identifier: Apache-2.0
"""A dead PC is replaced by commands alone: code, words, approval; the new one holds what the old one held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sync_server.devices import device_rows
from tests.promises.commands import ask, hms
from tests.server.process import PASSWORD, ServerProcess, until
from tests.server.warm import ROOT
from tests.sync.world import dump


@pytest.mark.accepts("OPS-03")
def test_a_dead_workstation_is_replaced(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start()
    old, new = tmp_path / "old", tmp_path / "new"
    enroll(server, old, "Front desk 1")
    server.command("block", "Front desk 1")
    refused = hms("sync", "--profile", str(old), "--login", "zanele", "--password-stdin", typed=PASSWORD + "\n")
    assert refused.returncode != 0 and "not approved" in refused.stderr
    enroll(server, new, "Front desk 1b")
    assert ask(new, "zanele", "sync")["waiting"] == 0
    bench = server.bench(new, "zanele")
    granted = bench.exchange.granted
    assert "appointment" in granted and "lab_result" not in granted, "the kind of workstation chose what it holds"
    assert dump(bench.store, granted) == dump(server.home.store, granted)
    bench.store.close()
    server.close()


def enroll(server: ServerProcess, folder: Path, name: str) -> None:
    """`hms enroll` waits, `hms-server approve` compares the words that it shows."""
    code = server.command("enroll-code", "--name", name, "--kind", "front_desk")["code"]
    line = [sys.executable, "-m", "hms_desktop", "enroll", "--profile", str(folder), "--server", server.address,
            "--code", code, "--allow-private-file"]  # fmt: skip
    process = subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    pending: list[str] = []

    def applied() -> bool:
        rows = [row for row in device_rows(server.home) if row.name == name and row.status == "pending"]
        pending[:] = [" ".join(row.words) for row in rows]
        return bool(pending)

    until(applied)
    assert server.run("approve", name, "--words", "not these words at all now").returncode == 2
    server.command("approve", name, "--words", pending[0])
    said, shown = process.communicate(timeout=60)
    assert process.returncode == 0 and pending[0] in shown and f"{name} is enrolled" in said
