# SPDX-License-Identifier: Apache-2.0
"""The demo with a display: opens the workstations' own windows, and says who can sign in with what."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from hms_desktop.core.errors import BadInput
from hms_desktop.security.roles import may_sign_in_at
from installer.day.clinic import DemoClinic, is_made, make_clinic, open_clinic
from installer.day.people import shipped_stations

OPENED = ("Front desk 1", "Doctor's room", "Lab bench", "Pharmacy 1")


def open_demo(folder: Path, stations: Sequence[str], afresh: bool) -> int:
    """Make the clinic if it is not there, serve it, and open these workstations until their windows are closed."""

    def say(words: str) -> None:
        print(f"  · {words}", flush=True)

    known = [station.name for station in shipped_stations()]
    for name in stations:
        if name not in known:
            raise BadInput(f"There is no workstation “{name}”: choose among {', '.join(known)}.", "station")
    clinic = open_clinic(folder) if is_made(folder) and not afresh else make_clinic(folder, say)
    for sent in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(sent, lambda *_sent: _end())
    windows: list[subprocess.Popen[bytes]] = []
    try:
        clinic.server.start()
        say(f"sync server on {clinic.server.address} (process {clinic.server.pid})")
        print(who_can_sign_in(clinic), flush=True)
        windows += [_open(clinic, name) for name in stations or OPENED]
        say(f"{len(windows)} workstations are open; close their windows, or press Ctrl+C here, to end")
        _until_closed(windows)
    except KeyboardInterrupt:
        say("closing")
    finally:
        for window in windows:
            window.terminate()
        clinic.server.stop()
    return 0


def who_can_sign_in(clinic: DemoClinic) -> str:
    """Name, role, password and code of everybody, and where; training data only, made for this folder."""
    lines = ["", f"  {'sign in as':<14} {'role':<18} {'password':<46} where"]
    for person in clinic.people:
        where = ", ".join(s.name for s in clinic.stations if may_sign_in_at(person.roles, s.kind)) or "nowhere yet"
        lines.append(f"  {person.login:<14} {person.roles[0]:<18} {person.password:<46} {where}")
        if person.seed:
            lines.append(f"  {'':<14} code now: {person.code()} (for {person.code_lasts()} s), seed {person.seed}")
    names = ", ".join(f'--station "{station.name}"' for station in clinic.stations if station.name not in OPENED)
    ways = [
        "  A code lasts 30 seconds: `python3 installer/run.py --who` says the next one, and so does an authenticator",
        "  app that was given the seed.",
        f"  Other workstations: `python3 installer/run.py` with {names}.",
    ]
    return "\n".join([*lines, "", *ways, ""])


def say_who(folder: Path) -> int:
    """Say who can sign in with what, with the codes of this moment; 1 when there is no demo clinic yet."""
    if not is_made(folder):
        print("There is no demo clinic yet: `python3 installer/run.py` makes it.")
        return 1
    print(who_can_sign_in(open_clinic(folder)), flush=True)
    return 0


def _open(clinic: DemoClinic, station: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hms_desktop", "desktop", "--profile", str(clinic.profile(station))]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL)


def _end() -> None:
    """Whoever ends this process ends the windows and the server with it, as Ctrl+C does."""
    raise KeyboardInterrupt


def _until_closed(windows: Sequence[subprocess.Popen[bytes]]) -> None:
    while any(window.poll() is None for window in windows):
        time.sleep(0.3)
