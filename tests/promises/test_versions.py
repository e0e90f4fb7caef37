# SPDX-License-Identifier: Apache-2.0
"""The server is updated first: workstations of the version before go on, and keep what they do not know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import Refused
from hms_desktop.storage import ledger
from hms_desktop.storage.change_sets import SCHEMA, readable_leaves
from hms_desktop.sync import engine
from hms_desktop.sync.entries import entry_of
from tests.server.process import ServerProcess, until
from tests.server.warm import ROOT


def newer(*words: str, env: dict[str, str] | None = None, log: Any = None) -> subprocess.Popen[str]:
    """The next version of the program, as a process."""
    line = [sys.executable, "-m", "tests.promises.newer_process", *words]
    return subprocess.Popen(line, cwd=ROOT, env=env or dict(os.environ), text=True, stdout=subprocess.PIPE, stderr=log)


@contextmanager
def newer_server(server: ServerProcess, log: Path) -> Iterator[None]:
    """The same clinic, served by the next version."""
    with log.open("w") as said:
        env = {**os.environ, "HMS_SERVER_FOLDER": str(server.folder)}
        process = newer("serve", str(server.folder), str(server.port), env=env, log=said)
        try:
            until(lambda: process.poll() is not None or "serving" in log.read_text())
            assert process.poll() is None, log.read_text()
            yield
        finally:
            process.terminate()
            process.communicate(timeout=60)


def add(bench: Bench, family: str) -> UUID:
    """A patient, written here."""
    written = Registration(family=family, sex="female", born="1980-02-03")
    return bench.store.act(partial(register, written=written), bench.acting)


def families(bench: Bench) -> list[str]:
    """Who is known at a workstation."""
    return sorted(r.family for r in bench.store.read(lambda r: r.rows(select(Patient.family)), bench.acting))


def keeps_in_its_log(bench: Bench) -> bool:
    """Whether what this version has no place for lies in the log as it was signed."""
    with bench.store.reading() as connection:
        entries = [entry_of(row) for row in connection.execute(select(ledger.change_log))]
    leaves = [leaf for entry in entries for leaf in readable_leaves(getattr(entry, "leaves", []))]
    return {"Nomi", "Rex"} <= {str(value) for leaf in leaves for value in leaf.values.values()}


@pytest.mark.accepts("SYN-05")
def test_the_version_before_goes_on_keeps_what_it_does_not_know_and_an_older_one_still_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "receptionist")
    server.start()
    for name in ("first", "second"):
        server.enrol(tmp_path / name, name.title(), "front_desk")
    bench = server.bench(tmp_path / "first", "zanele")
    bench.exchange.catch_up()
    add(bench, "Khumalo")
    bench.exchange.catch_up()
    server.stop()
    with newer_server(server, tmp_path / "newer.log"):
        bench.exchange.catch_up()
        assert keeps_in_its_log(bench)
        add(bench, "Later")
        bench.exchange.catch_up()
        late = server.bench(tmp_path / "second", "zanele")
        late.exchange.catch_up()
        assert families(late) == families(bench) == ["Khumalo", "Later"], "filled by the newer one, too"
        late.store.close()
        monkeypatch.setattr(engine, "SCHEMA", SCHEMA - 1)
        add(bench, "Older")
        with pytest.raises(Refused, match="more than one version older"):
            bench.exchange.catch_up()
        assert bench.exchange.counts().waiting == 0
        bench.store.close()
        for name in ("first", "second"):
            said, _log = newer("look", str(tmp_path / name), "zanele").communicate(timeout=120)
            held = json.loads(said)
            assert held["patients"] == [["Khumalo", "Nomi"], ["Later", None], ["Older", None]] and held["pets"] == [
                "Rex"
            ]
    server.close()
