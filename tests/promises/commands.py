# SPDX-License-Identifier: Apache-2.0
"""The `hms` command as a script runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server.process import PASSWORD, ROOT


def hms(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    line = [sys.executable, "-m", "hms_desktop", *words]
    return subprocess.run(line, input=typed, capture_output=True, text=True, cwd=ROOT, timeout=120)


def ask(folder: Path, login: str, command: str, *words: str) -> dict[str, Any]:
    """Run it as this person with `--json`; fails the test unless it succeeds."""
    done = hms(command, "--profile", str(folder), *words, "--login", login, "--password-stdin", "--json",
               typed=PASSWORD + "\n")  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
