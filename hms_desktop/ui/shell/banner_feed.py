# SPDX-License-Identifier: Apache-2.0
"""Keeps the patient banner true: read for the patient of the screen, read again when what it shows has changed."""

from __future__ import annotations

from functools import partial
from typing import Any, Protocol
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from hms_desktop.core.changes import Changes
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.patient_banner import BannerData, PatientBanner


class BannerSource(Protocol):
    """Reads what the banner shows; `tables` are those it reads."""

    tables: frozenset[str]

    def __call__(self, reader: Any, patient: UUID) -> BannerData:
        """The banner of this patient."""


GLASS_TICK_MS = 15_000


class BannerFeed(QObject):
    """Shows one patient at a time; the one before is gone before the next is read.

    Over an emergency access it reads again by itself, as its time runs. `lost` says that whoever looks may no longer
    know the patient who is shown: the hour is over, or the last thing that tied them is closed.
    """

    lost = Signal()

    def __init__(self, desk: Desk, banner: PatientBanner, source: BannerSource) -> None:
        super().__init__(banner)
        self._desk, self._banner, self._source = desk, banner, source
        self._patient: UUID | None = None
        self._tick = QTimer(self, interval=GLASS_TICK_MS)
        self._tick.timeout.connect(self.read_again)
        desk.tasks.changed.connect(self._changed)

    def show_patient(self, patient: UUID | None) -> None:
        """Show this patient's banner, or none."""
        if patient == self._patient:
            return
        self._patient = patient
        self._tick.stop()
        self._banner.show_patient(None)
        self.read_again()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*self._source.tables):
            self.read_again()

    def read_again(self) -> None:
        """Read the patient who is shown once more."""
        if self._patient is not None:
            self._desk.tasks.read(
                partial(self._source, patient=self._patient), self._show, owner=self, replaces="banner"
            )

    def _show(self, data: BannerData) -> None:
        if self._patient is None:
            return
        known = self._banner.data is not None and self._banner.data.standing != "restricted"
        self._banner.show_patient(data)
        (self._tick.start if data.glass else self._tick.stop)()
        if known and data.standing == "restricted":
            self.lost.emit()
