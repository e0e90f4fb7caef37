# SPDX-License-Identifier: Apache-2.0
"""Commands say one sentence or one JSON object, and their exit codes mean the same everywhere."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hms_desktop.core import console
from hms_desktop.core.errors import (
    BadInput,
    ClinicError,
    Damaged,
    NotAllowed,
    NotFound,
    Refused,
    Unavailable,
)


@dataclass(frozen=True)
class Facts:
    found: int
    name: str


def test_lines_for_people_and_one_object_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    console.say("One line.", {}, as_json=False)
    console.say(["Two", "lines"], {}, as_json=False)
    assert capsys.readouterr().out == "One line.\nTwo\nlines\n"
    console.say("-", Facts(2, "Nuñez"), as_json=True)
    assert json.loads(capsys.readouterr().out) == {"found": 2, "name": "Nuñez"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("Wrong."), 2),
        (Damaged("Broken."), 3),
        (NotAllowed("No."), 4),
        (NotFound("Nowhere."), 5),
        (Unavailable("Gone."), 6),
        (Refused("Against a rule."), 1),
        (ClinicError("Else."), 1),
    ],
)
def test_an_error_is_its_sentence_and_its_code(
    error: ClinicError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    @console.plainly
    def command() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == code
    told = capsys.readouterr()
    assert told.err == f"{error}\n" and told.out == ""


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (BadInput("Wrong."), 2, {"error": "bad-input", "message": "Wrong."}),
        (KeyboardInterrupt(), 130, {"error": "stopped", "message": "Stopped."}),
        (
            FileNotFoundError(2, "No such file or directory", "ca.pem"),
            6,
            {
                "error": "unavailable",
                "message": "ca.pem: No such file or directory. Check that it is there and may be used.",
            },
        ),
    ],
)
def test_asked_for_json_a_failure_is_one_object_too(
    error: BaseException, code: int, said: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    @console.plainly
    def command(as_json: bool = False) -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        command(as_json=True)
    told = capsys.readouterr()
    assert ended.value.code == code and json.loads(told.out) == said and told.err == said["message"] + "\n"


def test_a_fault_of_the_program_says_where_and_nothing_of_what_it_worked_on(capsys: pytest.CaptureFixture[str]) -> None:
    @console.plainly
    def command() -> None:
        raise ValueError("Amara Okonkwo")

    with pytest.raises(SystemExit) as ended:
        command()
    told = capsys.readouterr().err
    assert ended.value.code == 70 and "ValueError, tests/core/test_console.py line " in told
    assert "Okonkwo" not in told and "Traceback" not in told


def test_a_reader_who_has_gone_ends_a_command_quietly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @console.plainly
    def command() -> None:
        raise BrokenPipeError

    with (tmp_path / "out").open("w") as out, pytest.raises(SystemExit) as ended:
        monkeypatch.setattr(sys, "stdout", out)
        command()
    assert ended.value.code == 1


class _Misunderstood(Exception):
    """What a parser of command lines raises."""

    exit_code = 2

    def show(self) -> None:
        """Say it as a parser does."""
        sys.stderr.write("Error: Missing argument.\n")

    def format_message(self) -> str:
        """What is wrong."""
        return "Missing argument."


@pytest.mark.parametrize(("words", "out"), [([], ""), (["--json"], '"message": "Missing argument."')])
def test_words_that_are_not_understood_end_like_every_error(
    words: list[str], out: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def commands(prog_name: str, standalone_mode: bool) -> None:
        raise _Misunderstood

    monkeypatch.setattr(sys, "argv", ["hms", *words])
    with pytest.raises(SystemExit) as ended:
        console.run_commands(commands, "hms")
    told = capsys.readouterr()
    assert ended.value.code == 2 and told.err == "Error: Missing argument.\n"
    assert out in told.out and bool(told.out) == bool(out)


def test_a_command_line_ends_with_the_code_that_it_gives() -> None:
    for given, code in ((None, 0), (3, 3)):
        with pytest.raises(SystemExit) as ended:
            console.run_commands(lambda given=given, **_words: given, "hms")
        assert ended.value.code == code
    with pytest.raises(ZeroDivisionError):
        console.run_commands(lambda **_words: 1 / 0, "hms")
