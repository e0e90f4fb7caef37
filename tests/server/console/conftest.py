# SPDX-License-Identifier: Apache-2.0
"""An office for each test: a copy of one that is made once, as making a store takes longer than any of the tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_server import console_access as access
from sync_server import people, resets
from tests.server.console.office import Office, furnish
from tests.server.process import CHEAP


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder that offices are copied from, and the seeds of its administrators."""
    folder = tmp_path_factory.mktemp("office") / "server"
    return folder, furnish(folder)


@pytest.fixture
def desk(furnished: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A server with two administrators, nothing served, passwords at a cost that only tests may ask for."""
    for module in (people, resets, access):
        monkeypatch.setattr(module, "calibrate", lambda: CHEAP)
    folder, seeds = furnished
    made = Office(shutil.copytree(folder, tmp_path / "server"), dict(seeds))
    yield made
    made.close()
