# SPDX-License-Identifier: Apache-2.0
"""Small files are there whole or not at all, for their owner only, and change under one hand."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hms_desktop.storage.durable import exclusive, replace_file

HOLD = """
import sys
from pathlib import Path
from hms_desktop.storage.durable import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_file_is_replaced_whole_and_private(tmp_path: Path) -> None:
    file = tmp_path / "list"
    for content in (b"first and longer", b"second"):
        replace_file(file, content)
        assert file.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["list"]
    assert file.stat().st_mode & 0o077 == 0


def test_a_failure_on_the_way_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "list"
    replace_file(file, b"kept")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace_file(file, b"lost")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("list", b"kept")]


def test_the_content_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    sync, rename = os.fsync, os.replace

    def settle(descriptor: int) -> None:
        steps.append("sync")
        sync(descriptor)

    def move(old: Path, new: Path) -> None:
        steps.append("name")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", settle)
    monkeypatch.setattr(os, "replace", move)
    replace_file(tmp_path / "list", b"content")
    assert steps == ["sync", "name", "sync"]


def test_one_at_a_time_between_threads(tmp_path: Path) -> None:
    lock, file = tmp_path / "lock", tmp_path / "count"
    replace_file(file, b"0")

    def add() -> None:
        for _time in range(25):
            with exclusive(lock):
                replace_file(file, b"%d" % (int(file.read_bytes()) + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read_bytes() == b"100"


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        holder.kill()
        holder.wait()
        with exclusive(lock):
            assert holder.returncode != 0
