# SPDX-License-Identifier: Apache-2.0
"""A workstation that dies: a process of its own does a piece of work, says that it is committed, and is killed.

`python -m installer.day.dying CLINIC STATION LOGIN NAME` runs in that process; `die_at` starts and kills it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from hms_desktop.clinic.ehr.model import Observation
from installer.day import hands
from installer.day.clinic import DemoClinic, open_clinic
from installer.day.consulting import record_temperature
from installer.day.seat import Seat, dressed_application

COMMITTED = "committed"
TEMPERATURE = Decimal("37.9")
_PATIENCE_SECONDS = 60


def die_at(clinic: DemoClinic, station: str, login: str, listed: str) -> None:
    """Let a real session process work there, and SIGKILL it between its commit and its push."""
    words = ["-m", "installer.day.dying", str(clinic.folder), station, login, listed]
    process = subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.readline().strip()
    os.kill(process.pid, signal.SIGKILL)
    process.wait(_PATIENCE_SECONDS)
    process.stdout.close()
    if said != COMMITTED:
        raise AssertionError(f"the process at {station} was killed before it had committed: it said “{said}”")


def main() -> None:
    """Sign in, record a temperature by keyboard, say so once it is committed, and wait for the end."""
    folder, station, login, listed = sys.argv[1:]
    dressed_application()
    seat = Seat(open_clinic(Path(folder)), station, login)
    seat.sit_down()
    record_temperature(seat, listed, str(TEMPERATURE))
    question = select(Observation.id).where(Observation.value == TEMPERATURE)
    hands.until(lambda: bool(seat.ask(lambda reader: reader.rows(question))), "the reading is committed")
    print(COMMITTED, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
