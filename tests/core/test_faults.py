# SPDX-License-Identifier: Apache-2.0
"""What a process that breaks leaves behind: kinds and places, and not a word of what it was working on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hms_desktop.core import faults
from hms_desktop.core.faults import FILE, MOST_BYTES, OLDER, FaultWatch, fault_of, keep_faults, kept_faults, note_caught

NAME = "Okonkwo-4711"
BREAKS = """
import asyncio, gc, logging, sys, threading
from pathlib import Path
from hms_desktop.core.faults import keep_faults, watch_faults
watch_faults("hms session")
keep_faults(Path(sys.argv[1]))
name = sys.argv[2]

def look_up():
    try:
        {}[name]
    except KeyError as missing:
        raise RuntimeError(name) from missing

class Dying:
    def __del__(self):
        raise ValueError(name)

async def forgotten():
    async def task():
        raise OSError(name)
    asyncio.get_running_loop().create_task(task())
    await asyncio.sleep(0)
    await asyncio.sleep(0)

thread = threading.Thread(target=look_up, name=name)
thread.start()
thread.join()
Dying()
asyncio.run(forgotten())
gc.collect()
logging.getLogger("a.library").warning("could not print %s", name)
logging.getLogger("a.library").info(name)
try:
    look_up()
except RuntimeError:
    logging.getLogger("another").exception("for %s" % name)
def interrupted():
    raise KeyboardInterrupt(name)
thread = threading.Thread(target=interrupted)
thread.start()
thread.join()
look_up()
"""


@pytest.mark.accepts("SEC-13")
def test_a_process_that_breaks_says_what_and_where_and_names_nobody(tmp_path: Path) -> None:
    script = tmp_path / "breaks.py"
    script.write_text(BREAKS, encoding="utf-8")
    root = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    words = [sys.executable, str(script), str(tmp_path), NAME]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **root})
    assert done.returncode == 1 and done.stdout == ""
    assert NAME not in done.stderr and "Traceback" not in done.stderr
    said = [json.loads(line) for line in done.stderr.splitlines()]
    runtime = "RuntimeError"
    assert [one["kind"] for one in said] == [runtime, "ValueError", "OSError", "WARNING", runtime, runtime]
    assert {one["process"] for one in said} == {"hms session"}
    assert said[0]["causes"] == ["KeyError"] and "breaks.py:13" in said[0]["own_place"]
    assert said[0]["code"] == said[-1]["code"] != said[1]["code"]
    assert [one.get("library") for one in said] == [None, None, "asyncio", "a.library", "another", None]
    assert kept_faults(tmp_path) == said
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


COMMAND = """
import threading, sys
import typer
from hms_desktop.core.console import plainly, run_commands
from hms_desktop.core.faults import watch_faults

app = typer.Typer(pretty_exceptions_enable=False)

def breaks():
    raise ValueError(sys.argv[1])

@app.command()
@plainly
def command(name: str):
    sys.excepthook(*made())

def made():
    try:
        breaks()
    except ValueError:
        return sys.exc_info()

watch_faults("hms")
run_commands(app, "hms")
"""


@pytest.mark.accepts("SEC-13")
def test_it_is_heard_under_a_command_line_too(tmp_path: Path) -> None:
    script = tmp_path / "command.py"
    script.write_text(COMMAND, encoding="utf-8")
    root = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    words = [sys.executable, str(script), NAME]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **root})
    assert json.loads(done.stderr)["kind"] == "ValueError" and NAME not in done.stderr


def broken() -> ValueError:
    try:
        raise ValueError(NAME)
    except ValueError as error:
        return error


def test_the_file_of_faults_does_not_grow_for_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch = FaultWatch("hms session")
    watch.note(fault_of(broken()))
    assert kept_faults(tmp_path) == [], "nowhere to keep it yet"
    watch.folder = tmp_path
    (tmp_path / FILE).write_text("x" * MOST_BYTES + "\n", encoding="utf-8")
    watch.note(fault_of(broken()))
    watch.note(fault_of(broken()), event="again")
    assert [one["event"] for one in kept_faults(tmp_path)] == ["fault", "again"]
    assert (tmp_path / OLDER).exists() and (tmp_path / FILE).stat().st_size < 2000
    watch.folder = tmp_path / "gone"
    watch.note(fault_of(broken()))
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 4 and NAME not in told


def test_what_was_caught_and_told_is_kept_without_a_word_on_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "_watch", None)
    keep_faults(tmp_path)
    note_caught(fault_of(broken()))
    assert kept_faults(tmp_path) == []
    monkeypatch.setattr(faults, "_watch", FaultWatch("hms"))
    keep_faults(tmp_path)
    note_caught(fault_of(broken()))
    (kept,) = kept_faults(tmp_path)
    assert (kept["event"], kept["kind"]) == ("caught", "ValueError") and NAME not in json.dumps(kept)
