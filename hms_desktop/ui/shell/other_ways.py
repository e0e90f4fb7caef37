# SPDX-License-Identifier: Apache-2.0
"""Other ways in, under the field of sign-in and lock: a security key, a recovery code, a touch alone.

They are the same for everybody who is asked for a code, so that they tell nothing of whose name was typed.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.security.second_factor import BY_TOUCH, WITH_KEY
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.theme import theme

TOUCHES = frozenset({WITH_KEY, BY_TOUCH})


class OtherWays(QWidget):
    """`asked(way)` tries with WITH_KEY or BY_TOUCH; `paper(on)` wants a recovery code typed, or the app's again."""

    asked = Signal(str)
    paper = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.key = Button(_("Use your security key"), "quiet", icon="key", clicked=lambda: self.asked.emit(WITH_KEY))
        self.touch = Button(
            _("Touch your security key"), "quiet", icon="fingerprint", clicked=lambda: self.asked.emit(BY_TOUCH)
        )
        self.code = Button("", "quiet", icon="lifebuoy", clicked=self._swap)
        self._paper = False
        self._row = FlowRow(theme.space(3), theme.space(2))
        for button in (self.key, self.code, self.touch):
            self._row.add(button)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._row)
        self.offer()

    def offer(self, *, code: bool = False, touch: bool = False, paper: bool = False) -> None:
        """What may be used in place of the field: key and recovery code for a code, a touch for a whole sign-in."""
        self._paper = paper
        self.code.set_words(_("Use a code of the app") if paper else _("Use a recovery code"))
        for button, offered in ((self.key, code), (self.code, code), (self.touch, touch)):
            button.setVisible(offered)
        self.setVisible(code or touch)

    def _swap(self) -> None:
        self.paper.emit(not self._paper)
