# SPDX-License-Identifier: Apache-2.0
"""What happened, line by line: who wrote what, when and where, and when the changes met."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QGridLayout, QWidget

from hms_desktop.clinic.conflicts.queries_details import Details, Happened
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.theme import theme


class StoryCard(Card):
    """The history of one conflict."""

    def __init__(self, details: Details, zone: ZoneInfo, now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(_("What happened"), parent=parent)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.space(5))
        grid.setVerticalSpacing(theme.space(3))
        grid.setColumnStretch(3, 1)
        last = len(details.happened) - 1
        for at, line in enumerate(details.happened):
            met = bool(details.sides) and at == last
            shape = "git-merge" if met else "hard-drives" if line.here else "cloud"
            role = "status.warning.fg" if met else "status.local.fg" if line.here else "status.info.fg"
            grid.addWidget(Glyph(shape, role, 16), at, 0)
            grid.addWidget(Text(_when(line, zone, now), "bodyStrong", figures="tables"), at, 1)
            grid.addWidget(Text(line.who, "body"), at, 2)
            grid.addWidget(Text(line.text, "body", "secondary", wrap=True), at, 3)
        self.add(grid)


def _when(line: Happened, zone: ZoneInfo, now: datetime) -> str:
    at = line.at.astimezone(zone)
    clock = show_time(at.time())
    return clock if at.date() == now.date() else f"{show_day(at.date())} {clock}"
