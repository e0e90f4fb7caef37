# SPDX-License-Identifier: Apache-2.0
"""A workstation's folder on a disk of its own that is really full: a small disk in memory, which one process sees.

Where the system lets nobody have one, the calls that ask for room and write say what they would say on a full disk.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any

from hms_desktop.storage.reserve import EASY_BYTES, RESERVE_BYTES, Reserve
from tests.server import warm

ROOM = RESERVE_BYTES + EASY_BYTES + 32 * 1024 * 1024
"""Enough for the room that is kept back, what must be free beside it, and the workstation."""
PAGE = 4096
NEWUSER, NEWNS = 0x10000000, 0x00020000
_READ_ONLY, _AGAIN, _ONCE_LEFT = 1, 32, 2
_CALLED_SO = "called read-only"
Fill = Callable[[Path], None]


def fill(disk: Path) -> None:
    """Take all that is free, to the last byte; while others write, in parts that can still be had."""
    part = whole = shutil.disk_usage(disk).total
    descriptor = os.open(disk / f"filler {len(os.listdir(disk))}", os.O_WRONLY | os.O_CREAT)
    try:
        while free := shutil.disk_usage(disk).free:
            part = min(part, free)
            try:
                os.posix_fallocate(descriptor, os.fstat(descriptor).st_size, part)
                part = whole
            except OSError:
                part = max(part // 2, PAGE)
    finally:
        os.close(descriptor)


def make_room(disk: Path) -> None:
    """Take the fillers away again."""
    for file in disk.glob("filler *"):
        file.unlink()


def read_only(disk: Path) -> None:
    """From now on nothing can be written there."""
    _remount(disk, _READ_ONLY)


def make_writable(disk: Path) -> None:
    """It takes writing again."""
    _remount(disk, 0)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[bool]:
    """A disk in memory of so many bytes at this folder, for every process; False where nobody may have one."""
    system, there = ctypes.CDLL(None, use_errno=True), os.fsencode(folder)
    real = system.mount(b"tmpfs", there, b"tmpfs", 0, f"size={size}".encode()) == 0
    try:
        yield real
    finally:
        if real:
            system.umount2(there, _ONCE_LEFT)


def on_small_disk(
    workstation: Path, steps: Sequence[tuple[Fill, Sequence[str]]], typed: str
) -> list[CompletedProcess[str]]:
    """Copy a workstation onto a small disk, keep room back there, then for each step do something to the disk and run
    an `hms` command; how each ended. Empty where the system lets nobody have a disk of their own."""
    with TemporaryDirectory(prefix="small disk ") as name:
        folder = Path(name)
        for sub in ("disk", "said"):
            (folder / sub).mkdir()
        (folder / "said" / "typed").write_text(typed, encoding="utf-8")
        process = warm.COPIES.Process(target=_alone, args=(folder, workstation, list(steps)), daemon=False)
        process.start()
        process.join(240)
        process.kill()
        ends = sorted((folder / "said").glob("*.end"))
        return [
            CompletedProcess(list(step[1]), int(end.read_text()), end.with_suffix(".out").read_text(encoding="utf-8"),
                             end.with_suffix(".err").read_text(encoding="utf-8"))
            for end, step in zip(ends, steps, strict=True)
        ]  # fmt: skip


def _alone(folder: Path, workstation: Path, steps: Sequence[tuple[Fill, Sequence[str]]]) -> None:
    """In a process of its own: the disk, then each step; each command is a process of that one."""
    disk = folder / "disk"
    real = _mounted(disk)
    shutil.copytree(workstation, disk / "desk")
    assert Reserve(disk / "desk").keep(), "there is room for it yet"
    for number, (change, words) in enumerate(steps):
        _change(disk, change, real)
        said = [str(folder / "said" / name) for name in ("typed", f"{number}.out", f"{number}.err")]
        for file in said[1:]:
            Path(file).touch()
        child = os.fork()
        if not child:
            if not real and list(disk.glob("filler *")):
                _as_if_full(disk / "desk")
            if not real and (disk / _CALLED_SO).exists():
                _as_if_read_only(disk / "desk")
            _run(["hms", *words, "--profile", str(disk / "desk")], said)
        (folder / "said" / f"{number}.end").write_text(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))


def _change(disk: Path, change: Fill, real: bool) -> None:
    if real or change is make_room:
        change(disk)
    elif change is fill:
        (disk / "filler 1").touch()
    elif change is read_only:
        (disk / _CALLED_SO).touch()
    else:
        (disk / _CALLED_SO).unlink()


def _remount(disk: Path, flags: int) -> None:
    system = ctypes.CDLL(None, use_errno=True)
    if system.mount(None, os.fsencode(disk), None, _AGAIN | flags, None):
        raise OSError(ctypes.get_errno(), "remount")


def _as_if_full(desk: Path) -> None:
    """In a process of its own: no room but that which is kept back, and when there is none, no writing either."""
    usage, opens, kept = shutil.disk_usage, os.open, Reserve(desk)
    some, none = kept.held, usage(desk)._replace(free=0)
    shutil.disk_usage = lambda path: none._replace(free=RESERVE_BYTES if some and not kept.held else 0)

    def open_(path: Any, flags: int, *mode: Any, **how: Any) -> int:
        if not some and flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(desk)):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return opens(path, flags, *mode, **how)

    os.open = open_


def _as_if_read_only(desk: Path) -> None:
    """In a process of its own: no file there opens for writing."""
    opens = os.open

    def open_(path: Any, flags: int, *mode: Any, **how: Any) -> int:
        if flags & (os.O_WRONLY | os.O_RDWR) and str(path).startswith(str(desk)):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))
        return opens(path, flags, *mode, **how)

    os.open = open_


def _run(words: list[str], said: list[str]) -> None:
    code = 1
    try:
        warm._become(words, dict(os.environ), said, 0)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
    finally:
        os._exit(code)


def _mounted(disk: Path) -> bool:
    """Mount a disk in memory that this process alone sees; it goes with the process."""
    system, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    if system.unshare(NEWNS) and not system.unshare(NEWUSER | NEWNS):
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    private, none = 1 << 18 | 1 << 14, None  # what is mounted here is mounted nowhere else
    system.mount(b"none", b"/", none, private, none)
    return bool(system.mount(b"tmpfs", os.fsencode(disk), b"tmpfs", 0, f"size={ROOM}".encode()) == 0)
