# SPDX-License-Identifier: Apache-2.0
"""The real reading process with a planted fault: files named for it break, hang, swell or babble as they are read."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

from hms_desktop.interop.fhir import reader
from sync_server import catalogue_files
from sync_server.reading import child

real, real_words = reader.entries, catalogue_files._text


def entries(data: bytes, name: str, limits: Any) -> Any:
    """Do what the name says, else read as always."""
    for sign, fault in FAULTS.items():
        if sign in name:
            fault()
    return real(data, name, limits)


def words(path: Path) -> str:
    """The same for reference data."""
    for sign, fault in FAULTS.items():
        if sign in path.name:
            fault()
    return real_words(path)


def swell() -> None:
    """Ask for more memory than there may be, until there is none."""
    kept = []
    while True:
        kept.append(bytearray(64 * 1024 * 1024))


FAULTS = {
    "breaks": lambda: os.abort(),
    "hangs": lambda: time.sleep(600),
    "swells": swell,
    "babbles": lambda: os.write(sys.stdout.fileno(), b"\x00\x00\x00\x04nope"),
}

if __name__ == "__main__":
    reader.entries = entries  # type: ignore[assignment]
    catalogue_files._text = words
    child.main()
