# SPDX-License-Identifier: Apache-2.0
"""The same work by a peer, PouchDB with its own server, where node is there: fetched into a scratch folder when asked.

It has no signatures, no checks, no encryption and no word index; its figures stand beside ours as they are.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure

PACKAGES = ("pouchdb@9", "express-pouchdb@4", "express@4")
SCRIPT = Path(__file__).with_name("pouch.js")
PATIENCE = 1800


def measure(folder: Path, rows: int) -> Iterator[Figure]:
    """Push, first fill, a thousand edits, and live edits; nothing where node or its packages are missing."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        sys.stderr.write("  PouchDB is not measured: node is not here\n")
        return
    place = folder / "pouch"
    place.mkdir()
    (place / "package.json").write_text("{}")
    wanted = [npm, "install", "--no-audit", "--no-fund", "--silent", *PACKAGES]
    done = subprocess.run(wanted, cwd=place, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        sys.stderr.write(f"  PouchDB is not measured: its packages could not be fetched\n{done.stderr[-500:]}\n")
        return
    shutil.copy(SCRIPT, place)
    ran = subprocess.run([node, SCRIPT.name, str(rows)], cwd=place, capture_output=True, text=True, timeout=PATIENCE)
    if ran.returncode:
        sys.stderr.write(f"  PouchDB is not measured: it stopped short\n{ran.stderr[-500:]}\n")
        return
    found: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    for what, seconds in found.items():
        yield Figure(f"PouchDB: {what}", seconds)
