# SPDX-License-Identifier: Apache-2.0
"""A practice of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.ehr.practice import Practice


@pytest.fixture
def practice(tmp_path: Path) -> Iterator[Practice]:
    """One encrypted store with people by role."""
    opened = Practice(tmp_path)
    yield opened
    opened.close()
