# SPDX-License-Identifier: Apache-2.0
"""What stands in a pane that has nothing to show: empty, nothing matches, an error, or grey bars while it loads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Glyph, Text, appear
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Notice:
    """An icon, one sentence and one button that names the next step (none when `act` is None)."""

    icon: str
    sentence: str
    button: str = ""
    act: Callable[[], object] | None = None
    role: str = "text.tertiary"


def nothing_matches(clear: Callable[[], object]) -> Notice:
    """A filter or search that leaves nothing; the button clears it."""
    return Notice("funnel", _("Nothing matches the filter."), _("Clear filter"), clear)


def could_not_read(sentence: str, again: Callable[[], object]) -> Notice:
    """A reading that failed; the sentence names what and why."""
    return Notice("warning-circle", sentence, _("Try again"), again, "status.critical.fg")


class EmptyState(QWidget):
    """A notice in the middle of its pane."""

    def __init__(self, notice: Notice | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setSpacing(theme.space(4))
        self._glyph = Glyph("tray", "text.tertiary", 32)
        self.sentence = Text("", "body", "secondary", wrap=True)
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = Button("", clicked=self._act)
        self._notice: Notice | None = None
        column.addStretch(2)
        column.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.sentence)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        if notice:
            self.show_notice(notice)

    def show_notice(self, notice: Notice) -> None:
        """Show another notice."""
        self._notice = notice
        self._glyph.show_icon(notice.icon, notice.role)
        self.sentence.setText(notice.sentence)
        self.button.set_words(notice.button)
        appear(self.button, notice.act is not None)
        self.setAccessibleName(notice.sentence)

    def _act(self) -> None:
        if self._notice and self._notice.act:
            self._notice.act()


class Skeleton(QWidget):
    """Grey rows in place of a list that is on its way; shown 150 ms after the asking, without movement."""

    def __init__(self, row_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row_height = row_height
        self.setAccessibleName(_("Loading"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars of differing width, fainter downwards."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("bg.sunken"))
        for at in range(max(1, self.height() // self._row_height)):
            top = at * self._row_height + self._row_height // 2 - 4
            painter.setOpacity(max(0.25, 1 - at * 0.09))
            left = theme.space(4)
            for share in (14, 30 - 5 * (at % 3), 20 + 4 * (at % 2)):
                width = self.width() * share // 100
                painter.drawRoundedRect(QRect(left, top, width, 8), 4, 4)
                left += width + self.width() // 12
