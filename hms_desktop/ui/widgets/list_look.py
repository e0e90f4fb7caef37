# SPDX-License-Identifier: Apache-2.0
"""A list that shows more than names is a look at each patient in it: written down before it is shown, once for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from PySide6.QtCore import QObject

from hms_desktop.core.errors import ClinicError
from hms_desktop.security.audit import note_list
from hms_desktop.ui.desk import Desk

F = TypeVar("F")


class ListLook(Generic[F]):
    """Whom one list has shown since its screen was opened; `place` names the list, `whom` finds the patients of what
    was read.

    One event holds everybody who is new in the list, so that a list that is read again every minute writes nothing
    while nobody came. What can't be written down is not shown: `failed` says why.
    """

    def __init__(
        self,
        desk: Desk,
        owner: QObject,
        place: str,
        whom: Callable[[F], Iterable[UUID]],
        show: Callable[[F], object],
        failed: Callable[[ClinicError], object] | None = None,
        *,
        purpose: str = "treatment",
    ) -> None:
        self._desk, self._owner, self._place, self._purpose = desk, owner, place, purpose
        self._whom, self._show, self._failed = whom, show, failed or desk.show_error
        self._noted: set[UUID] = set()
        self._newest: list[F] = []

    def show(self, facts: F) -> None:
        """Show what was read, now or as soon as it is written down; of several readings meanwhile, the last."""
        waits, self._newest = bool(self._newest), [facts]
        if not waits:
            self._go_on()

    def _go_on(self) -> None:
        facts = self._newest[0]
        new = set(self._whom(facts)) - self._noted
        if not new:
            self._newest = []
            self._show(facts)
            return
        event = partial(note_list, place=self._place, patients=new, purpose=self._purpose)
        self._desk.tasks.run(event, lambda _event: self._written(new), self._not_written, owner=self._owner)

    def _written(self, new: set[UUID]) -> None:
        self._noted |= new
        self._go_on()

    def _not_written(self, error: ClinicError) -> None:
        self._newest = []
        self._failed(error)
