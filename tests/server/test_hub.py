# SPDX-License-Identifier: Apache-2.0
"""The line out is down: workstations go on with the clinic's hub, and everything comes together when it is back."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench
from hms_desktop.core.errors import BadInput, NotAllowed
from hms_desktop.sync.facts import HUB
from hms_desktop.sync.relaying import CertificateWanted
from installer.day.server import free_port
from sync_server import devices
from sync_server.granting import change_kind
from sync_server.home import open_any
from sync_server.hubs import give_certificate
from tests.server.process import ServerProcess, until
from tests.server.warm import Running
from tests.sync.world import dump


def must_stay_a_hub(centre: ServerProcess, hub: UUID) -> None:
    """It becomes no workstation, and a lost key is no reason to go on as the same."""
    with pytest.raises(BadInput, match="stays a hub"):
        change_kind(centre.home, hub, "front_desk")
    with pytest.raises(BadInput, match="made anew"):
        devices.make_new_keys_code(centre.home, hub)
    with pytest.raises(NotAllowed, match="Only a hub"):
        give_certificate(centre.home, hub, "front_desk", CertificateWanted([], b""))
    for address in ("https://127.0.0.1:8443", "http://hub.lan"):
        with pytest.raises((NotAllowed, BadInput)):
            give_certificate(centre.home, hub, HUB, CertificateWanted([address], b""))


class HubProcess:
    """A hub's folder, made by the command, and the process that serves it."""

    def __init__(self, centre: ServerProcess, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._environment = {**os.environ, "HMS_SERVER_FOLDER": str(folder)}
        code = centre.command("enroll-code", "--name", "Clinic hub", "--kind", "hub")["qr"]
        words = ("hub", "enroll", "--code", code, "--host", "localhost", "--port", str(self.port), "--json")
        asking = Running("hms-server", words, self._environment)
        until(lambda: asking.poll() is not None or "Compare these words" in asking.said)
        row = devices.find_device(centre.home, "Clinic hub")
        assert " ".join(row.words) in asking.said
        centre.command("approve", "Clinic hub", "--words", " ".join(row.words))
        done = asking.wait(60)
        assert done.returncode == 0, done.stderr
        must_stay_a_hub(centre, row.id)
        assert json.loads(done.stdout)["addresses"] == [f"https://localhost:{self.port}"]

    def start(self) -> None:
        words = ("serve", "--bind", "127.0.0.1", "--port", str(self.port))
        process = self._process = Running("hms-server", words, self._environment)
        until(lambda: process.poll() is not None or "serving" in process.said)
        assert process.poll() is None, process.said

    def once_more(self) -> str:
        """What somebody is told who serves the same folder besides."""
        other = ("serve", "--bind", "127.0.0.1", "--port", str(free_port()))
        done = Running("hms-server", other, self._environment).wait(60)
        assert done.returncode == 6, done.stderr
        return done.stderr

    def stop(self) -> str:
        self._process.terminate()
        done = self._process.wait(60)
        return done.stdout + done.stderr


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[ServerProcess]:
    made = ServerProcess(tmp_path / "server")
    made.person("zanele", "receptionist")
    made.start()
    yield made
    made.close()


def add(bench: Bench, family: str) -> None:
    written = Registration(family=family, given="Test", sex="female", born="1980-02-03")
    bench.store.act(partial(register, written=written), bench.acting)


def families(bench: Bench) -> list[str]:
    found = bench.store.read(lambda r: r.rows(select(Patient.family).order_by(Patient.family)), bench.acting)
    return [row.family for row in found]


def test_desks_work_on_through_the_hub_while_the_centre_is_gone(centre: ServerProcess, tmp_path: Path) -> None:
    hub = HubProcess(centre, tmp_path / "hub")
    hub.start()
    assert "is being served already" in hub.once_more()
    for name in ("a", "b"):
        centre.enrol(tmp_path / name, f"Desk {name.upper()}", "front_desk")
    a, b = centre.bench(tmp_path / "a", "zanele"), centre.bench(tmp_path / "b", "zanele")
    for bench in (a, b):
        bench.exchange.catch_up()
    add(a, "Before")
    a.exchange.catch_up()
    with open_any(hub.folder) as home:
        until(lambda: _knows(home, "Before"))
    centre.kill()
    for bench in (a, b):
        bench.runner.start()
    until(lambda: a.runner.state.network == b.runner.state.network == "hub")
    add(a, "By the hub")
    until(lambda: families(b) == ["Before", "By the hub"])
    until(lambda: (a.runner.state.waiting, a.runner.state.at_hub) == (1, 1))

    centre.start()
    until(lambda: _at_centre(centre) == ["Before", "By the hub"])  # brought by the hub
    for bench in (a, b):
        bench.roads._knocked_ms = -1_000_000
        bench.runner.sync_now()
    add(b, "After")
    until(lambda: a.runner.state.network == b.runner.state.network == "online")
    until(lambda: families(a) == families(b) == ["After", "Before", "By the hub"])
    until(lambda: a.runner.state.waiting == b.runner.state.waiting == 0)
    until(lambda: dump(a.store, a.exchange.granted) == dump(b.store, b.exchange.granted))
    for bench in (a, b):
        bench.close()
    said = hub.stop()
    assert "stopped short" not in said, said


def _knows(home: object, family: str) -> bool:
    rows = home.store.read(lambda r: r.rows(select(Patient.family)), home.worker)  # type: ignore[attr-defined]
    return family in [row.family for row in rows]


def _at_centre(centre: ServerProcess) -> list[str]:
    home, question = centre.home, select(Patient.family).order_by(Patient.family)
    return [row.family for row in home.store.read(lambda r: r.rows(question), home.worker)]
