# SPDX-License-Identifier: Apache-2.0
"""An act of an administrator: it and the word about it go into the server's chain together or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from hms_desktop.security.administration import AdminEvent
from hms_desktop.storage.unit import Unit
from sync_server.home import Home

T = TypeVar("T")
Also = Callable[[Unit], object]
COMMAND = "command"


@dataclass(frozen=True)
class By:
    """Who acts: a person of the clinic, under the name that colleagues see, and the address that they act from."""

    person: UUID
    name: str
    origin: str


def nothing_more(_unit: Unit) -> None:
    """What stands where an act is not an administrator's own: no word about it."""


def noted(by: By, kind: str, subject: UUID | None = None, detail: str | None = None) -> Also:
    """The word about an act, to be written by the unit that does it."""

    def write(unit: Unit) -> None:
        unit.action = unit.action or "server.console"
        unit.add(AdminEvent, kind=kind, by=by.person, subject=subject, detail=detail, origin=by.origin)

    return write


def note_act(home: Home, by: By, kind: str, subject: UUID | None = None, detail: str | None = None) -> None:
    """Write down an act that changes no record: a look at a list, a session ended, a request."""
    home.store.act(noted(by, kind, subject, detail), home.worker)
