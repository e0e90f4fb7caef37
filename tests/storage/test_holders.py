# SPDX-License-Identifier: Apache-2.0
"""Who holds a file is told by name where the system says it, and the words stand where it does not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hms_desktop.storage import holders


@pytest.fixture
def locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's list of locks."""
    monkeypatch.setattr(holders, "_LOCKS", tmp_path / "locks")
    return tmp_path / "locks"


def test_only_who_keeps_others_out_is_named(tmp_path: Path, locks: Path) -> None:
    file, beside = tmp_path / "replica.db", tmp_path / "replica.db-shm"
    file.touch()
    beside.touch()
    here, there = holders._place(file), holders._place(beside)
    parent = os.getppid()
    locks.write_text(
        f"1: POSIX  ADVISORY  READ {parent} {here} 1 2\n"
        f"2: POSIX  ADVISORY  WRITE {os.getpid()} {here} 0 EOF\n"
        f"3: POSIX  ADVISORY  WRITE {parent} {there} 124 124\n"
        f"4: POSIX  ADVISORY  WRITE {parent} 00:00:1 0 EOF\n"
        f"4: -> POSIX  ADVISORY  WRITE {parent} {here} 0 EOF\n"
        "5: OFDLCK ADVISORY  WRITE -1 {here} 0 EOF\n"
    )
    assert list(holders.holders(file)) == []
    locks.write_text(f"1: POSIX  ADVISORY  WRITE {parent} {there} 120 120\n2: POSIX  ADVISORY  WRITE 0 {here} 0 EOF\n")
    known, unknown = holders.holders(file)
    assert f"(process {parent})" in known and known[0] != "(" and unknown.startswith("a program of somebody else")
    assert f"store: {known}, {unknown}. Close it, or wait" in str(holders.in_use(file))


def test_where_the_system_does_not_say_the_words_stand_without_a_name(tmp_path: Path, locks: Path) -> None:
    assert not locks.exists()
    assert "Another program is using the local store. Close it" in str(holders.in_use(tmp_path / "replica.db"))
