# SPDX-License-Identifier: Apache-2.0
"""Who else has the encrypted file in use: the program that a person has to close, or to wait for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from hms_desktop.core.errors import Unavailable
from hms_desktop.core.text import _

_LOCKS = Path("/proc/locks")
_PARTS = ("", "-shm")
"""A file is locked by bytes of itself, or by bytes of the file in which its readers and its writer meet."""
_READER_SLOTS = range(123, 129)
"""Bytes of that file that are taken by whoever only has it open."""


class InUse(Unavailable):
    """Another program has the encrypted file in use; it goes on by itself once that lets go."""


def in_use(path: Path) -> InUse:
    """What is said while another program holds the file, with that program's name where the system tells it."""
    names = ", ".join(dict.fromkeys(holders(path)))
    if not names:
        return InUse(_("Another program is using the local store. Close it, then save again."))
    said = _(
        "Another program is using the local store: {programs}. Close it, or wait until it is done, then save again."
    )
    return InUse(said.format(programs=names))


def holders(path: Path) -> Iterator[str]:
    """The programs that hold a lock on a file, such as “scanner (process 1234)”; none where the system does not say."""
    places = {_place(Path(f"{path}{part}")): part for part in _PARTS}
    try:
        lines = _LOCKS.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        words = line.split()
        if len(words) < 8 or words[1] == "->" or words[3] != "WRITE" or words[5] not in places:
            continue
        number, begin = int(words[4]), int(words[6])
        if number in (os.getpid(), -1) or (places[words[5]] and begin in _READER_SLOTS):
            continue
        yield _("{program} (process {number})").format(program=_name(number), number=number)


def _place(path: Path) -> str:
    """A file as the list of locks names it."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"


def _name(number: int) -> str:
    try:
        return Path(f"/proc/{number}/comm").read_text("utf-8", "replace").strip()
    except OSError:
        return _("a program of somebody else")
