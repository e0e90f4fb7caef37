# SPDX-License-Identifier: Apache-2.0
"""A meeting of desks with a small clinic in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clinic.meeting import Meeting
from tests.clinic.scene import Scene, make_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic on Monday morning; `scene.meeting.desk(...)` opens workstations."""
    meeting = Meeting(tmp_path)
    yield make_scene(meeting)
    meeting.close()
