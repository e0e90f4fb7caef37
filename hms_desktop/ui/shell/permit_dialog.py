# SPDX-License-Identifier: Apache-2.0
"""Renewing the permit by telephone: shows what to say, takes the code that is read back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.clock import Clock, instant
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.password_field import TallField
from hms_desktop.ui.shell.station import StationFacts
from hms_desktop.ui.shell.words import day_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.dialog_pane import DialogPane
from hms_desktop.ui.widgets.dialog_room import dialog_room
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme

Renew = Callable[[str], object]


class PermitDialog(QDialog):
    """`renew(code)` raises what is wrong with it; `renewed` follows a code that was right."""

    renewed = Signal()

    def __init__(self, parent: QWidget, facts: StationFacts, renew: Renew, clock: Clock) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Renew by telephone"))
        self.setAccessibleName(_("Renew by telephone"))
        self._renew = renew
        self.code = TallField()
        self.code.setAccessibleName(_("Code"))
        self.wrong = Notice("critical", "warning-octagon-fill")
        self.wrong.hide()
        self.go = Button(_("Renew"), "primary", key="Enter", clicked=self.try_code)
        self.stay = Button(_("Go back"), key="Esc", clicked=self.reject)
        self._lay_out(facts, day_words(instant(clock.now_ms()).astimezone(facts.zone)))

    def ask(self) -> None:
        """Open over the window; the code can be typed at once."""
        self.open()
        self.code.setFocus(Qt.FocusReason.OtherFocusReason)

    def try_code(self) -> None:
        """Take the code, or say what is wrong with it and let it be typed again."""
        if not self.code.text().strip():
            self.code.setFocus()
            return
        try:
            self._renew(self.code.text())
        except ClinicError as wrong:
            self.wrong.say(str(wrong))
            self.wrong.show()
            self.code.selectAll()
            self.code.setFocus()
            return
        self.renewed.emit()
        self.accept()

    def _lay_out(self, facts: StationFacts, today: str) -> None:
        told = QWidget()
        inner = QVBoxLayout(told)
        inner.setSpacing(theme.space(4))
        call = _("Call an administrator and say what stands here. They read you a code of four groups for this day.")
        inner.addWidget(Text(call, "body", "secondary", wrap=True))
        inner.addWidget(
            Pairs([(_("Workstation"), facts.station), (_("Number"), facts.number), (_("This computer's day"), today)])
        )
        inner.addWidget(self.wrong)
        inner.addWidget(Text(_("Code"), "label", "secondary"))
        inner.addWidget(self.code)
        inner.addWidget(Text(_("Case and dashes do not matter. A code is good once."), "label", "tertiary", wrap=True))
        column = QVBoxLayout(self)
        pad = theme.space(7)
        column.setContentsMargins(pad, pad, pad, theme.space(6))
        column.setSpacing(theme.space(4))
        column.addWidget(Text(_("Renew by telephone"), "title", wrap=True))
        column.addWidget(DialogPane(told, _("What to say")), 1)
        foot = QHBoxLayout()
        foot.setSpacing(theme.space(3))
        foot.addStretch(1)
        foot.addWidget(self.stay)
        foot.addWidget(self.go)
        column.addLayout(foot)
        self.go.setDefault(True)
        room = dialog_room(self).width()
        self.setMinimumWidth(min(theme.grow(480), room))
        self.setMaximumWidth(min(theme.grow(560), room))
