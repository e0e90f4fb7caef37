# SPDX-License-Identifier: Apache-2.0
"""What stands below a history that begins before this device's log: a sentence, and the way to fetch the rest of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Text, appear
from hms_desktop.ui.widgets.theme import theme


class OlderVersions(QWidget):
    """Hidden while everything is here; once `serve`d it fetches older versions, which `again` then reads."""

    def __init__(self) -> None:
        super().__init__()
        self._desk: Desk | None = None
        self._again: Callable[[], object] = lambda: None
        self._places: tuple[Any, ...] = ()
        self.words = Text("", tone="secondary", wrap=True)
        self.button = Button(_("Fetch older changes"), icon="clock-counter-clockwise", clicked=self._fetch)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, theme.space(2), 0, 0)
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
        appear(self, False)

    def serve(self, desk: Desk, again: Callable[[], object]) -> None:
        """Where to fetch from, and what reads the versions anew."""
        self._desk, self._again = desk, again

    def offer(self, versions: object) -> None:
        """Say that there are older ones, where the versions name records of which the first are not here."""
        self._places = tuple(getattr(versions, "older", ()))
        self.words.setText(_("What was done before this device's log begins is at the server alone."))
        self.button.setEnabled(True)
        appear(self, bool(self._places) and self._desk is not None and self._desk.older is not None)

    def _fetch(self) -> None:
        assert self._desk is not None and self._desk.older is not None
        self.button.setEnabled(False)
        fetch, places = self._desk.older, self._places
        self._desk.tasks.read(lambda _reader: fetch(places), self._came, self._failed, owner=self)

    def _came(self, count: int) -> None:
        if count:
            self._again()
        else:
            self.words.setText(_("The server has nothing older that may be shown here."))

    def _failed(self, error: ClinicError) -> None:
        self.words.setText(_("Older changes can't be fetched now: {reason}").format(reason=error))
        self.button.setEnabled(True)
