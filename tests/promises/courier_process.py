# SPDX-License-Identifier: Apache-2.0
"""A session that gives task after task and says `saved` for each as the window does; it waits there to be killed.

`python -m tests.promises.courier_process FOLDER LOGIN COUNT`.
"""

from __future__ import annotations

import signal
import sys
from functools import partial
from pathlib import Path

from hms_desktop.clinic.patients.service import give_task
from hms_desktop.commands.bench import open_bench
from hms_desktop.security import sign_in
from hms_desktop.storage.keychain import FileKeychain
from tests.server.process import PASSWORD


def main() -> None:
    """Sign in without the network and work."""
    folder, login, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    bench = open_bench(sign_in.unlock(folder, login, PASSWORD, keychain=FileKeychain(folder)))
    for at in range(count):
        task = partial(give_task, title=f"Task {at}", role="receptionist", subject=None, subject_table=None)
        bench.store.act(task, bench.acting)
        sys.stdout.write(f"saved {at}\n")
        sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main()
