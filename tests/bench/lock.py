# SPDX-License-Identifier: Apache-2.0
"""How long after the deadline of the idle lock the screen is blank, with a question open over the window.

The floor is a bare Qt window with a dialog that a timer of the same kind hides.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.figures import Figure, at
from tests.server.warm import ROOT

ROUNDS = 40
NEARLY = 0.05


def measure(folder: Path, _rows: int) -> Iterator[Figure]:
    """p95 of forty locks, off screen, in a process of its own."""
    words = [sys.executable, "-m", "tests.bench.lock", str(folder / "lock")]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    ours, bare = json.loads(done.stdout.splitlines()[-1])
    yield Figure("blank after the idle deadline, p95", at(ours, 0.95), at(bare, 0.95), "bare Qt window", most=0.2)


def main() -> None:
    """Print both lists of seconds."""
    from PySide6.QtWidgets import QDialog, QWidget

    from hms_desktop.app import open_workstation
    from hms_desktop.front import dressed_application
    from hms_desktop.ui.shell.sync_facts import NoSync
    from hms_desktop.ui.widgets.confirm import Confirm
    from tests.ui.shell import enrolled

    app = dressed_application()
    station = open_workstation(enrolled.unlock(enrolled.enrol(Path(sys.argv[1]))), sync=NoSync())
    plain = QWidget()

    def ours() -> None:
        station.show()
        Confirm(station.window, "Sure?", "Ann", "Yes", lambda: None).open()

    def bare() -> None:
        plain.show()
        QDialog(plain).open()

    def hide() -> None:
        for window in (*plain.findChildren(QDialog), plain):
            window.hide()

    seconds = [
        [_locked(app.processEvents, *case) for _round in range(ROUNDS)]
        for case in ((ours, station.blank, station.window.isVisible), (bare, hide, plain.isVisible))
    ]
    sys.stdout.write(json.dumps(seconds) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _locked(
    events: Callable[[], object], show: Callable[[], None], blank: Callable[[], object], shown: Callable[[], bool]
) -> float:
    """Seconds from the deadline until nothing is shown."""
    from hms_desktop.ui.shell.idle import IdleWatch

    show()
    events()
    watch = IdleWatch(1)
    watch.expired.connect(blank)
    watch._last = watch._now() - 60 + NEARLY
    deadline = time.perf_counter() + NEARLY
    watch.look()
    while shown():
        events()
    return time.perf_counter() - deadline


if __name__ == "__main__":
    main()
