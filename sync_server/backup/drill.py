# SPDX-License-Identifier: Apache-2.0
"""The restore drill: the newest backup put back beside, opened and verified as a server, measured, and taken away."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hms_desktop.core.clock import instant
from hms_desktop.core.errors import Damaged
from hms_desktop.sync.verify import verify
from sync_server.backup.restoring import restore
from sync_server.home import Home, ServiceKeys, open_home

_PLACE = ".hms-drill-"


@dataclass(frozen=True)
class Drilled:
    """What a drill showed: which backup, how old it was (what a loss now would cost that no workstation still holds),
    how long it took until a server stood again, and until every signature in it was checked (seconds)."""

    file: str
    made: datetime
    age: timedelta
    rows: int
    sets: int
    signatures: int
    seconds: float
    checked_seconds: float


def drill(home: Home, file: Path, keys: ServiceKeys, beside: Path | None = None) -> Drilled:
    """Put a backup back into a folder that is taken away again; Damaged when it would not stand as a server.

    That folder lies in the server's own, where the keys lie already, and never beside the backups: a drill that is
    killed would leave them there together. What one left goes first.
    """
    for left in home.folder.glob(f"{_PLACE}*"):
        shutil.rmtree(left, ignore_errors=True)
    place = Path(tempfile.mkdtemp(prefix=_PLACE, dir=beside or home.folder))
    try:
        done = restore(file, keys, place / "server", home.store.clock)
        begun = time.monotonic()
        with open_home(place / "server", home.store.clock) as again, again.store.reading() as connection:
            facts, trail = again.server_facts, (again.folder, again.facts.author)
            found = verify(connection, facts.signing_public, facts.clinic, trail=trail)
        if broken := sorted({str(link) for link in found.broken} - set(done.manifest.broken)):
            raise Damaged(f"What was put back from {file.name} does not verify: {broken[0]}. Use another backup.")
    finally:
        shutil.rmtree(place, ignore_errors=True)
    made = instant(done.manifest.made_ms)
    return Drilled(
        file.name, made, instant(home.store.clock.now_ms()) - made, sum(done.manifest.rows.values()), found.whole,
        found.signatures, done.seconds, time.monotonic() - begun,
    )  # fmt: skip
