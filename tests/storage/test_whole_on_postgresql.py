# SPDX-License-Identifier: Apache-2.0
"""Everything that is tested of sync and of the server holds with its records in PostgreSQL, too: all of it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import stores

ROOT = Path(__file__).resolve().parents[2]
WHOLE = ("tests/sync", "tests/server")


@pytest.mark.proof
@pytest.mark.timeout(7200)
@pytest.mark.skipif(not stores.there(), reason=stores.MISSING)
def test_sync_and_server_hold_on_postgresql_as_over_files() -> None:
    command = (sys.executable, "-m", "pytest", "-q", "--no-cov", "--store", "postgresql", *WHOLE)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
