# SPDX-License-Identifier: Apache-2.0
"""Name, Password, Code: where a person is on the way in, as three marks with lines between."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets import icons
from hms_desktop.ui.widgets.labels import Rule, Text
from hms_desktop.ui.widgets.theme import theme

_DONE, _HERE, _AHEAD = "check-circle-fill", "circle-half-fill", "circle"


class Steps(QWidget):
    """The step in hand is bold, those done carry a tick."""

    def __init__(self, words: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = words
        self._marks = [QLabel() for _word in words]
        self._texts = [Text(word, "label", "secondary") for word in words]
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        for place, (mark, text) in enumerate(zip(self._marks, self._texts, strict=True)):
            if place:
                line = Rule()
                line.setFixedWidth(theme.grow(28))
                row.addWidget(line)
            row.addWidget(mark)
            row.addWidget(text)
        row.addStretch(1)
        self._here = 0
        theme.changed.connect(self._again)
        self.show_step(0)

    def _again(self) -> None:
        self.show_step(self._here)

    def show_step(self, here: int) -> None:
        """Mark the step in hand (0 is the first) and those before it."""
        self._here = here
        side = theme.grow(14)
        for place, (mark, text) in enumerate(zip(self._marks, self._texts, strict=True)):
            name = _DONE if place < here else _HERE if place == here else _AHEAD
            mark.setPixmap(icons.pixmap(name, "primary.base" if place <= here else "text.tertiary", side))
            text.set_tone("primary" if place == here else "secondary")
            font = text.font()
            font.setBold(place == here)
            text.setFont(font)
        self.setAccessibleName(
            _("Step {here} of {all}: {word}").format(here=here + 1, all=len(self._words), word=self._words[here])
        )
