# SPDX-License-Identifier: Apache-2.0
"""A front desk with an empty register."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.patients.people import reception
from tests.desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A receptionist's desk over a real encrypted file."""
    opened = reception(tmp_path)
    yield opened
    opened.store.close()
