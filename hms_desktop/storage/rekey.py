# SPDX-License-Identifier: Apache-2.0
"""Giving an encrypted file another key, in place: it opens with the old key or with the new one, whenever it is cut."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.engine import connect

_PATIENCE_MS = 2_000


def opens(path: Path, key: bytes) -> bool:
    """Whether the file opens with this key. A change of key that was cut is taken back here, by its own journal."""
    try:
        connect(path, key).close()
    except Damaged:
        return False
    return True


def rekey(path: Path, old: bytes, new: bytes) -> None:
    """Give the file the new key; Unavailable when somebody else has it open or the disk does not take it.

    The journal must be the one that is played back with the old key: under WAL a cut could leave pages of both.
    """
    with closing(sqlcipher.connect(str(path), timeout=_PATIENCE_MS / 1000, isolation_level=None)) as connection:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA key=\"x'{old.hex()}'\"")
        cursor.execute("PRAGMA cipher_log_level=NONE")
        try:
            mode = cursor.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            if mode != "delete":
                raise Unavailable(_("The encrypted file is open elsewhere: its key is changed at the next sign-in."))
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute(f"PRAGMA rekey=\"x'{new.hex()}'\"")
        except sqlcipher.DatabaseError as error:
            raise Unavailable(
                _("The key of the encrypted file could not be changed now. Free some space on the disk.")
            ) from error
    if not opens(path, new):
        raise Unavailable(_("The encrypted file did not take its new key; it is tried again at the next sign-in."))
