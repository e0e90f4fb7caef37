# SPDX-License-Identifier: Apache-2.0
"""Who writes down that a person was refused: a refusal undoes its own transaction, so it is noted in the next one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hms_desktop.core.errors import NotAllowed

Note = Callable[[Any, NotAllowed], None]
NOTES: list[Note] = []


def on_refusal(note: Note) -> Note:
    """Let this function write each refusal, in a unit of the person who was refused."""
    NOTES.append(note)
    return note
