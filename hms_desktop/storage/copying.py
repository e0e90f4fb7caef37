# SPDX-License-Identifier: Apache-2.0
"""A consistent copy of an encrypted file that is in use: encrypted under the same key, whole or not there."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from sqlcipher3 import dbapi2 as sqlcipher

from hms_desktop.core.errors import Damaged, Unavailable
from hms_desktop.core.text import _
from hms_desktop.storage.engine import connect


def copy_encrypted(path: Path, key: bytes, target: Path) -> None:
    """Copy what one moment's reader sees of the file to `target`, which must not be there; on the disk at the end.

    Nobody who reads or writes is kept waiting: it is one read transaction. Unavailable when the target can't be
    written, Damaged when the file does not open with this key (32 bytes) or can't be read to its end.
    """
    try:
        with closing(connect(path, key)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
        _on_the_disk(target)
    except (sqlcipher.Error, OSError) as error:
        target.unlink(missing_ok=True)
        if "malformed" in str(error) or "not a database" in str(error):
            raise Damaged(_("{file} can't be read to its end: it is damaged.").format(file=path.name)) from error
        message = _("{folder} has no room or can't be written: nothing was copied there ({error}).")
        raise Unavailable(message.format(folder=target.parent, error=error)) from error


def _on_the_disk(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.chmod(file, 0o600)
