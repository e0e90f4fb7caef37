# SPDX-License-Identifier: Apache-2.0
"""One small demo clinic is made once; each story gets a copy of it whose server runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.day.clinic import DemoClinic, open_clinic
from tests.workflows.clinics import small_clinic


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a clinic on the morning of its first day."""
    clinic = small_clinic(tmp_path_factory.mktemp("made") / "a clinic")
    clinic.server.stop()
    return clinic.folder


@pytest.fixture
def clinic(made: Path, tmp_path: Path) -> Iterator[DemoClinic]:
    """A copy of it, served."""
    copied = open_clinic(shutil.copytree(made, tmp_path / "a clinic"))
    copied.server.start()
    yield copied
    copied.server.kill()
