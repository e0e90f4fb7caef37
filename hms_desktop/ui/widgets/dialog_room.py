# SPDX-License-Identifier: Apache-2.0
"""How large a dialog may be: as drawn for the text size in use, and never larger than the window it lies over."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog

from hms_desktop.ui.widgets.theme import theme

_MARGIN = 24


def fit_dialog(dialog: QDialog, width: int, height: int = 0) -> None:
    """Take this size (pixels at 100 % text) where the window below has room for it; without a height as it comes."""
    room = dialog_room(dialog)
    wide = min(theme.grow(width), room.width())
    dialog.setMinimumWidth(0 if height else wide)
    if height:
        dialog.resize(wide, min(theme.grow(height), room.height()))


def dialog_room(dialog: QDialog) -> QSize:
    """The pixels that a dialog may cover: the window below it less a margin, else its screen."""
    below = dialog.parentWidget()
    room = below.window().size() if below is not None else dialog.screen().availableSize()
    return room - QSize(2 * _MARGIN, 2 * _MARGIN)
