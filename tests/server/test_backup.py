# SPDX-License-Identifier: Apache-2.0
"""Backups of a serving server by its commands: made, tried, kept by age, refused by name, and put back elsewhere."""

from __future__ import annotations

import errno
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.core.clock import SetClock, SystemClock
from hms_desktop.core.errors import BadInput, ClinicError, Unavailable
from hms_desktop.security.administration import AdminEvent
from installer.day.server import free_port
from sync_server import metrics
from sync_server.administration import By
from sync_server.backup import drill as drilling
from sync_server.backup import making, plan
from sync_server.backup.keeping import Keep, backups_in, wanted
from sync_server.backup.making import make_backup
from sync_server.backup.parcel import read_manifest, unpack
from sync_server.backup.restoring import restore
from sync_server.home import KEYS_FILE, Plan, make
from sync_server.notebook import open_notebook
from sync_server.recovery_key import make_recovery_key
from tests import stores
from tests.server.process import ServerProcess, until
from tests.sync.writes import phoned, register, renamed

of_files = stores.files_only("a database is copied by PostgreSQL's own means")


@pytest.fixture(scope="module")
def copied(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, Path]]:
    """The served clinic and a backup of it."""
    folder = tmp_path_factory.mktemp("copies")
    told = server.command("backup", "--to", str(folder))
    yield server, Path(told["file"])


@pytest.mark.accepts("OPS-05")
@of_files
def test_a_backup_is_made_while_the_server_serves_and_opens_only_with_the_keys(
    copied: tuple[ServerProcess, Path], tmp_path: Path
) -> None:
    server, file = copied
    assert [one.name for one in file.parent.iterdir() if not one.name.startswith(".hms-backup.lock")] == [file.name]
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        raw = b"".join(archive.read(name) for name in names)
    assert {"store.db", "manifest.json", "manifest.sig", "server.json", "ca.pem"} <= names
    assert not {KEYS_FILE, "server.key"} & names and b"PRIVATE KEY" not in raw
    for secret in (server.home.keys.store, server.home.keys.signing, server.home.keys.worker):
        assert secret not in raw and secret.hex().encode() not in raw
    to = tmp_path / "again"
    done = server.command("restore", str(file), "--to", str(to), "--keys", str(server.folder / KEYS_FILE))
    assert done["author"] != "000" and (to / "store.db").is_file()
    checked = server.run("verify", "--folder", str(to), "--json")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert server.command("restored") == {"restored": None}
    again = server.command("new-epoch", "--folder", str(to))["author"]
    assert again not in ("000", done["author"]), "a folder that was put back by hand"


@pytest.mark.accepts("OPS-05")
@of_files
def test_other_keys_a_damaged_file_and_a_folder_that_is_there_are_named_and_nothing_is_touched(
    copied: tuple[ServerProcess, Path], tmp_path: Path
) -> None:
    server, file = copied
    keys = str(server.folder / KEYS_FILE)
    before = (file.read_bytes(), sorted(tmp_path.iterdir()))
    other = ServerProcess(tmp_path / "other")
    other.close()
    there = tmp_path / "there"
    there.mkdir()
    (there / "kept.txt").write_text("mine")

    def refused(*words: str) -> str:
        done = server.run("restore", *words)
        assert done.returncode != 0
        return done.stderr

    to = str(tmp_path / "new")
    assert "another server's" in refused(str(file), "--to", to, "--keys", str(other.folder / KEYS_FILE))
    assert "there already" in refused(str(file), "--to", str(there), "--keys", keys)
    assert "Say where the keys are" in refused(str(file), "--to", to)
    assert "no file" in refused(str(tmp_path / "none.backup"), "--to", to, "--keys", keys)
    for at, said in ((len(before[0]) // 2, "is damaged"), (before[0].index(b"clinic_name") + 20, "damaged")):
        raw = bytearray(before[0])
        raw[at] ^= 1
        hurt = tmp_path / "hurt.backup"
        hurt.write_bytes(raw)
        assert said in refused(str(hurt), "--to", to, "--keys", keys)
        hurt.unlink()
    half = tmp_path / "half.backup"
    half.write_bytes(before[0][: len(before[0]) // 2])
    assert "no whole backup" in refused(str(half), "--to", to, "--keys", keys)
    assert file.read_bytes() == before[0] and (there / "kept.txt").read_text() == "mine"
    assert not Path(to).exists() and not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


@pytest.mark.accepts("OPS-05", "OPS-06")
@of_files
def test_two_holders_open_the_sealed_keys_for_a_drill(copied: tuple[ServerProcess, Path], tmp_path: Path) -> None:
    server, file = copied
    refused = server.run("escrow", "--to", str(tmp_path / "early"))
    shares = make_recovery_key(server.home).shares
    assert "no recovery key yet" in refused.stderr
    assert "holds backups" in server.run("escrow", "--to", str(file.parent / "keys")).stderr
    sealed = tmp_path / "keys.sealed"
    server.command("escrow", "--to", str(sealed))
    line = ("drill", "--file", str(file), "--escrow", str(sealed))
    told = server.command(*line, typed=f"{shares[0]}\n{shares[2]}\n")
    assert told["signatures"] > 0 and not told["own_keys"]
    others = make_recovery_key(server.home).shares
    assert "another recovery key" in server.run(*line, typed=f"{others[0]}\n{others[1]}\n").stderr
    assert [one.name for one in file.parent.iterdir() if one.suffix == ".backup"] == [file.name]


@of_files
def test_a_drill_lays_the_keys_beside_no_backup_and_clears_away_what_a_killed_one_left(
    copied: tuple[ServerProcess, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, file = copied
    left = server.folder / ".hms-drill-killed"
    left.mkdir()
    seen: list[Path] = []
    monkeypatch.setattr(drilling, "restore", lambda _file, _keys, to, _clock: _stopped(seen, to))
    with pytest.raises(Unavailable, match="stopped"):
        drilling.drill(server.home, file, server.home.keys)
    assert file.parent not in seen[0].parents and not left.exists()


def _stopped(seen: list[Path], to: Path) -> None:
    seen.append(to)
    raise Unavailable("stopped")


@of_files
def test_the_same_backup_put_back_twice_writes_as_two_authors(
    copied: tuple[ServerProcess, Path], tmp_path: Path
) -> None:
    """What the first wrote is known to workstations: a second chain of the same number would stop them all."""
    server, file = copied
    found = {restore(file, server.home.keys, tmp_path / str(n)).author for n in range(4)}
    assert len(found) > 1


@of_files
def test_a_backup_with_any_byte_of_its_lists_changed_is_named_and_stops_no_other(
    copied: tuple[ServerProcess, Path], tmp_path: Path
) -> None:
    server, file = copied
    raw = file.read_bytes()
    lists = raw.rindex(b"PK\x05\x06") - int.from_bytes(raw[raw.rindex(b"PK\x05\x06") + 12 :][:4], "little")
    places = [*range(120), *range(lists, len(raw))]
    kept = tmp_path / file.name
    kept.write_bytes(raw)
    spoilt = tmp_path / "hms-spoilt.backup"
    for place in places:
        for bit in (1, 0x40, 0x80):
            spoilt.write_bytes(raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :])
            with suppress(ClinicError):
                manifest, _holds = read_manifest(spoilt)
                (tmp_path / "out").mkdir()
                unpack(spoilt, manifest, tmp_path / "out")
            shutil.rmtree(tmp_path / "out", ignore_errors=True)
    spoilt.write_bytes(raw[:lists] + raw[lists : lists + 8] + b"\x01" + raw[lists + 9 :])  # it says: encrypted
    assert [one.file for one in backups_in(tmp_path, server.home)] == [kept]


@of_files
def test_a_clock_that_ran_ahead_and_was_put_right_hides_no_missing_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ServerProcess(tmp_path / "server")
    home, book = made.home, open_notebook(made.home)
    begun, days = home.store.clock.now_ms(), [400]
    monkeypatch.setattr(home.store.clock, "now_ms", lambda: begun + days[0] * 86_400_000)
    assert plan.run_if_due(home, book)
    days[0] = 3
    assert plan.standing(home, book).overdue
    assert plan.run_if_due(home, book) and not plan.standing(home, book).overdue
    assert not plan.run_if_due(home, book)
    book.close()
    made.close()


@pytest.mark.accepts("OPS-05")
@of_files
def test_the_server_makes_them_by_itself_keeps_them_by_age_and_says_when_it_can_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ServerProcess(tmp_path / "server")
    home, book = made.home, open_notebook(made.home)
    assert not plan.run_if_due(home, book)  # it was made today
    clock = home.store.clock
    begun = clock.now_ms()
    days = [0]
    monkeypatch.setattr(clock, "now_ms", lambda: begun + days[0] * 86_400_000)
    for key in (plan.DAYS, plan.WEEKS, plan.MONTHS):
        made.command("settings", "set", key, "1")
    for key, value, said in (
        (plan.HOUR, "24", "no hour"),
        (plan.FOLDER, "there", "no folder"),
        (plan.DAYS, "0", "whole"),
    ):
        assert said in made.run("settings", "set", key, value).stderr
    plan.want(book, By(home.facts.id, "Anele", "10.0.4.7"))
    assert plan.is_wanted(book) and plan.run_if_due(home, book) and not plan.is_wanted(book)
    stranger = home.folder / plan.BESIDE / "hms-20200101-010101.backup"
    for _day in range(3):
        days[0] += 1
        assert plan.run_if_due(home, book)
        stranger.write_bytes(b"somebody else's")
        assert not plan.run_if_due(home, book)
    assert plan.standing(home, book).well
    made.command("settings", "set", plan.FOLDER, str(tmp_path))
    assert plan.folder_of(home) == tmp_path
    made.command("settings", "set", plan.FOLDER, plan.BESIDE)
    kept = backups_in(home.folder / plan.BESIDE, home)
    assert [one.file for one in kept] == [Path(book.get("backups")["file"])] and stranger.exists()
    told = json.loads(made.run("backups", "--json").stdout)
    assert told["kept"] == [kept[0].file.name] and told["same_disk"]
    monkeypatch.setattr(making.shutil, "disk_usage", lambda _folder: shutil._ntuple_diskusage(100, 100, 0))
    days[0] += 2
    with pytest.raises(Unavailable, match="MB free"):
        plan.run_if_due(home, book)
    found = plan.standing(home, book)
    assert found.overdue and "MB free" in found.problem and len(plan.problems(found)) == 2
    assert backups_in(home.folder / plan.BESIDE, home) == kept
    book.close()
    made.close()


def test_one_is_kept_of_each_day_week_and_month_and_the_newest_always() -> None:
    begin = datetime(2026, 11, 23, 1, tzinfo=UTC)
    moments = [begin - timedelta(hours=12 * n) for n in range(900)]
    kept = sorted(wanted(moments, Keep(7, 4, 12)), reverse=True)
    assert kept[0] == begin and wanted([begin], Keep(1, 1, 1)) == {begin}
    assert [at.date() for at in kept[:7]] == [(begin - timedelta(days=n)).date() for n in range(7)]
    assert len({at.isocalendar()[:2] for at in kept}) >= 4 and len({(at.year, at.month) for at in kept}) == 12
    assert len(kept) <= 7 + 4 + 12


@of_files
def test_a_folder_that_is_none_or_can_not_be_written_is_named_and_nothing_half_stays(
    copied: tuple[ServerProcess, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _file = copied
    with pytest.raises(BadInput, match="is no folder"):
        make_backup(server.home, tmp_path / "none")

    for at, said in ((errno.ENOSPC, "is full"), (errno.EROFS, "can't be written")):
        monkeypatch.setattr(making, "pack", partial(_fails, at))
        with pytest.raises(Unavailable, match=said):
            make_backup(server.home, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == [".hms-backup.lock"]


def _fails(number: int, *_words: Any) -> None:
    raise OSError(number, os.strerror(number))


@pytest.mark.accepts("OPS-06")
@of_files
def test_one_patient_comes_out_of_the_log_or_out_of_a_backup_as_it_was_and_nothing_is_restored(
    copied: tuple[ServerProcess, Path], tmp_path: Path
) -> None:
    server, _file = copied
    home = server.home
    patient = home.store.act(register, home.worker)
    home.store.act(phoned(patient), home.worker)
    mrn = home.store.read(lambda reader: reader.get(Patient, patient).mrn, home.worker)
    before = datetime.now(UTC)
    until(lambda: datetime.now(UTC) > before + timedelta(milliseconds=2))
    file = server.command("backup", "--to", str(tmp_path))["file"]
    home.store.act(renamed(patient, "Wrongly"), home.worker)

    def told(*words: str) -> dict[str, Any]:
        out = tmp_path / f"{len(list(tmp_path.iterdir()))}.json"
        server.command("history", mrn, "--out", str(out), *words)
        assert out.stat().st_mode & 0o77 == 0
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return {record["table"]: record for record in found["records"]}

    now, then, kept = told(), told("--at", before.isoformat()), told("--backup", file)
    assert now["patient"]["values"]["family"] == "Wrongly" and len(now["patient"]["changes"]) == 2
    for found in (then, kept):
        assert found["patient"]["values"]["family"] == "Okonkwo" and len(found["patient"]["changes"]) == 1
        assert found["patient_contact"]["values"]["value"] == "+27821234567"
    assert "No patient" in server.run("history", "MRN-000-00009-Z", "--out", str(tmp_path / "none")).stderr
    assert "no moment" in server.run("history", mrn, "--at", "noon", "--out", str(tmp_path / "none")).stderr
    noted = select(AdminEvent.id).where(AdminEvent.kind == "patient.history", AdminEvent.subject == patient)
    assert len(home.store.read(lambda reader: reader.rows(noted), home.worker)) == 3
    assert not (tmp_path / "none").exists()


@pytest.mark.accepts("OPS-05")
def test_a_served_clinic_gets_its_daily_backup_by_itself_and_without_one_the_command_says_so(tmp_path: Path) -> None:
    words = Plan("Riverbend Clinic", "Africa/Johannesburg", "ZAR", "Main", ("127.0.0.1",), free_port(), True)
    make(tmp_path / "server", words, SetClock(SystemClock().now_ms() - 2 * 86_400_000)).store.close()
    server = ServerProcess(tmp_path / "server")
    said = server.run("backups")
    assert said.returncode == 1 and "no backup of the last day" in said.stdout and "own disk" in said.stdout
    server.start()
    until(lambda: list((server.folder / plan.BESIDE).glob("hms-*.backup")))
    until(lambda: server.run("backups").returncode == 0)
    server.close()


def test_numbers_are_told_while_files_come_and_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As while a backup is made: what is there when it is listed is gone when it is looked at."""
    (tmp_path / "half").write_bytes(bytes(10))
    is_file = Path.is_file

    def gone_then(path: Path) -> bool:
        there = is_file(path)
        if path.parent == tmp_path:
            path.unlink(missing_ok=True)
        return there

    monkeypatch.setattr(Path, "is_file", gone_then)
    assert {one.name: one.value for one in metrics._of_machine(tmp_path)}["hms_folder_bytes"] == 0
