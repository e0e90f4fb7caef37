# SPDX-License-Identifier: Apache-2.0
"""A workstation away for longer than any log reaches: it is filled anew, keeps its own work, and brings nothing back.

Workstations let go of log that is older than the clinic keeps, and only once their file was found equal to the
server's; what was marked as a mistake stays so everywhere, because that is a record and no gap.
"""

from __future__ import annotations

from collections.abc import Iterator
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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A served clinic with a nurse and two nurses' stations, which were not filled yet."""
    made = ServerProcess(tmp_path / "server")
    made.person("zanele", "nurse", "receptionist")
    made.start()
    for name in ("Ward 1", "Ward 2"):
        made.enrol(tmp_path / name, name, "nurse")
    yield made
    made.close()


def plant(bench: Bench, like: UUID) -> None:
    """Close the file and put a row into it that the server never had, or has no more."""
    path, key = bench.opened.replica, bench.opened.file_key
    bench.shut()
    raw = connect(path, key)
    names = ", ".join(f'"{name}"' for name in ("k", *Allergy.spec.kinds))
    copied = f"INSERT INTO allergy (id, {names}) SELECT ?, {names} FROM allergy WHERE id = ?"
    raw.execute(copied, (ZOMBIE.bytes, like.bytes))
    raw.close()


def comes_back(folder: Path, server: ServerProcess) -> Bench:
    """The nurse signs in again; the server is killed within the fill and started again."""
    bench = sit(folder)
    line = bench.exchange._transport
    bench.exchange._transport = _Cut(line, server)
    with pytest.raises(Unavailable):
        bench.exchange.catch_up()
    assert bench.exchange.counts().waiting in (0, 3), "sent whole, or here"
    server.start()
    bench.exchange._transport = line
    bench.exchange.catch_up()
    return bench


@pytest.mark.accepts("SYN-11")
def test_who_comes_back_after_a_hundred_days_is_filled_anew_keeps_its_work_and_brings_nothing_back(
    tmp_path: Path, server: ServerProcess
) -> None:
    here, away = tmp_path / "Ward 1", tmp_path / "Ward 2"
    first = sit(here)
    first.exchange.catch_up()
    patient = do(first, partial(register, written=Registration(family="Okonkwo", sex="female", born="1980-01-02")))
    mistake, kept = (do(first, partial(record_allergy, patient=patient, substance=name)) for name in ("Latex", "Nuts"))
    first.exchange.catch_up()
    second = sit(away, days=-100)
    second.exchange.catch_up()
    for allergy in (mistake, kept):
        said = partial(describe_allergy, type=None, category=None, criticality="high", reaction="Hives")
        do(second, partial(said, allergy=allergy))
    own = do(second, partial(record_allergy, patient=patient, substance="Pollen"))
    plant(second, kept)
    do(first, partial(review_allergy, allergy=mistake, review="mistake", reason="Wrong patient"))
    first.exchange.catch_up()

    second = comes_back(away, server)
    first.exchange.catch_up()
    assert second.exchange.counts().waiting == 0
    assert dump(second.store, HELD) == dump(first.store, HELD) == dump(server.home.store, HELD)
    found = second.store.read(
        lambda reader: [reader.find(Allergy, id) for id in (mistake, kept, own, ZOMBIE)], second.acting
    )
    assert (found[0].verification_status, found[0].criticality) == ("entered-in-error", "high")
    assert (found[1].reaction, found[2].substance, found[3]) == ("Hives", "Pollen", None)
    second.shut()
    first.shut()
    lets_go(here, server, kept)


def lets_go(folder: Path, server: ServerProcess, spoilt: UUID) -> None:
    """A hundred days later this workstation has let go of its old log, says so, and is mended all the same."""
    later = sit(folder, days=100)
    later.exchange.catch_up()
    found, gone = look_after(later.exchange)
    assert not found.differences and gone.sets > 3 and dump(later.store, HELD) == dump(server.home.store, HELD)
    later.shut()
    who = ("--profile", str(folder), "--login", "zanele", "--password-stdin")
    verified = hms("verify", *who, typed=PASSWORD + "\n")
    assert verified.returncode == 0 and f"{gone.sets} older change sets are at the server alone" in verified.stdout
    raw = connect(later.opened.replica, later.opened.file_key)
    raw.execute("UPDATE allergy SET substance = 'Milk' WHERE id = ?", (spoilt.bytes,))
    raw.close()
    mended = hms("digest", *who, typed=PASSWORD + "\n")
    assert mended.returncode == 3 and f"allergy {spoilt}: differs; mended" in mended.stdout
    compared = hms("sync", "--compare", *who, typed=PASSWORD + "\n")
    assert compared.returncode == 0 and "all are as the server has them" in compared.stdout
    assert "days of log" in server.run("settings", "set", "log_days", "30").stderr
