# SPDX-License-Identifier: Apache-2.0
"""A workstation away for longer than any log reaches: it is filled anew, keeps its own work, and brings nothing back.

Workstations let go of log that is older than the clinic keeps, and only once their file was found equal to the
server's; what was marked as a mistake stays so everywhere, because that is a record and no gap.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest

from hms_desktop.clinic.ehr.model import Allergy
from hms_desktop.clinic.ehr.service_allergies import describe_allergy, record_allergy, review_allergy
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.core.clock import SetClock, SystemClock
from hms_desktop.core.errors import Unavailable
from hms_desktop.security import sign_in
from hms_desktop.security.stations import grants
from hms_desktop.storage.engine import connect
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.storage.reader import meta_value
from hms_desktop.sync.compaction import DAY_MS
from hms_desktop.sync.upkeep import look_after
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess
from tests.sync.world import dump

T = TypeVar("T")
HELD = grants("nurse").read - {"admin_event"}  # the server notes there what it hears
ZOMBIE = UUID(int=77)


def sit(folder: Path, days: int = 0) -> Bench:
    """The nurse signs in; the computer's clock stands so many days from now."""
    clock = SetClock(SystemClock().now_ms() + days * DAY_MS)
    return open_bench(sign_in.unlock(folder, "zanele", PASSWORD, keychain=FileKeychain(folder)), clock)


class _Cut:
    """The way to a server whose process is killed once the second page of a fill has come."""

    def __init__(self, line: Any, server: ServerProcess) -> None:
        self._line, self._server, self._pages = line, server, 0
        self.greet = line.greet

    def send(self, path: str, message: Any, answer: type[T]) -> T:
        """Send, and pull the plug."""
        self._pages += path == "/v1/page"
        if self._pages == 2:
            self._server.kill()
        found: T = self._line.send(path, message, answer)
        return found


def do(bench: Bench, action: Any) -> Any:
    """Run an action as the nurse."""
    return bench.store.act(action, bench.acting)


@pytest.mark.accepts("SYN-11")
def test_who_comes_back_after_a_hundred_days_is_filled_anew_keeps_its_work_and_brings_nothing_back(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path / "server")
    server.person("zanele", "nurse", "receptionist")
    server.start()
    here, away = tmp_path / "Ward 1", tmp_path / "Ward 2"
    for folder in (here, away):
        server.enrol(folder, folder.name, "nurse")
    first = sit(here)
    first.exchange.catch_up()
    patient = do(first, partial(register, written=Registration(family="Okonkwo", sex="female", born="1980-01-02")))
    mistake, kept = (do(first, partial(record_allergy, patient=patient, substance=name)) for name in ("Latex", "Nuts"))
    first.exchange.catch_up()

    second = sit(away, days=-100)
    second.exchange.catch_up()
    changed = partial(describe_allergy, type=None, category=None, criticality="high", reaction="Hives")
    for allergy in (mistake, kept):
        do(second, partial(changed, allergy=allergy))
    own = do(second, partial(record_allergy, patient=patient, substance="Pollen"))
    path, key = second.opened.replica, second.opened.file_key
    second.shut()
    raw = connect(path, key)  # a row that the server never had, or has no more
    names = ", ".join(f'"{name}"' for name in ("k", *Allergy.spec.kinds))
    copied = f"INSERT INTO allergy (id, {names}) SELECT ?, {names} FROM allergy WHERE id = ?"
    raw.execute(copied, (ZOMBIE.bytes, kept.bytes))
    raw.close()
    do(first, partial(review_allergy, allergy=mistake, review="mistake", reason="Wrong patient"))
    first.exchange.catch_up()

    second = sit(away)
    line = second.exchange._transport
    second.exchange._transport = _Cut(line, server)
    with pytest.raises(Unavailable):
        second.exchange.catch_up()
    assert second.store.read(lambda reader: reader.find(Allergy, own), second.acting) is not None
    server.start()
    second.exchange._transport = line
    second.exchange.catch_up()
    first.exchange.catch_up()
    assert second.exchange.counts().waiting == 0
    assert dump(second.store, HELD) == dump(first.store, HELD) == dump(server.home.store, HELD)
    said = {id: second.store.read(lambda reader, id=id: reader.find(Allergy, id), second.acting)
            for id in (mistake, kept, own, ZOMBIE)}  # fmt: skip
    assert (said[mistake].verification_status, said[mistake].criticality) == ("entered-in-error", "high")
    assert (said[kept].reaction, said[own].substance, said[ZOMBIE]) == ("Hives", "Pollen", None)
    second.shut()
    first.shut()

    later = sit(here, days=100)
    later.exchange.catch_up()
    found, gone = look_after(later.exchange)
    assert not found.differences and gone.sets > 3 and dump(later.store, HELD) == dump(server.home.store, HELD)
    with later.store.reading() as connection:
        assert not meta_value(connection, "refill")
    later.shut()
    who = ("--login", "zanele", "--password-stdin")
    verified = hms("verify", "--profile", str(here), *who, typed=PASSWORD + "\n")
    assert verified.returncode == 0 and f"{gone.sets} older change sets are at the server alone" in verified.stdout
    compared = hms("digest", "--profile", str(here), *who, typed=PASSWORD + "\n")
    assert compared.returncode == 0 and "all are as the server has them" in compared.stdout
    assert "days of log" in server.run("settings", "set", "log_days", "30").stderr
    server.close()
