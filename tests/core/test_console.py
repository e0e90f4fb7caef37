# SPDX-License-Identifier: Apache-2.0
"""Commands say one sentence or one JSON object, and their exit codes mean the same everywhere."""

from __future__ import annotations

import json
from dataclasses import dataclass

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
