# SPDX-License-Identifier: Apache-2.0
"""The drill: a workstation loses its keyring with work unsent, and two of three holders bring it back."""

from __future__ import annotations

import json
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest

from hms_desktop.clinic.patients.service import give_task
from hms_desktop.commands.recovery import recover
from hms_desktop.core.errors import BadInput, Damaged, NotFound, Unavailable
from hms_desktop.security import sign_in
from hms_desktop.security.people import read_people
from hms_desktop.security.recovery import NEXT_FILE, RECOVERY_FILE, keep_recovery_slot, open_recovery_slot
from hms_desktop.security.shares import join, read_share, split
from hms_desktop.storage import rekey
from hms_desktop.storage.keychain import FileKeychain
from sync_server import devices
from sync_server.recovery_key import make_recovery_key
from tests.promises.commands import hms
from tests.server.process import PASSWORD, ServerProcess, until


def lose_keyring(folder: Path) -> None:
    """The computer's keyring is gone: nothing that it held comes back."""
    for secret in folder.glob("*.secret"):
        secret.unlink()


def unsent(server: ServerProcess, folder: Path, title: str) -> int:
    """Work at the workstation that the server has not heard of; returns how many change sets wait."""
    bench = server.bench(folder, "zanele")
    bench.store.act(partial(give_task, title=title, role="receptionist"), bench.acting)
    waiting = bench.exchange.counts().waiting
    bench.shut()
    return waiting


def typed(*shares: str) -> str:
    return "".join(f"{share}\n" for share in shares)


@pytest.mark.accepts("SYN-08")
def test_two_of_three_holders_open_a_workstation_and_its_unsent_work_arrives(
    server: ServerProcess, tmp_path: Path
) -> None:
    shares = make_recovery_key(server.home).shares
    folder = tmp_path / "lost"
    server.enrol(folder, "Lost desk", "front_desk")
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    bench.shut()
    server.kill()
    waiting = unsent(server, folder, "Call back about the bed")
    lose_keyring(folder)
    line = ("recover", "--profile", str(folder), "--allow-private-file")
    with pytest.raises(Unavailable):
        sign_in.unlock(folder, "zanele", PASSWORD, keychain=FileKeychain(folder))
    alone = hms(*line, typed=typed(shares[0], shares[0]))
    assert alone.returncode == 2 and "2 different holders" in alone.stderr
    assert hms(*line, typed=typed(shares[0])).returncode == 2
    done = hms(*line, "--json", typed=typed(shares[0].lower(), shares[2].replace("-", " ")))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["name"] == "Lost desk" and set(answer["people"]) == {"zanele", "thabo"}
    assert answer["waiting"] >= waiting
    again = hms(*line, typed=typed(shares[0], shares[1]))
    assert again.returncode == 2 and "sign in instead" in again.stderr
    assert sign_in.unlock(folder, "zanele", PASSWORD, keychain=FileKeychain(folder)), "with the server still dead"
    server.start()
    _rejoin(server, folder)
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    assert bench.exchange.counts().waiting == 0 and not bench.exchange.counts().held_back
    bench.shut()
    assert "Broken" not in server.run("verify").stdout
    checked = hms("verify", "--profile", str(folder), "--login", "zanele", "--password-stdin", typed=PASSWORD + "\n")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def _rejoin(server: ServerProcess, folder: Path) -> None:
    """The administrator hands over a code, compares the words, and approves the new key."""
    wrong = hms("rejoin", "--profile", str(folder), "--code", server.code("Another desk"))
    assert wrong.returncode == 4 and "another workstation" in wrong.stderr
    code = server.command("new-keys", "Lost desk")["code"]
    done = []
    waits = threading.Thread(target=lambda: done.append(hms("rejoin", "--profile", str(folder), "--code", code)))
    waits.start()

    def words() -> tuple[str, ...]:
        return next(row.words for row in devices.device_rows(server.home) if row.name == "Lost desk")

    until(words)
    server.command("approve", "Lost desk", "--words", " ".join(words()))
    waits.join(60)
    assert done[0].returncode == 0, done[0].stderr


def test_a_key_made_later_reaches_workstations_and_a_turned_file_key_stays_recoverable(
    server: ServerProcess, tmp_path: Path
) -> None:
    folder = tmp_path / "turned"
    server.enrol(folder, "Turned desk", "front_desk")
    said = server.command("recovery-key", "--make")
    assert server.command("recovery-key")["since"] and server.command("recovery-key")["shares"] == []
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    opened = bench.opened
    bench.shut()
    secret = join([read_share(share) for share in said["shares"][1:]])
    key, profile, epoch = open_recovery_slot(folder, secret)
    assert rekey.opens(folder / "replica.db", key)
    keep_recovery_slot(folder, profile, b"n" * 32, epoch + 1, NEXT_FILE)
    rekey.rekey(folder / "replica.db", key, b"n" * 32)
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    lose_keyring(folder)
    keychain = FileKeychain(folder)
    done = recover(folder, [read_share(share) for share in said["shares"][:2]], keychain)
    assert read_people(folder, done.device, profile.station.device).epoch == epoch + 1
    again = sign_in.unlock(folder, "zanele", PASSWORD, keychain=keychain)
    assert again.granted == opened.granted and not (folder / NEXT_FILE).exists()
    lose_keyring(kept)
    with pytest.raises(BadInput, match="another recovery key"):
        recover(kept, list(split(bytes(32), 3, 2)), FileKeychain(kept))
    (kept / NEXT_FILE).unlink()
    with pytest.raises(Damaged, match="another file"):
        recover(kept, [read_share(share) for share in said["shares"][:2]], FileKeychain(kept))
    (kept / RECOVERY_FILE).unlink()
    with pytest.raises(NotFound, match="never knew"):
        recover(kept, list(split(bytes(32), 3, 2)), FileKeychain(kept))


def test_a_new_server_prints_its_shares_once(server: ServerProcess, tmp_path: Path) -> None:
    line = ("init", "--folder", str(tmp_path / "new"), "--clinic", "C", "--zone", "UTC", "--currency", "EUR")
    made = server.run(*line, "--host", "127.0.0.1")
    assert made.returncode == 0 and made.stdout.count("Share ") == 3 and "another person" in made.stdout
    told = server.run("recovery-key", "--folder", str(tmp_path / "new"))
    assert "There is a recovery key since" in told.stdout and "Share" not in told.stdout
