# SPDX-License-Identifier: Apache-2.0
"""A served clinic and one enrolled front desk for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hms_desktop.commands.bench import Bench
from tests.server.process import ServerProcess


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A served clinic with a receptionist."""
    made = ServerProcess(tmp_path_factory.mktemp("server"))
    made.person("zanele", "receptionist")
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def desk(server: ServerProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an enrolled workstation that was filled."""
    folder = tmp_path_factory.mktemp("desk") / "workstation"
    server.enrol(folder, "Front desk 1", "front_desk")
    bench = server.bench(folder, "zanele")
    bench.exchange.catch_up()
    bench.store.close()
    return folder


@pytest.fixture
def bench(server: ServerProcess, desk: Path) -> Iterator[Bench]:
    """The receptionist is signed in there."""
    opened = server.bench(desk, "zanele")
    yield opened
    opened.store.close()
