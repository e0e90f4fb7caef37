# SPDX-License-Identifier: Apache-2.0
"""A clinic with windows for every test of the clinical screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from hms_desktop.storage.acting import Acting
from tests.ui.ehr.rooms import Rooms, Window


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Rooms]:
    """A clinic on Monday morning."""
    opened = Rooms(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def opens(qtbot: QtBot, rooms: Rooms) -> Iterator[Callable[[Acting], Window]]:
    """Call with a person: their window."""
    kept: list[Window] = []

    def open_one(acting: Acting) -> Window:
        kept.append(Window(qtbot, rooms, acting))
        return kept[-1]

    yield open_one
    for window in kept:
        window.close()


@pytest.fixture
def window(opens: Callable[[Acting], Window], rooms: Rooms) -> Window:
    """The doctor's window."""
    return opens(rooms.doctor)
