# SPDX-License-Identifier: Apache-2.0
"""One clinic day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.appointments.clinic_day import ClinicDay, open_clinic


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[ClinicDay]:
    """A desk with one doctor's Monday morning, at 09:00."""
    opened = open_clinic(tmp_path)
    yield opened
    opened.desk.store.close()
