# SPDX-License-Identifier: Apache-2.0
"""How much a workstation writes down of its running is chosen where it is opened, and holds for its sessions too."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hms_desktop import front
from hms_desktop.__main__ import commands
from hms_desktop.core.logs import LEVEL_VARIABLE, level_asked_for


@pytest.mark.accepts("OPS-08")
def test_the_level_is_an_option_of_the_workstation_and_warnings_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def run_desktop(_folder: Path) -> int:
        heard.append(os.environ[LEVEL_VARIABLE])  # what a session process that is started there finds
        return 0

    monkeypatch.setattr(front, "run_desktop", run_desktop)
    monkeypatch.setenv(LEVEL_VARIABLE, "no such level")
    assert level_asked_for() == logging.WARNING
    start = ["desktop", "--profile", str(tmp_path)]
    monkeypatch.delenv(LEVEL_VARIABLE)
    assert level_asked_for() == logging.WARNING
    for words, level in ((["--log-level", "debug"], logging.DEBUG), (["--log-level", "error"], logging.ERROR)):
        assert CliRunner().invoke(commands, [*start, *words]).exit_code == 0
        assert level_asked_for() == level
    monkeypatch.delenv(LEVEL_VARIABLE)
    assert CliRunner().invoke(commands, start).exit_code == 0
    assert heard == ["debug", "error", "warning"]
    assert CliRunner().invoke(commands, [*start, "--log-level", "loud"]).exit_code == 2
