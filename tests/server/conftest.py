# SPDX-License-Identifier: Apache-2.0
"""One running server for the tests of a file; each test enrols workstations of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.process import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A served clinic with a receptionist and a doctor."""
    made = ServerProcess(tmp_path_factory.mktemp("server"))
    made.person("zanele", "receptionist")
    made.person("thabo", "doctor")
    made.start()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a workstation is enrolled."""
    return tmp_path / "workstation"
