# SPDX-License-Identifier: Apache-2.0
"""The `hms` command as a script runs it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.server.process import PASSWORD
from tests.server.warm import Running


def hms(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return Running("hms", words, os.environ, typed).wait(120)


def ask(folder: Path, login: str, command: str, *words: str) -> dict[str, Any]:
    """Run it as this person with `--json`; fails the test unless it succeeds."""
    done = hms(command, "--profile", str(folder), *words, "--login", login, "--password-stdin", "--json",
               typed=PASSWORD + "\n")  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer
