# SPDX-License-Identifier: Apache-2.0
"""Pictures of the day: what a workstation shows, dialogs included, light and dark, numbered in the order of the day."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from hms_desktop.ui.widgets.theme import Mode, theme
from installer.day import hands

SETTLE_SECONDS = 0.12


@dataclass
class Camera:
    """Takes numbered pictures into a folder; `taken` names them in order."""

    folder: Path
    taken: list[str] = field(default_factory=list)
    number: int = 0

    def step(self) -> None:
        """The next pictures belong to the next step."""
        self.number += 1

    def take(self, window: QWidget, name: str, *, dark: bool = False) -> None:
        """One picture of this window; with `dark` a second one of the same in the dark theme."""
        self._take(window, name)
        if dark:
            mode: Mode = theme.mode
            theme.use(mode="dark")
            self._take(window, f"{name}-dark")
            theme.use(mode=mode)

    def _take(self, window: QWidget, name: str) -> None:
        hands.breathe(SETTLE_SECONDS)
        file = f"{self.number:02d}-{name}.png"
        if whole_picture(window).save(str(self.folder / file)):
            self.taken.append(file)


def whole_picture(window: QWidget) -> QPixmap:
    """The window with the dialogs that lie over it, as a person sees it."""
    picture = window.grab()
    painter = QPainter(picture)
    for dialog in QApplication.topLevelWidgets():
        if isinstance(dialog, QDialog) and dialog.isVisible() and _belongs(dialog, window):
            place = dialog.frameGeometry().topLeft() - window.frameGeometry().topLeft()
            painter.drawPixmap(_inside(place.x(), window.width() - dialog.width()),
                               _inside(place.y(), window.height() - dialog.height()), dialog.grab())  # fmt: skip
    painter.end()
    return picture


def _belongs(dialog: QWidget, window: QWidget) -> bool:
    parent = dialog.parentWidget()
    return parent is not None and parent.window() is window


def _inside(wanted: int, most: int) -> int:
    return max(0, min(wanted, most))
