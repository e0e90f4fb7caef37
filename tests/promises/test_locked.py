# SPDX-License-Identifier: Apache-2.0
"""A locked workstation read from outside: no key and no name in any of its processes, nor in what a session left.

On a real screen (Xvfb), with the system's own word that it sleeps or locks on a real bus.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from hms_desktop.core.faults import kept_faults
from tests.plugins.acceptance import Figure
from tests.promises.locked_processes import PLANTED
from tests.security.conftest import PASSWORD
from tests.server.process import until
from tests.system_bus import SystemBus, needs_bus
from tests.ui.shell.enrolled import LOGIN, enrol

COLLEAGUE = "s.dlamini"
CHUNK, PAGE = 16 * 1024 * 1024, 4096
pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or os.geteuid() != 0, reason="only root reads the memory of a guarded process, on Linux"
    ),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs Xvfb"),
    needs_bus,
]


class Screen:
    """A screen of its own, that nobody sees."""

    def __init__(self) -> None:
        words = ["Xvfb", "-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"]
        self._server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._server.stdout is not None
        self.environment = {"DISPLAY": f":{self._server.stdout.readline().strip()}", "QT_QPA_PLATFORM": "xcb"}

    def close(self) -> None:
        """Switch it off."""
        self._server.terminate()
        self._server.communicate()


class Locked:
    """An enrolled workstation's always-there process, in a home of its own, with nobody to call."""

    def __init__(self, folder: Path) -> None:
        self.profile, self.notes, self.home = folder / "profile", folder / "notes", folder / "home"
        self.bus, self.screen = SystemBus(folder / "bus"), Screen()
        enrol(self.profile, colleague=COLLEAGUE)
        for made in (self.notes, self.home, self.home / "tmp"):
            made.mkdir()
        root = Path(__file__).resolve().parents[2]
        rest = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "TMP"))}
        own = {"HOME": str(self.home), "TMPDIR": str(self.home / "tmp"), "PYTHONPATH": str(root)}
        self._env = {**rest, **self.bus.environment, **self.screen.environment, **own}
        self._log = (self.home / "log.txt").open("wb")
        self.front = subprocess.Popen(
            self._words("front"), cwd=self.home, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
            env=self._env,
        )  # fmt: skip
        self.titles: list[str] = []

    def _words(self, role: str) -> list[str]:
        return [sys.executable, "-m", "tests.promises.locked_processes", role, str(self.profile), str(self.notes)]

    def pastes(self) -> dict[str, str]:
        """What another program on this screen could paste."""
        done = subprocess.run(self._words("paste"), capture_output=True, cwd=self.home, env=self._env, check=True)
        found: dict[str, str] = json.loads(done.stdout)
        assert found["platform"] == "xcb"
        return found

    def say(self, *words: str) -> None:
        """Let the person do something."""
        assert self.front.stdin is not None
        self.front.stdin.write("\t".join(words).encode() + b"\n")
        self.front.stdin.flush()

    def look(self) -> dict[str, Any]:
        """What is to be seen."""
        seen = self.asked("look")
        self.titles.append(seen["title"])
        return seen

    def asked(self, what: str) -> dict[str, Any]:
        """What the always-there process answers."""
        self.say(what)
        assert self.front.stdout is not None
        found: dict[str, Any] = json.loads(self.front.stdout.readline())
        return found

    def note(self, name: str) -> dict[str, Any]:
        """What the session wrote down, once it has."""
        file = self.notes / name
        until(file.exists, pause=0.2)
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def falls_asleep(self, pid: int) -> None:
        """The computer goes to sleep: it waits until that session's process has ended."""
        assert self.bus.held_up() == 1
        self.bus.prepare_for_sleep(True)
        until(lambda: self.bus.held_up() == 0)
        assert not Path(f"/proc/{pid}").exists(), "sleep waited for the end of the process that held the keys"

    def wakes(self) -> None:
        """It woke up: it will wait the next time too."""
        self.bus.prepare_for_sleep(False)
        until(lambda: self.bus.held_up() == 1)

    def locked(self) -> dict[str, Any]:
        """What is to be seen once the keys are gone and another session process is warm."""
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
        """Let go of everything."""
        self._log.close()
        self.bus.close()
        self.screen.close()


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


@pytest.mark.accepts("X-11", "SEC-05", "SEC-13")
def test_after_a_lock_no_process_and_no_file_holds_a_key_or_a_name_and_the_draft_comes_back(
    locked: Locked, figure: Figure
) -> None:
    until(lambda: locked.look()["warm"], pause=0.2)
    until(lambda: locked.bus.held_up() == 1)
    locked.say("sign-in", LOGIN, PASSWORD)
    planted = locked.note(PLANTED)
    keys, names = key_forms(planted["keys"]), forms([planted["mark"]])
    there = found_in(planted["pid"], [*forms(planted["names"]), *keys])
    for word in planted["names"]:
        assert sum(there[one] for one in forms([word])) > 0, "the scan finds what is there"
    assert all(sum(there[key] for key in part) > 0 for part in ([keys[0], *keys[3:]], keys[1:2])), "and keys"

    assert locked.pastes() == {"text": planted["names"][2], "hint": "secret", "platform": "xcb"}
    begun = time.monotonic()
    locked.falls_asleep(planted["pid"])
    figure("the computer waits with its sleep", time.monotonic() - begun, "s")
    locked.wakes()
    seen = locked.locked()
    assert locked.pastes() == {"text": "", "hint": "", "platform": "xcb"}
    shown = locked.asked("screen")
    assert shown["other"] < 0.002, (shown, "the caret and the clock aside, the screen shows the lock and nothing else")
    assert seen["session"] != planted["pid"] and not Path(f"/proc/{planted['pid']}").exists()
    left = {pid: found_in(pid, [*names, *keys]) for pid in (locked.front.pid, seen["session"])}
    figure("keys in live processes after a lock", sum(one[key] for one in left.values() for key in keys), "copies")
    figure("names in live processes after a lock", sum(one[name] for one in left.values() for name in names), "copies")
    assert not any(count for one in left.values() for count in one.values()), "nothing of it is in any process"

    the_draft_is_there_after_a_lock_and_after_a_crash(locked, planted)
    canary = os.urandom(9).hex()
    locked.say("breaks", canary)
    until(lambda: len(kept_faults(locked.profile)) >= 4)
    locked.end()
    nothing_of_it_lies_in_the_open(locked, [*names, *keys, canary.encode()])
    faults = kept_faults(locked.profile)
    where_it_broke = sorted((one["process"], one["kind"]) for one in faults)
    assert where_it_broke == [("hms desktop", "ValueError")] * 2 + [("hms session", "ValueError")] * 2, faults
    assert locked.bus.told == [], "it tells the desktop nothing"


def the_draft_is_there_after_a_lock_and_after_a_crash(locked: Locked, planted: dict[str, Any]) -> None:
    """Half a form, typed before the lock, is back for who typed it; so it is when the process was killed.

    The third session ends as `loginctl lock-session` ends it.
    """
    for ended in ("crash", "lock"):
        locked.say("sign-in", LOGIN, PASSWORD)
        back = locked.note("back.json")
        assert back["family"] == planted["names"][0]
        (locked.notes / "back.json").unlink()
        if ended == "crash":
            os.kill(back["pid"], signal.SIGKILL)
            until(lambda: "ended by itself" in locked.look()["words"], pause=0.2)
        else:
            locked.bus.lock_session()
            until(lambda: locked.look()["window"] == "LockWindow", pause=0.2)


def nothing_of_it_lies_in_the_open(locked: Locked, needles: Sequence[bytes]) -> None:
    """Files of the profile, the home, the temporary folder, the log, faults and where a core would lie; titles."""
    for file in (*locked.profile.rglob("*"), *locked.home.rglob("*")):
        if file.is_file():
            content = file.read_bytes()
            assert not any(needle in content or needle in file.name.encode() for needle in needles), file.name
            assert not file.name.startswith("core"), file.name
    titles = " ".join(locked.titles).encode()
    assert not any(needle in titles for needle in needles)
    assert set(locked.titles) <= {"Sign in", "Locked", ""}
