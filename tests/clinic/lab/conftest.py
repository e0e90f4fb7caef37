# SPDX-License-Identifier: Apache-2.0
"""A laboratory of its own for every test: the catalogue that ships, a patient, people by role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.lab.laboratory import Laboratory


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Laboratory]:
    """One encrypted store with the catalogue in it."""
    opened = Laboratory(tmp_path)
    yield opened
    opened.close()
