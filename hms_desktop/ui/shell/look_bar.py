# SPDX-License-Identifier: Apache-2.0
"""The foot of the sign-in window: language, theme and text size, changed before anybody signs in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.shell.look import LANGUAGES, Look
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.theme import SCALES, Mode, theme


class LookBar(QWidget):
    """Three quiet buttons with menus; `chosen` carries the new Look."""

    chosen = Signal(object)

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4))
        self._language = self._button("translate", "language", dict(LANGUAGES))
        self._theme = self._button("sun", "mode", mode_words())
        self._text = self._button("text-aa", "scale", {step: text_words(step) for step in SCALES})
        row.addStretch(1)
        for button in (self._language, self._theme, self._text):
            row.addWidget(button)
        row.addStretch(1)
        self.show_look(look)

    def show_look(self, look: Look) -> None:
        """Show the look in use."""
        self._look = look
        self._language.set_words(LANGUAGES[look.language])
        self._theme.set_words(mode_words()[look.mode])
        self._text.set_words(text_words(look.scale))

    def _button(self, icon: str, part: str, choices: dict[Any, str]) -> Button:
        button = Button("", "quiet", icon=icon)
        menu = QMenu(button)
        for value, words in choices.items():
            menu.addAction(words).triggered.connect(lambda _on=False, v=value: self._take(part, v))
        button.clicked.connect(lambda: _drop_up(menu, button))
        return button

    def _take(self, part: str, value: Any) -> None:
        changes: dict[str, Any] = {part: value}
        self.show_look(replace(self._look, **changes))
        self.chosen.emit(self._look)


def _drop_up(menu: QMenu, button: QWidget) -> None:
    menu.popup(button.mapToGlobal(button.rect().topLeft()) - QPoint(0, menu.sizeHint().height()))


def mode_words() -> dict[Mode, str]:
    """The themes by name."""
    return {"light": _("Light"), "dark": _("Dark"), "high-contrast": _("High contrast"), "system": _("Follow system")}


def text_words(scale: float) -> str:
    """A text size as `Text 115 %`."""
    return _("Text {percent} %").format(percent=round(scale * 100))
