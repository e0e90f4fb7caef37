# SPDX-License-Identifier: Apache-2.0
"""What a person waits for at the screen: the program's start, and the way from unlocking to the home screen."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, at
from tests.server.process import PASSWORD, ServerProcess
from tests.server.warm import ROOT

_BARE = (
    "import sys, time; b = time.perf_counter()\n"
    "from PySide6.QtWidgets import QApplication, QWidget\n"
    "a = QApplication(sys.argv); w = QWidget(); w.show(); a.processEvents(); print(time.perf_counter() - b)"
)
_START = (
    "import sys, time; b = time.perf_counter()\n"
    "from pathlib import Path\n"
    "from hms_desktop.front import FrontDoor, ProfileGate, SystemClock\n"
    "from hms_desktop.front import dressed_application, remembered, session_command\n"
    "folder = Path(sys.argv[1]); app = dressed_application(); gate = ProfileGate(folder)\n"
    "door = FrontDoor(session_command(folder), gate, remembered(folder), SystemClock()); door.start()\n"
    "app.processEvents(); print(time.perf_counter() - b); sys.stdout.flush(); door.stop(); import os; os._exit(0)"
)
_HOME = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from hms_desktop.app import open_workstation, profile_keychain, dressed_application\n"
    "from hms_desktop.security import sign_in\n"
    "folder = Path(sys.argv[1]); app = dressed_application()\n"
    "opened = sign_in.unlock(folder, 'thabo', sys.argv[2], keychain=profile_keychain(folder))\n"
    "b = time.perf_counter(); station = open_workstation(opened); station.window.show(); app.processEvents()\n"
    "print(time.perf_counter() - b); sys.stdout.flush(); import os; os._exit(0)"
)


def measure(folder: Path, _rows: int) -> Iterator[Figure]:
    """Medians of five runs each, warm, off screen."""
    server = ServerProcess(folder / "window server")
    server.person("thabo", "doctor")
    server.start()
    server.enrol(folder / "window", "Room 3", "doctor")
    bench = server.bench(folder / "window", "thabo")
    bench.exchange.catch_up()
    bench.store.close()
    bare = _median(_BARE)
    yield Figure("start to sign-in window", _median(_START, str(folder / "window")), bare, "bare Qt window")
    yield Figure(
        "unlock to home, after the key", _median(_HOME, str(folder / "window"), PASSWORD), bare, "bare Qt window"
    )
    server.close()


def _median(script: str, *words: str) -> float:
    taken = []
    for _run in range(5):
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        done = subprocess.run(
            [sys.executable, "-c", script, *words], capture_output=True, text=True, cwd=ROOT, env=environment
        )
        taken.append(float(done.stdout.split()[-1]) if done.returncode == 0 else _failed(done.stderr))
        time.sleep(0.1)
    return at(taken, 0.5)


def _failed(why: str) -> float:
    raise RuntimeError(why[-2000:])
