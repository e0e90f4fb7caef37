# SPDX-License-Identifier: Apache-2.0
"""`hms sync` that stops dead between pull and apply of a page, and waits there to be killed.

`python -m tests.promises.sync_process FOLDER LOGIN PAGE STAGE`: at page PAGE (0 is the first), STAGE `before` holds it
when the page has come and nothing of it is applied, `half` when it is applied and not yet committed.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any

from hms_desktop.commands.bench import open_bench
from hms_desktop.security import sign_in
from hms_desktop.storage.keychain import FileKeychain
from hms_desktop.sync import protocol, pull
from tests.server.process import PASSWORD

PAGE = 20


def hold() -> None:
    """Say so, and wait for the kill."""
    sys.stdout.write("held\n")
    sys.stdout.flush()
    signal.pause()


def main() -> None:
    """One round of sync, held at the asked moment."""
    folder, login, wanted, stage = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
    protocol.MAX_PAGE = PAGE
    taken = [0]
    take = pull.take_page

    def take_page(*arguments: Any) -> Any:
        here = taken[0] == wanted
        taken[0] += 1
        if here and stage == "before":
            hold()
        outcome = take(*arguments)
        if here:
            hold()
        return outcome

    setattr(pull, "take_page", take_page)  # noqa: B010
    bench = open_bench(sign_in.unlock(folder, login, PASSWORD, keychain=FileKeychain(folder)))
    bench.exchange.catch_up()


if __name__ == "__main__":
    main()
