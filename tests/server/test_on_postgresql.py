# SPDX-License-Identifier: Apache-2.0
"""A clinic whose server keeps its records in PostgreSQL: made, served, killed, checked by the same commands."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from installer.day.server import free_port
from sync_server.home import STORE_FILE
from tests import stores
from tests.server.process import ServerProcess
from tests.server.test_cut_off import add, families
from tests.server.warm import Running

pytestmark = pytest.mark.skipif(not stores.there(), reason=stores.MISSING)


def init(folder: Path, *more: str) -> Running:
    """`hms-server init` as an administrator types it."""
    words = ("init", "--clinic", "Riverbend", "--zone", "Africa/Johannesburg", "--currency", "ZAR")
    where = ("--host", "127.0.0.1", "--port", str(free_port()), "--json", *more)
    return Running("hms-server", (*words, *where), {**os.environ, "HMS_SERVER_FOLDER": str(folder)})


def test_a_clinic_on_postgresql_from_its_making_to_its_checking(tmp_path: Path) -> None:
    folder, database = tmp_path / "server", ("--database", stores.cluster().empty())
    unsaid = init(folder, *database).wait(60)
    assert unsaid.returncode == 2 and "encrypted volume" in unsaid.stdout and not folder.exists()
    made = init(folder, *database, "--encrypted-volume").wait(60)
    assert made.returncode == 0 and json.loads(made.stdout)["clinic"], made.stderr
    again = init(tmp_path / "other", *database, "--encrypted-volume").wait(60)
    assert again.returncode == 2 and "holds a server already" in again.stdout
    assert not (folder / STORE_FILE).exists()
    server = ServerProcess(folder)
    server.person("zanele", "receptionist")
    server.start()
    for name in ("one", "two"):
        server.enrol(tmp_path / name, f"Desk {name}", "front_desk")
    with ExitStack() as benches:
        one, two = (server.bench(tmp_path / name, "zanele") for name in ("one", "two"))
        for bench in (one, two):
            benches.callback(bench.store.close)
            bench.exchange.catch_up()
        add(one, "Okonkwo")
        one.exchange.catch_up()
        server.kill()
        add(one, "Naidoo")
        server.start()
        one.exchange.catch_up()
        two.exchange.catch_up()
        assert families(one) == families(two) == ["Naidoo", "Okonkwo"]
    checked = server.command("verify")
    assert not checked["broken"] and checked["chains"] >= 2
    told = json.dumps(server.command("compliance"))
    assert "on a volume that is encrypted, as an administrator said" in told
    server.close()
