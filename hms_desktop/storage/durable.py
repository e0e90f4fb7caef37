# SPDX-License-Identifier: Apache-2.0
"""Small private files that are replaced whole, survive a power cut, and are changed by one process at a time."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PRIVATE = 0o600
_NOT_OF_FOLDERS = (errno.EINVAL, errno.ENOTSUP)
"""What a file system for sticks says that has no such promise for folders."""


def replace_file(path: Path, content: bytes) -> None:
    """Put the content there whole or not at all, readable by its owner only, and on the disk when this returns."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        _write_through(fresh, content)
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    _settle_folder(path.parent)


@contextmanager
def written_beside(path: Path) -> Iterator[BinaryIO]:
    """A file to write into that takes its place whole when the block ends, and leaves nothing when it breaks off.

    It is readable by its owner only, and on the disk when this returns; OSError when the medium is full or gone.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise
    try:
        _settle_folder(path.parent)
    except OSError as error:
        if error.errno not in _NOT_OF_FOLDERS:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            raise


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Wait until no other process holds this lock file; the system drops the lock when its holder dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def held_alone(path: Path) -> Iterator[bool]:
    """Hold this lock file meanwhile, if no other process does; whether it is held. Its holder's death drops it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    try:
        held = True
        try:
            if sys.platform == "win32":
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held = False
        yield held
    finally:
        os.close(descriptor)


def _write_through(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle_folder(folder: Path) -> None:
    """A rename is on the disk only when its folder is (POSIX); Windows keeps that promise by itself."""
    if sys.platform != "win32":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
