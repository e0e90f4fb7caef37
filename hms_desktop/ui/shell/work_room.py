# SPDX-License-Identifier: Apache-2.0
"""The room for a screen: fills the work area, and scrolls when large text in a small window leaves it too little."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme


class WorkRoom(ScrollPane):
    """Holds one screen at a time, at least as large as its parts need; what has the keyboard is brought into view."""

    def __init__(self) -> None:
        super().__init__(whole=False, sideways=True)
        self.viewport().setAutoFillBackground(False)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._follow)

    def hold(self, screen: QWidget) -> None:
        """Show this screen; the one before is gone."""
        if (old := self.takeWidget()) is not None:
            old.hide()
            old.deleteLater()
        self.setWidget(screen)
        screen.setAutoFillBackground(False)
        self.fit()
        screen.show()

    @Slot(QWidget, QWidget)
    def _follow(self, _old: QWidget | None, new: QWidget | None) -> None:
        screen = self.widget()
        if new is not None and isValid(new) and screen is not None and screen.isAncestorOf(new):
            self.ensureWidgetVisible(new, theme.space(4), theme.space(4))
