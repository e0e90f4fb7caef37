# SPDX-License-Identifier: Apache-2.0
"""Trust taken back and given, by commands, wire and windows: revoked, blocked, wiped, alone for too long, put back."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import select, text

from hms_desktop.app import Opened, open_workstation
from hms_desktop.clinic.ehr.model import Note
from hms_desktop.clinic.ehr.service_allergies import record_allergy
from hms_desktop.clinic.ehr.service_emergency import EMERGENCY_NOTE
from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.model_restricted import BrokenGlass
from hms_desktop.clinic.patients.service import Registration, find_patients, register
from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.core.clock import Clock, SetClock, SystemClock
from hms_desktop.core.errors import NotAllowed, Refused
from hms_desktop.front import ProfileGate, session_command
from hms_desktop.security import holding, key_turns, people, sign_in
from hms_desktop.security.profile import REPLICA_FILE, trusted_profile
from hms_desktop.security.sign_in import SignInRefused
from hms_desktop.security.standing import DAY_MS
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync.courier import Courier
from hms_desktop.ui.routes import EmergencyReading
from hms_desktop.ui.shell.front_door import FrontDoor
from hms_desktop.ui.shell.memory import remembered
from hms_desktop.ui.shell.permit_dialog import PermitDialog
from hms_desktop.ui.shell.sign_in_window import SignInWindow
from installer.day import hands
from sync_server.devices import find_device
from sync_server.notebook import open_notebook
from sync_server.standing import report_of
from tests.promises.places import press_on
from tests.promises.seats import Seat, ServedClinic, served, type_form, words_of
from tests.security.test_no_key_in_files import forms, secrets_of
from tests.server.process import PASSWORD, ServerProcess, until


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[ServedClinic]:
    """A served clinic with nurses."""
    with served(tmp_path_factory.mktemp("trust"), qapp) as made:
        for login in ("zanele", "thabo", "naledi"):
            made.person(login, "nurse")
        made.server.start()
        yield made


def unlock(folder: Path, login: str = "zanele", clock: Clock | None = None) -> sign_in.OpenProfile:
    return sign_in.unlock(folder, login, PASSWORD, keychain=FileKeychain(folder), clock=clock)


def at_work(clinic: ServedClinic, name: str) -> tuple[Path, Bench]:
    """A nurses' station, filled, with somebody signed in and the line running."""
    folder = clinic.station(name, "nurse", "zanele")
    bench = open_bench(unlock(folder))
    bench.runner.start()
    until(lambda: told(clinic, name))
    return folder, bench


def told(clinic: ServedClinic, name: str) -> bool:
    """Whether the server heard what the workstation holds."""
    home = clinic.server.home
    return report_of(home, find_device(home, name).id).counted_ms > 0


def add(bench: Bench, family: str) -> UUID:
    written = Registration(family=family, given="Ann", sex="female", born="1980-02-03")
    return bench.store.act(partial(register, written=written), bench.acting)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.accepts("SEC-06")
def test_a_person_who_is_revoked_is_out_within_a_minute_and_the_file_gets_a_new_key(
    clinic: ServedClinic, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    folder = clinic.station("Ward 1", "nurse", "zanele")
    door = FrontDoor(session_command(folder), ProfileGate(folder), remembered(folder), SystemClock())
    door.start()
    try:
        assert isinstance(door.window, SignInWindow)
        form = door.window.form
        for field, typed in ((form.name, "thabo"), (form.password, PASSWORD)):
            QTest.keyClicks(field, typed)
            QTest.keyClick(field, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: door.window is None)
        pid = door.session_pid
        qtbot.waitUntil(lambda: told(clinic, "Ward 1"))
        said = clinic.server.run("revoke", "thabo")
        assert said.returncode == 0 and "Ward 1: Last contact" in said.stdout
        qtbot.waitUntil(lambda: isinstance(door.window, SignInWindow) and not alive(pid))  # waits 60 s, no longer
    finally:
        door.stop()
    with pytest.raises(SignInRefused):
        unlock(folder, "thabo")
    profile, keys = trusted_profile(folder, FileKeychain(folder))
    device = profile.station.device
    assert people.read_people(folder, keys, device).epoch == 2, "turned as the session ended"
    assert key_turns.exposed_since(folder, keys, device) == 0
    open_bench(unlock(folder)).shut()


def everything_at(server: ServerProcess) -> bytes:
    """Whatever the server holds, decrypted: each cell of its store and of its notebook, and its files as they lie.

    Another process reads those: one that closes a file which it has open in a store, too, loses that store's locks.
    """
    files = [str(file) for file in sorted(server.folder.rglob("*")) if file.is_file()]
    held = [subprocess.run(["cat", *files], capture_output=True, check=True).stdout]
    book = open_notebook(server.home)
    for store in (server.home.store, book):
        with store.reading() as connection:
            tables = connection.execute(text("select name from sqlite_master where type = 'table'")).scalars().all()
            for name in tables:
                for row in connection.execute(text(f'select * from "{name}"')):
                    held += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    book.close()
    return b"\n".join(held)


def nothing_at_the_server_opens(clinic: ServedClinic, opened: sign_in.OpenProfile) -> None:
    """Neither the key of a workstation's file nor what its slots are opened with: who has the server has none of it."""
    held = everything_at(clinic.server)
    assert str(opened.profile.station.device).encode() in held or opened.profile.station.device.bytes in held
    assert b"thabo" in held, "what is there is found"
    for name, secret in {**secrets_of(opened), "password": PASSWORD.encode()}.items():
        assert not any(form in held for form in forms(secret)), name


@pytest.mark.accepts("SEC-07")
def test_a_lost_workstation_sends_its_work_says_what_it_held_and_destroys_it(clinic: ServedClinic) -> None:
    folder, bench = at_work(clinic, "Ward 2")
    nothing_at_the_server_opens(clinic, unlock(folder))
    clinic.server.stop()
    bench.exchange.turned_away()  # nobody answers: nothing happens
    patient = add(bench, "Unsent")
    clinic.server.start()
    ordered = clinic.server.run("wipe", "Ward 2")
    assert ordered.returncode == 0 and "wiped at its next contact" in ordered.stdout
    bench.runner.sync_now()
    until(lambda: bench.watch.over() == "wipe")
    bench.close()
    gate = ProfileGate(folder)
    wiped = gate.wiped()  # as the door does once the session's process has ended
    assert wiped is not None and wiped.station == "Ward 2"
    assert [file.name for file in folder.iterdir()] == [holding.WIPED_FILE]
    assert clinic.at_server(lambda reader: reader.find(Patient, patient)) is not None, "it was sent first"
    report = clinic.server.command("held", "Ward 2")
    assert report["status"] == "wiped" and report["wiped_ms"] and report["unsent"] == 0
    assert dict(report["tables"])["patient"] >= 1
    said = clinic.server.run("held", "Ward 2").stdout
    assert "Keys and files were destroyed" in said and "patient" in said
    assert clinic.server.run("wipe", "Ward 2").returncode == 1


def test_a_blocked_workstation_ends_its_session_and_lets_nobody_in_until_it_is_approved(clinic: ServedClinic) -> None:
    folder, bench = at_work(clinic, "Ward 3")
    clinic.server.command("block", "Ward 3")
    until(lambda: bench.watch.over() == "blocked")
    bench.close()
    with pytest.raises(NotAllowed, match="Ward 3 was blocked at the server"):
        unlock(folder)
    gate = ProfileGate(folder)
    assert gate.facts().blocked
    refused = clinic.server.run("permit-code", "Ward 3")
    assert refused.returncode == 4 and "Ward 3 is blocked" in refused.stderr
    clinic.server.command("approve", "Ward 3", "--words", "")
    bench_again = ask_again(folder)
    assert not bench_again.facts().blocked
    open_bench(unlock(folder)).shut()


def ask_again(folder: Path) -> ProfileGate:
    """The courier asks, as it does while nobody is signed in."""
    courier = Courier(folder, FileKeychain(folder))
    try:
        courier.round(lambda: True, 0)
    finally:
        courier.close()
    return ProfileGate(folder)


@pytest.mark.hazard("H26")
@pytest.mark.accepts("SEC-16")
def test_a_file_that_is_put_back_is_read_only_named_and_gives_no_number_twice(clinic: ServedClinic) -> None:
    folder, bench = at_work(clinic, "Ward 4")
    patient = add(bench, "Before")
    until(lambda: bench.exchange.counts().waiting == 0)
    bench.close()
    copy = folder.parent / "yesterday.db"
    shutil.copy(folder / REPLICA_FILE, copy)
    bench = open_bench(unlock(folder))
    add(bench, "After")
    bench.shut()
    shutil.copy(copy, folder / REPLICA_FILE)
    for left in ("-wal", "-shm"):
        (folder / f"{REPLICA_FILE}{left}").unlink(missing_ok=True)
    seat = Seat(folder, "zanele")
    try:
        bench = seat.workstation.bench
        assert "is an old copy" in bench.old and "hms enroll" in bench.old
        assert seat.says("trust") == "Read-only: an old copy of the file"
        face = seat.window.frame.strip.face
        assert face is not None and face.kind == "readonly" and "numbers would be given out twice" in face.text
        found = seat.do(partial(find_patients, text="Before"))
        assert [hit.patient for hit in found.hits] == [patient], "reading goes on"
        with pytest.raises(Refused, match="is an old copy"):
            add(bench, "Twice")
        assert seat.workstation.bench.runner.state.problem == bench.old
    finally:
        seat.leave()
    shutil.copy(copy, folder / REPLICA_FILE)  # and again: the reading wrote nothing into it
    assert open_bench(unlock(folder)).old


def ahead(days: int) -> SetClock:
    return SetClock(SystemClock().now_ms() + days * DAY_MS)


@pytest.mark.hazard("H37")
@pytest.mark.accepts("SEC-06")
@pytest.mark.accepts("SEC-16")
def test_alone_for_too_long_only_emergency_reading_is_left_until_a_code_by_telephone(
    clinic: ServedClinic, qtbot: QtBot
) -> None:
    folder, bench = at_work(clinic, "Ward 5")
    patient = add(bench, "Emergency")
    bench.store.act(partial(record_allergy, patient=patient, substance="Penicillin"), bench.acting)
    until(lambda: bench.exchange.counts().waiting == 0)
    bench.close()
    code = str(clinic.server.command("permit-code", "Ward 5")["code"])
    clinic.server.kill()
    clock = ahead(15)
    window: Opened = open_workstation(unlock(folder, clock=clock), clock=clock)
    try:
        window.show()
        hands.put_in_front(window.window)
        assert isinstance(window.desk.routes.current, EmergencyReading)
        assert window.window.frame.status.parts["trust"].words == "Emergency reading only"
        page = window.window.shown
        read_in_the_window(page)
        qtbot.waitUntil(lambda: "Penicillin" in words_of(page))
        assert "Problems" in words_of(page) and "Current medicines" in words_of(page)
        press_on(page, "Emergency note")
        hands.until(lambda: QApplication.activeModalWidget() is not None, "the form is open")
        type_form([("Note", "Given adrenaline"), ("Why now", " at once")])
        hands.press("Ctrl+Return")
        qtbot.waitUntil(lambda: window.bench.store.read(notes, window.bench.acting) == [EMERGENCY_NOTE])
        with pytest.raises(NotAllowed):
            add(window.bench, "Refused")
    finally:
        window.close()
    renewed_by_telephone(folder, code)
    clinic.server.start()
    bench = open_bench(unlock(folder))
    bench.exchange.catch_up()
    bench.shut()
    glass = clinic.at_server(lambda r: [row.reason for row in r.rows(select(BrokenGlass.reason))])
    assert set(glass) == {"no_permit"} and len(glass) >= 2, "read and written: each is reviewed"


def renewed_by_telephone(folder: Path, code: str) -> None:
    """At the sign-in window, with the server dead; its clock was set back to today, and that gives no permit back."""
    gate = ProfileGate(folder)
    facts = gate.facts()
    assert facts.permit == "ended"
    sign = SignInWindow(facts, remembered(folder).look(), lambda _login: False)
    try:
        assert "Only emergency reading is left" in sign.form.notice.accessibleName()
        assert sign.form.renew is not None
        dialog = PermitDialog(sign, facts, gate.renew, SystemClock())
        dialog.ask()
        assert "Ward 5" in words_of(dialog) and facts.number in words_of(dialog)
        for typed, said in (("AAAA", "17 letters"), (code, "")):
            dialog.code.setText(typed)
            dialog.try_code()
            assert said in dialog.wrong.accessibleName()
    finally:
        sign.close()
        sign.deleteLater()
    assert gate.facts().permit == ""
    with pytest.raises(Refused, match="used here already"):
        gate.renew(code)


def notes(reader: Any) -> list[str]:
    return [row.title for row in reader.rows(select(Note.title))]


def read_in_the_window(page: Any) -> None:
    """Choose the patient and say why, by keyboard."""
    fields = page.form.fields
    line = fields["patient"].line
    line.setFocus()
    QTest.keyClicks(line, "Emergency")
    hands.until(lambda: fields["patient"]._offered, "found")
    QTest.keyClick(line, Qt.Key.Key_Return)
    fields["reason"].type_in("Collapsed in the hall")
    page.form.finish()
