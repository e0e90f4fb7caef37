# SPDX-License-Identifier: Apache-2.0
"""A clinic for training: invented patients, marked wherever one looks, and no way from there into a real clinic."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import register
from hms_desktop.front import ProfileGate
from hms_desktop.ui.routes import PatientRecord
from hms_desktop.ui.shell.beside_window import BesideWindow
from hms_desktop.ui.shell.lock_window import LockWindow
from hms_desktop.ui.shell.look import Look
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from hms_desktop.ui.shell.station import WhoIsLocked
from installer.day import hands
from installer.day.clinic import PATIENTS
from sync_server.home import FACTS_FILE
from tests.promises.commands import ask, hms
from tests.promises.seats import Seat, ServedClinic, served, words_of
from tests.server.process import PASSWORD, ServerProcess

WHO = "Luigi_Wiegand"
MARK = "Training data"


@pytest.fixture
def clinic(tmp_path: Path, qapp: QApplication) -> Iterator[ServedClinic]:
    """A training clinic with one of the invented patients that ship, brought in by the command."""
    with zipfile.ZipFile(PATIENTS) as shipped:
        (bundle,) = (name for name in shipped.namelist() if name.startswith(WHO))
        shipped.extract(bundle, tmp_path)
    with served(tmp_path, qapp) as made:
        made.person("zanele", "receptionist", "manager")
        assert made.server.command("import", "fhir", str(tmp_path / bundle))["imported"] == 1
        made.server.start()
        made.station("desk", "all", "zanele")
        yield made


@pytest.fixture
def real(tmp_path: Path) -> Iterator[ServerProcess]:
    """A clinic whose patients are real."""
    server = ServerProcess(tmp_path / "real", training=False)
    server.person("zanele", "receptionist", "manager")
    yield server
    server.close()


@pytest.mark.accepts("OPS-10")
def test_training_data_is_marked_and_never_meets_a_real_clinic(clinic: ServedClinic, real: ServerProcess) -> None:
    seat = clinic.sit("desk", "zanele")
    seat.in_step()
    known = seat.ask(lambda r: r.one(select(Patient.id).where(Patient.family.like("Wiegand%")))).id
    windows = marked_windows(seat, known)
    clinic.server.kill()
    seat.offline()
    for window in windows:
        assert MARK in words_of(window), "without the line, too"
    invented = Registration(family="Invented", given="Sipho", sex="male", born="1990")
    seat.do(partial(register, written=invented))
    clinic.rise()
    before_and_after_a_session(clinic)

    clinic.server.port, real.port = real.port, clinic.server.port  # the real clinic is found where training was
    real.start()
    assert "is not this clinic's" in synced(clinic).stderr
    real.kill()
    assert patients_at(real) == []
    clinic.server.port, real.port = real.port, clinic.server.port
    the_very_server_turned_real(clinic)
    clinic.server.start()
    assert ask(clinic.folder / "desk", "zanele", "sync")["waiting"] == 0, "back among its own, everything goes"


def marked_windows(seat: Seat, patient: object) -> list[QWidget]:
    """The main window and one beside it say it, in the strip and in the status bar."""
    seat.workstation.desk.routes.open(PatientRecord(patient), beside=True)  # type: ignore[arg-type]
    beside = next(w for w in QApplication.topLevelWidgets() if isinstance(w, BesideWindow) and w.isVisible())
    windows = [seat.window, beside]
    for window in windows:
        hands.until(lambda w=window: "Nothing here is about real people" in words_of(w), "the strip says so")  # type: ignore[misc]
    for bar in (seat.window.frame.status, beside.status):
        assert MARK in words_of(bar)
    return windows


def before_and_after_a_session(clinic: ServedClinic) -> None:
    """Sign-in and lock say it of the enrolled profile, before any key is there."""
    facts = ProfileGate(clinic.folder / "desk").facts()
    windows = [
        SignInWindow(facts, Look(), lambda _login: False),
        LockWindow(facts, WhoIsLocked("Zanele", "zanele", 1_795_676_400_000), 5),
    ]
    for window in windows:
        window.show()
        hands.breathe()
        assert MARK in words_of(window), type(window)
        window.blockSignals(True)
        window.close()
        window.deleteLater()
    hands.breathe()


def synced(clinic: ServedClinic) -> CompletedProcess[str]:
    """`hms sync` at the training workstation, which must not come through."""
    folder = clinic.folder / "desk"
    done = hms("sync", "--profile", str(folder), "--login", "zanele", "--password-stdin", typed=PASSWORD + "\n")
    assert done.returncode not in (0, 2), done
    bench = clinic.server.bench(folder, "zanele")
    assert bench.exchange.counts().waiting, "what was written stays where it was written"
    bench.store.close()
    return done


def the_very_server_turned_real(clinic: ServedClinic) -> None:
    """Somebody takes the mark off the training server: same keys, same certificate, and still nothing passes."""
    file = clinic.server.folder / FACTS_FILE
    facts = file.read_bytes()
    file.write_text(json.dumps(json.loads(facts) | {"training": False}), encoding="utf-8")
    clinic.server.start()
    assert "Training data and a real clinic's data never meet" in synced(clinic).stderr
    clinic.server.kill()
    file.write_bytes(facts)
    assert "Invented" not in patients_at(clinic.server)


def patients_at(server: ServerProcess) -> list[str]:
    """The family names that a server holds."""
    rows = server.home.store.read(lambda reader: reader.rows(select(Patient.family)), server.home.worker)
    return [row.family for row in rows]
