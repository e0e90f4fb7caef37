# SPDX-License-Identifier: Apache-2.0
"""The parts of the main window and where they lie: rail | top bar, strip, banner, error, work area, status bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell.error_panel import ErrorPanel
from hms_desktop.ui.shell.notices import Notices
from hms_desktop.ui.shell.rail import Rail, RailItem
from hms_desktop.ui.shell.top_bar import TopBar
from hms_desktop.ui.shell.work_room import WorkRoom
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.patient_banner import PatientBanner
from hms_desktop.ui.widgets.status_bar import StatusBar
from hms_desktop.ui.widgets.strip import Strip


class Frame(QWidget):
    """The central widget of a main window; `work` holds the screen."""

    def __init__(self, desk: Desk, modules: Sequence[RailItem], foot: Sequence[RailItem], *, training: bool) -> None:
        super().__init__()
        dress(self, surface="app")
        self.rail = Rail(modules, foot, training=training)
        self.top = TopBar(desk.person.name, desk.person.title)
        self.strip = Strip()
        self.banner = PatientBanner()
        self.banner.hide()
        self.error = ErrorPanel()
        self.work = QWidget()
        self.work.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.status = StatusBar()
        self.room = WorkRoom()
        whole = QVBoxLayout(self.work)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.room)
        self.notices = Notices(self.work, desk.now)
        column = QVBoxLayout()
        column.setSpacing(0)
        for part in (self.top, self.strip, self.banner, self.error, self.work, self.status):
            column.addWidget(part, 1 if part is self.work else 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(column, 1)

    def show_screen(self, widget: QWidget) -> None:
        """Fill the work area with this screen; the one before is gone."""
        self.room.hold(widget)

    def panes(self) -> list[QWidget]:
        """What F6 walks through, in reading order."""
        return [self.rail, self.top, self.strip, self.banner, self.work, self.status]
