# SPDX-License-Identifier: Apache-2.0
"""What went out: version, by whom and when, who must see it and who did, and the values that were corrected."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.lab.queries_inbox import ReleaseView
from hms_desktop.core.text import _
from hms_desktop.ui.lab import words
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.detail_rows import CheckRow
from hms_desktop.ui.widgets.labels import appear


class ReleaseCard(Card):
    """Shows the releases of a specimen's orders; hidden when nothing went out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(_("Released"), parent=parent)
        self._rows: list[CheckRow] = []
        self.hide()

    def show_releases(self, releases: Sequence[ReleaseView], now: datetime) -> None:
        """Show these."""
        for row in self._rows:
            self.body.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [row for view in releases for row in _rows(view, now)]
        for row in self._rows:
            self.add(row)
        appear(self, bool(releases))


def _rows(view: ReleaseView, now: datetime) -> list[CheckRow]:
    at = words.moment_words(view.at, now)
    title = _("{name}, version {version}") if not view.corrected else _("{name}, corrected, version {version}")
    out = _("Released {time} by {name}").format(time=at, name=view.by)
    rows = [CheckRow("warning" if view.corrected else "success", title.format(name=view.display, version=view.version),
                     out)]  # fmt: skip
    for seen in view.acknowledged:
        time = words.moment_words(seen.at, now)
        rows.append(CheckRow("success", _("Seen by {name}").format(name=seen.by), time))
    if view.waiting_for:
        names = ", ".join(view.waiting_for)
        rows.append(CheckRow("info", _("Not acknowledged yet"), names, icon="hourglass-medium"))
    return rows
