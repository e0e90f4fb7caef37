# SPDX-License-Identifier: Apache-2.0
"""Long work in place: a count, the time left after five seconds, and a Cancel that says what is kept."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Text, appear
from hms_desktop.ui.widgets.theme import theme

_TELL_AFTER_S = 5.0


def time_left_words(seconds: float) -> str:
    """How long it may take still, in steps that don't flicker."""
    if seconds < 10:
        return _("a few seconds left")
    if seconds < 90:
        tens = round(seconds / 10) * 10
        return _("about {count} s left").format(count=tens)
    minutes = round(seconds / 60)
    return ngettext("about {count} min left", "about {count} min left", minutes).format(count=minutes)


class Progress(QWidget):
    """Shows `412 of 664`. `cancelled` when the person stops it; `keeps` tells beforehand what stays then.

    `clock` gives seconds and is replaced in tests.
    """

    cancelled = Signal()

    def __init__(self, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clock = clock
        self._began = 0.0
        self._total = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        self.title = Text("", "bodyStrong")
        self.count = Text("", "label", "secondary", figures="tables")
        self.keeps = Text("", "label", "tertiary", wrap=True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cancel = Button(_("Cancel"), key="Esc", clicked=self.cancelled.emit)
        words = QHBoxLayout()
        words.addWidget(self.title)
        words.addStretch(1)
        words.addWidget(self.count)
        foot = QHBoxLayout()
        foot.addWidget(self.keeps, 1)
        foot.addWidget(self.cancel)
        column.addLayout(words)
        column.addWidget(self.bar)
        column.addLayout(foot)
        self.hide()

    def begin(self, title: str, total: int, keeps: str = "", *, can_cancel: bool = True) -> None:
        """Start counting; `total` 0 means that the end is not known yet."""
        self._began = self._clock()
        self._total = total
        self.title.setText(title)
        self.keeps.setText(keeps)
        appear(self.cancel, can_cancel)
        self.bar.setAccessibleName(title)
        self.step_to(0)
        appear(self, True)

    def step_to(self, done: int, total: int | None = None) -> None:
        """So many are done; `total` may become known on the way."""
        self._total = self._total if total is None else total
        self.bar.setRange(0, self._total)
        self.bar.setValue(done)
        words = _("{done} of {total}").format(done=done, total=self._total) if self._total else str(done)
        spent = self._clock() - self._began
        if self._total and 0 < done < self._total and spent >= _TELL_AFTER_S:
            left = time_left_words(spent / done * (self._total - done))
            words = _("{count}, {left}").format(count=words, left=left)
        self.count.setText(words)
        self.bar.setAccessibleDescription(words)

    def finish(self) -> None:
        """Done: go away."""
        self.hide()
