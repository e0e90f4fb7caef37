# SPDX-License-Identifier: Apache-2.0
"""A second window beside the main one, for one screen with its banner, its own keys and the true state of sync."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page, Screen
from hms_desktop.ui.shell.banner_feed import BannerFeed, BannerSource
from hms_desktop.ui.shell.keys import GLOBAL, KeyRegistry
from hms_desktop.ui.shell.status_feed import StatusFeed
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.patient_banner import PatientBanner
from hms_desktop.ui.widgets.status_bar import StatusBar
from hms_desktop.ui.widgets.strip import Strip

SCREEN = "screen"


class BesideWindow(QWidget):
    """Shows `screen`; its title names no patient. What is unfinished is kept as a draft when it closes."""

    def __init__(self, desk: Desk, screen: Screen, banners: BannerSource, feed: StatusFeed, main: QWidget) -> None:
        super().__init__(main, Qt.WindowType.Window)
        self.setWindowTitle(_("Hospital Management, {station}").format(station=desk.place.station))
        dress(self, surface="app")
        self.held = screen
        self.resize(1180, 720)
        banner, self.strip, self.status, self._feed = PatientBanner(), Strip(), StatusBar(), feed
        banner.allergies.offer_asking(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(banner)
        column.addWidget(screen.widget(), 1)
        column.addWidget(self.status)
        feed.also_on(self.status, self.strip)
        self._banner = BannerFeed(desk, banner, banners)
        self._banner.lost.connect(self.close)
        self._keys = KeyRegistry(self)
        self._keys.add(GLOBAL, [Key("Ctrl+W", _("Close this window"), self.close)])
        if isinstance(screen, Page):
            screen.facts_changed.connect(self._show_facts)
        self._show_facts()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what is typed, stop the screen."""
        if self.held.has_unsaved():
            self.held.save_draft()
        leave = getattr(self.held, "leave", None)
        if leave is not None:
            leave()
        self._feed.no_longer_on(self.status)
        super().closeEvent(event)

    def _show_facts(self) -> None:
        self._banner.show_patient(self.held.patient)
        self._keys.replace(SCREEN, self.held.keys())
        self._keys.activate(SCREEN)
