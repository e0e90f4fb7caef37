# SPDX-License-Identifier: Apache-2.0
"""A session at a desk, in a process of its own: somebody registers and changes patients while the line goes, until the
process is killed. What it called saved is said where a kill takes nothing back.
"""

from __future__ import annotations

import errno
import os
import random
import string
import time
import traceback
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sqlalchemy import select

from hms_desktop.clinic.patients.model import Patient
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.patients.service import change_details, register
from hms_desktop.commands.attendance import Attendance
from hms_desktop.commands.bench import Bench, open_bench
from hms_desktop.core.errors import ClinicError
from hms_desktop.security import sign_in
from hms_desktop.storage.keychain import FileKeychain
from tests.dying import as_told
from tests.killing import says
from tests.server.process import PASSWORD

OPENED, SAVED, TOLD, FAULT = "opened", "saved", "told", "fault"
"""How each line that a session says begins."""


def somebody(chance: random.Random) -> Registration:
    """A patient whom nobody takes for another."""
    family = "".join(chance.choices(string.ascii_lowercase, k=12)).title()
    born = f"{chance.randint(1930, 2019)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return Registration(
        family=family, given="Ann", sex="female", born=born, phone=f"+27 82 55{chance.randrange(10**5):05}"
    )


def works(folder: Path, login: str, said: Path, seed: int, env: Mapping[str, str]) -> None:
    """Sign in and work until killed; a fault of the program is said, too, and ends it."""
    with said.with_suffix(".log").open("ab") as log:  # what the program notes of a full disk is not what is looked at
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    as_told(env)
    try:
        _at_work(folder, login, said, random.Random(seed))
    except ClinicError as error:
        says(said, f"{TOLD} {error.code}: {error}")
    except OSError as error:
        told = TOLD if error.errno == errno.ENOSPC else FAULT
        says(said, f"{told} {error!r}".replace("\n", " "))
    except Exception:
        says(said, f"{FAULT} {traceback.format_exc()!r}")


def _at_work(folder: Path, login: str, said: Path, chance: random.Random) -> None:
    keychain = FileKeychain(folder)
    bench = open_bench(sign_in.unlock(folder, login, PASSWORD, keychain=keychain))
    Attendance(bench).came(keychain, "window")
    bench.runner.start()
    says(said, OPENED)
    while True:
        try:
            _acts(bench, said, chance)
        except ClinicError as error:
            says(said, f"{TOLD} {error.code}: {error}")
        time.sleep(chance.uniform(0, 0.05))


def _acts(bench: Bench, said: Path, chance: random.Random) -> None:
    known = bench.store.read(lambda reader: reader.rows(select(Patient.id)), bench.acting)
    written = somebody(chance)
    if known and chance.random() < 0.3:
        patient = chance.choice(known).id
        bench.store.act(partial(change_details, patient=patient, written=written, reason="Typed wrong"), bench.acting)
        return
    id = bench.store.act(partial(register, written=written), bench.acting)
    says(said, f"{SAVED} {id.hex}")
