# SPDX-License-Identifier: Apache-2.0
"""A locked workstation read from outside: no key and no name in any of its processes, nor in what a session left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.plugins.acceptance import Figure
from tests.promises.locked_processes import PLANTED
from tests.security.conftest import PASSWORD
from tests.server.process import until
from tests.ui.shell.enrolled import LOGIN, enrol

COLLEAGUE = "s.dlamini"
CHUNK, PAGE = 16 * 1024 * 1024, 4096
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="only root reads the memory of a guarded process, on Linux"
)


class Locked:
    """An enrolled workstation's always-there process, in a home of its own, with nobody to call."""

    def __init__(self, folder: Path) -> None:
        self.profile, self.notes, self.home = folder / "profile", folder / "notes", folder / "home"
        enrol(self.profile, colleague=COLLEAGUE)
        for made in (self.notes, self.home, self.home / "tmp"):
            made.mkdir()
        root = Path(__file__).resolve().parents[2]
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "TMP"))}
        words = [sys.executable, "-m", "tests.promises.locked_processes", "front", str(self.profile), str(self.notes)]
        self._log = (self.home / "log.txt").open("wb")
        self.front = subprocess.Popen(
            words, cwd=self.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            env={**rest, "HOME": str(self.home), "TMPDIR": str(self.home / "tmp"), "PYTHONPATH": str(root)},
        )  # fmt: skip
        self.titles: list[str] = []

    def say(self, *words: str) -> None:
        """Let the person do something."""
        assert self.front.stdin is not None
        self.front.stdin.write("\t".join(words).encode() + b"\n")
        self.front.stdin.flush()

    def look(self) -> dict[str, Any]:
        """What is to be seen."""
        self.say("look")
        assert self.front.stdout is not None
        seen: dict[str, Any] = json.loads(self.front.stdout.readline())
        self.titles.append(seen["title"])
        return seen

    def note(self, name: str) -> dict[str, Any]:
        """What the session wrote down, once it has."""
        file = self.notes / name
        until(file.exists, pause=0.2)
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def locks(self) -> dict[str, Any]:
        """Lock; returns what is to be seen once the keys are gone and another session process is warm."""
        self.say("lock")
        seen: list[dict[str, Any]] = []

        def gone() -> bool:
            seen[:] = [self.look()]
            return seen[0]["window"] == "LockWindow" and "keys left" in seen[0]["words"] and seen[0]["warm"]

        until(gone, pause=0.2)
        return seen[0]

    def end(self) -> None:
        """The person closes the program."""
        self.say("leave")
        self.front.communicate(timeout=60)

    def close(self) -> None:
        """Let go of its log."""
        self._log.close()


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Locked]:
    """The process, ended however the test ends."""
    made = Locked(tmp_path)
    yield made
    if made.front.poll() is None:
        made.front.kill()
        made.front.communicate()
    made.close()


def found_in(pid: int, needles: Sequence[bytes]) -> dict[bytes, int]:
    """How often each needle lies in the memory of a process, read from outside."""
    counted = dict.fromkeys(needles, 0)
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            place, rights, *_rest = line.split()
            path = line.split(maxsplit=5)[5:] or [""]
            if "r" not in rights or ("w" not in rights and path[0].startswith("/")) or path[0].startswith("[v"):
                continue
            start, end = (int(at, 16) for at in place.split("-"))
            for needle, count in _counted(memory, start, end, needles).items():
                counted[needle] += count
    return counted


def _counted(memory: Any, start: int, end: int, needles: Sequence[bytes]) -> dict[bytes, int]:
    counted, tail, at = dict.fromkeys(needles, 0), b"", start
    longest = max(map(len, needles))
    while at < end:
        part = _read(memory, at, min(CHUNK, end - at))
        for needle in needles:
            counted[needle] += (tail + part).count(needle)
        tail = part[1 - longest :]
        at += len(part) or PAGE
    return counted


def _read(memory: Any, at: int, most: int) -> bytes:
    try:
        memory.seek(at)
        return bytes(memory.read(most))
    except OSError:  # a guard page, or one that was given back meanwhile
        return b""


def forms(words: Sequence[str]) -> list[bytes]:
    """How words may lie in memory or a file: as Python, Qt and a database hold them."""
    return [one for word in words for one in (word.encode(), word.encode("utf-16-le"))]


def key_forms(keys: Sequence[str]) -> list[bytes]:
    """How keys may lie there: as bytes, and the file's as the hex in which a database is told it."""
    return [*map(bytes.fromhex, keys), keys[0].encode(), keys[0].upper().encode()]


@pytest.mark.accepts("X-11")
def test_after_a_lock_no_process_and_no_file_holds_a_key_or_a_name_and_the_draft_comes_back(
    locked: Locked, figure: Figure
) -> None:
    until(lambda: locked.look()["warm"], pause=0.2)
    locked.say("sign-in", LOGIN, PASSWORD)
    planted = locked.note(PLANTED)
    keys, names = key_forms(planted["keys"]), forms([planted["mark"]])
    there = found_in(planted["pid"], [*forms(planted["names"]), *keys])
    for word in planted["names"]:
        assert sum(there[one] for one in forms([word])) > 0, "the scan finds what is there"
    assert all(sum(there[key] for key in part) > 0 for part in ([keys[0], *keys[3:]], keys[1:2])), "and keys"

    seen = locked.locks()
    assert seen["session"] != planted["pid"] and not Path(f"/proc/{planted['pid']}").exists()
    left = {pid: found_in(pid, [*names, *keys]) for pid in (locked.front.pid, seen["session"])}
    figure("keys in live processes after a lock", sum(one[key] for one in left.values() for key in keys), "copies")
    figure("names in live processes after a lock", sum(one[name] for one in left.values() for name in names), "copies")
    assert not any(count for one in left.values() for count in one.values()), "nothing of it is in any process"

    the_draft_is_there_after_a_lock_and_after_a_crash(locked, planted)
    locked.end()
    nothing_of_it_lies_in_the_open(locked, [*names, *keys])


def the_draft_is_there_after_a_lock_and_after_a_crash(locked: Locked, planted: dict[str, Any]) -> None:
    """Half a form, typed before the lock, is back for who typed it; so it is when the process was killed."""
    for ended in ("lock", "crash"):
        locked.say("sign-in", LOGIN, PASSWORD)
        back = locked.note("back.json")
        assert back["family"] == planted["names"][0]
        (locked.notes / "back.json").unlink()
        if ended == "lock":
            os.kill(back["pid"], signal.SIGKILL)
            until(lambda: "ended by itself" in locked.look()["words"], pause=0.2)


def nothing_of_it_lies_in_the_open(locked: Locked, needles: Sequence[bytes]) -> None:
    """Files of the profile, the home, the temporary folder, the log and where a core would lie; titles."""
    for file in (*locked.profile.rglob("*"), *locked.home.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            assert not any(needle in content or needle in file.name.encode() for needle in needles), file.name
            assert not file.name.startswith("core"), file.name
    titles = " ".join(locked.titles).encode()
    assert not any(needle in titles for needle in needles)
    assert set(locked.titles) <= {"Sign in", "Locked", ""}
