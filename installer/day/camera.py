# SPDX-License-Identifier: Apache-2.0
"""Pictures of the day: what a workstation shows, dialogs included, light and dark, numbered in the order of the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from hms_desktop.ui.widgets.theme import Mode, theme
from installer.day import hands

SETTLE_SECONDS = 0.02


@dataclass
class Camera:
    """Takes numbered pictures into a folder; `taken` names them in order."""

    folder: Path
    taken: list[str] = field(default_factory=list)
    number: int = 0

    def step(self) -> None:
        """The next pictures belong to the next step."""
        self.number += 1

    def take(self, window: QWidget, name: str) -> None:
        """One picture of this window."""
        self._take(window, name)

    def take_dark(self, windows: Mapping[str, QWidget]) -> None:
        """One picture of each window in the dark theme; all are dressed anew at once, which takes seconds."""
        mode: Mode = theme.mode
        theme.use(mode="dark")
        for name, window in windows.items():
            self._take(window, f"dark-{name}")
        theme.use(mode=mode)

    def _take(self, window: QWidget, name: str) -> None:
        hands.breathe(SETTLE_SECONDS)
        file = f"{self.number:02d}-{name}.png"
        if whole_picture(window).save(str(self.folder / file)):
            self.taken.append(file)


def whole_picture(window: QWidget) -> QPixmap:
    """The window with the dialogs that lie over it, in its middle, where a window system puts them."""
    picture = window.grab()
    painter = QPainter(picture)
    for dialog in QApplication.topLevelWidgets():
        if isinstance(dialog, QDialog) and dialog.isVisible() and _belongs(dialog, window):
            place = QRect(QPoint(), dialog.size())
            place.moveCenter(window.rect().center())
            place.moveTop(max(0, place.top()))
            painter.drawPixmap(place.topLeft(), dialog.grab())
            painter.setPen(theme.colour("border.strong"))
            painter.drawRect(place.adjusted(-1, -1, 0, 0))
    painter.end()
    return picture


def _belongs(dialog: QWidget, window: QWidget) -> bool:
    parent = dialog.parentWidget()
    while parent is not None and parent is not window:
        parent = parent.parentWidget()
    return parent is window
