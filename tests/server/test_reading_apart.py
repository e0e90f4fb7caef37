# SPDX-License-Identifier: Apache-2.0
"""A file that breaks, hangs or swells its reader is refused by name and the others come in; the reader has no key."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hms_desktop.core.errors import Unavailable
from hms_desktop.interop.fhir.results import FileResult, Limits, Progress
from sync_server.reading import apart, reference
from sync_server.reading.apart import BROKE, read_apart
from sync_server.reading.cage import CALLS, program
from sync_server.reading.reference import read_catalogue_apart
from tests.server.process import ServerProcess, until

PLANTED = (sys.executable, "-m", "tests.server.planted_reader")
UTC = ZoneInfo("UTC")


class NothingMet:
    """A store that knows nobody."""

    def key(self, kind: str, system: str, value: str) -> str | None:
        return None

    def stands_as(self, key: str) -> str | None:
        return None

    def fact(self, kind: str, key: str) -> Any:
        return None


def patient(folder: Path, name: str) -> Path:
    """A file with one patient in it."""
    folder.mkdir(exist_ok=True)
    said = {
        "resourceType": "Patient",
        "id": name,
        "name": [{"family": "Nel", "given": [name]}],
        "birthDate": "1980-01-02",
    }
    (folder / f"{name}.json").write_text(json.dumps(said), encoding="utf-8")
    return folder


def read(folder: Path, **more: Any) -> dict[str, FileResult]:
    """Everything in a folder, by file name."""
    results = read_apart([folder], zone=UTC, before=NothingMet(), **more)
    return {result.name.rsplit("/", 1)[-1]: result for result in results}


@pytest.mark.hazard("H51")
def test_what_the_reader_dies_of_costs_that_file_alone(tmp_path: Path) -> None:
    for name in ("ann", "breaks", "hangs", "mia", "swells", "zoe"):
        patient(tmp_path / "in", name)
    told: list[Progress] = []
    found = read(tmp_path / "in", command=PLANTED, seconds=5.0, progress=told.append)
    assert sorted(found) == [f"{name}.json" for name in ("ann", "breaks", "hangs", "mia", "swells", "zoe")]
    for name, result in found.items():
        if name in ("ann.json", "mia.json", "zoe.json"):
            assert result.fault is None and result.rows, name
        else:
            assert result.fault is not None and BROKE in str(result.fault), name
    assert (told[-1].files, told[-1].of_files) == (6, 6)


def test_reference_data_that_breaks_its_reader_is_refused_by_name(tmp_path: Path) -> None:
    listed = '[[price]]\ncode = "A"\ndisplay = "{}"\namount = 1\nvalid_from = "2126-01-01"\n'
    paths = [tmp_path / f"{name}.toml" for name in ("ann", "breaks", "mia", "babbles", "zoe")]
    for path in paths:
        path.write_text(listed.format(path.stem), "utf-8")
    entries, faults = read_catalogue_apart(paths, None, command=PLANTED, seconds=20.0)
    assert [entry.values["display"] for entry in entries] == ["ann", "mia", "zoe"]
    assert faults == [f"{name}.toml: {reference.BROKE}" for name in ("breaks", "babbles")]
    with pytest.raises(Unavailable, match="can't be started"):
        read_catalogue_apart(paths, None, command=(sys.executable, "-c", "raise SystemExit(1)"))


def test_a_reader_of_reference_data_that_lies_is_not_believed(tmp_path: Path) -> None:
    says = (
        "from sync_server.reading.wire import *; import sys; out = sys.stdout.buffer; send(out, Began(''));"
        "send(out, Listed([('a.toml, line 1', 'drug', {{}})], [])); send(out, Ended())"
    ).format()
    entries, faults = read_catalogue_apart([tmp_path / "a.toml"], None, command=(sys.executable, "-c", says))
    assert entries == [] and faults == [f"a.toml: {reference.BROKE}"]


def test_words_that_are_no_message_end_the_reader_too(tmp_path: Path) -> None:
    found = read(patient(patient(tmp_path / "in", "babbles"), "zoe"), command=PLANTED, seconds=20.0)
    assert found["babbles.json"].fault is not None and found["zoe.json"].rows


def test_a_reader_that_never_starts_or_never_gets_to_a_file_is_told(tmp_path: Path) -> None:
    patient(tmp_path / "in", "ann")
    with pytest.raises(Unavailable, match="can't be started"):
        read(tmp_path / "in", command=(sys.executable, "-c", "raise SystemExit(1)"))
    looks = "from sync_server.reading.wire import *; import sys; send(sys.stdout.buffer, Began(''))"
    paths = [tmp_path / "in", tmp_path / "in" / "ann.json"]
    results = list(read_apart(paths, zone=UTC, before=NothingMet(), command=(sys.executable, "-c", looks)))
    assert [str(result.fault.reason) for result in results if result.fault] == [BROKE, BROKE]


@pytest.mark.hazard("H51")
def test_the_reader_may_not_write_start_programs_use_a_network_or_swell(tmp_path: Path) -> None:
    tried = """
import json, os, socket, subprocess, sys, threading
from sync_server.reading.cage import cage_this_process
done, refused = cage_this_process(256 * 1024 * 1024), {}
def tries(name, act):
    try:
        act()
        refused[name] = ""
    except BaseException as error:
        refused[name] = type(error).__name__
def write():
    with open("written-by-the-reader", "wb") as file:
        file.write(b"x" * 10)
tries("socket", lambda: socket.socket())
tries("pair", lambda: socket.socketpair())
tries("program", lambda: subprocess.run([sys.executable, "-c", ""]))
tries("write", write)
tries("memory", lambda: bytearray(512 * 1024 * 1024))
tries("read", lambda: open(json.__file__).read(10))
tries("thread", lambda: threading.Thread(target=int).start())
tries("delete", lambda: os.unlink("kept"))
tries("rename", lambda: os.rename("kept", "lost"))
tries("empty", lambda: open("kept", "r+b"))
tries("create", lambda: os.open("new", os.O_CREAT | os.O_RDONLY))
tries("make", lambda: os.mkdir("folder"))
tries("mode", lambda: os.chmod("kept", 0o777))
tries("kill", lambda: os.kill(os.getppid(), 0))
print(json.dumps([done, refused]))
"""
    where = {**os.environ, "PYTHONPATH": str(apart.ROOT)}
    (tmp_path / "kept").write_text("a store")
    said = subprocess.run([sys.executable, "-c", tried], capture_output=True, text=True, cwd=tmp_path, env=where)
    done, refused = json.loads(said.stdout)
    assert done[:3] == ["no core file", "bounded memory", "no writing of files"]
    assert refused["write"] in ("OSError", "PermissionError") and refused["memory"] == "MemoryError"
    assert refused["read"] == "" == refused["thread"], "what reading needs goes on"
    if "no network and no other programs" in done:
        open_to_it = {"memory", "read", "thread"}
        assert {refused[one] for one in refused.keys() - open_to_it} == {"PermissionError"}, refused
        assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("kept", "a store")]


def answer(lines: list[tuple[int, int, int, int]], seen: dict[int, int]) -> int:
    """What the filter answers to a call: a processor for its few instructions; `seen` are words by their place."""
    at, word = 0, 0
    while True:
        code, yes, no, value = lines[at]
        at += 1
        if code == 0x06:
            return value
        if code == 0x20:
            word = seen.get(value, 0)
        else:
            holds = {0x15: word == value, 0x35: word >= value, 0x45: bool(word & value)}[code]
            at += yes if holds else no


@pytest.mark.parametrize("machine", CALLS)
def test_the_filter_of_each_machine_refuses_its_list_and_opens_for_reading_only(machine: str) -> None:
    calls, allowed, killed, refused = CALLS[machine], 0x7FFF0000, 0x80000000, 0x00050001
    lines = list(struct.iter_unpack("=HBBI", program(calls)))
    ours = {4: calls.machine}
    assert {answer(lines, {**ours, 0: number}) for number in calls.refused} == {refused}
    assert len(set(calls.refused)) == len(calls.refused) and max(line[1] for line in lines) < 250
    for number, argument in calls.opening:
        for flags, wanted in ((0, allowed), (0o2000000, allowed), (1, refused), (2, refused), (0o100, refused),
                              (0o1000, refused), (0o20200000, refused)):  # fmt: skip
            assert answer(lines, {**ours, 0: number, 16 + 8 * argument: flags}) == wanted, (number, flags)
    free = set(range(460)) - set(calls.refused) - {number for number, _argument in calls.opening}
    assert {answer(lines, {**ours, 0: number}) for number in free} == {allowed}
    assert answer(lines, {4: 1, 0: 0}) == killed and answer(lines, {**ours, 0: 0x40000000}) == refused


@pytest.mark.hazard("H51")
def test_neither_the_key_nor_where_it_lies_is_in_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ServerProcess(tmp_path / "server")
    monkeypatch.setenv("HMS_SERVER_FOLDER", str(made.folder))
    patient(tmp_path / "in", "hangs")
    job = apart.Job([str(tmp_path / "in")], "UTC", "", apart.asdict(Limits()), 0)
    with apart.Reader(PLANTED) as reader:
        reader.say(job)
        until(lambda: isinstance(said := reader.hear(), apart.Began) and said.name)
        place = Path("/proc") / str(reader.process_id)
        assert str(made.folder).encode() not in (place / "environ").read_bytes()
        held = readable_memory(place)
    made.close()
    assert b"hangs.json" in held, "its memory was looked at"
    for key in (made.home.keys.store, made.home.keys.signing, made.home.keys.worker):
        assert key not in held and key.hex().encode() not in held


def readable_memory(place: Path) -> bytes:
    """What a process holds in the memory that it may write."""
    parts = []
    with (place / "mem").open("rb", buffering=0) as memory:
        for line in (place / "maps").read_text().splitlines():
            span, rights = line.split()[:2]
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in span.split("-"))
                try:
                    memory.seek(start)
                    parts.append(memory.read(end - start))
                except OSError:
                    continue
    return b"".join(parts)
