# SPDX-License-Identifier: Apache-2.0
"""The strip below the top bar: at most one of offline, stale, read-only, update ready or training data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRect, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.labels import Glyph, Text, appear
from hms_desktop.ui.widgets.theme import theme

StripKind = Literal["offline", "overdue", "readonly", "update", "training"]

# kind: (status family, icon)
_LOOKS: dict[str, tuple[str, str]] = {
    "offline": ("local", "wifi-slash"),
    "overdue": ("warning", "warning-fill"),
    "readonly": ("neutral", "eye"),
    "update": ("info", "download-simple"),
    "training": ("warning", "graduation-cap"),
}


@dataclass(frozen=True)
class StripAction:
    """A button on the strip; `name` comes back in `Strip.acted`."""

    name: str
    words: str
    icon: str = ""


@dataclass(frozen=True)
class StripFace:
    """What the strip says: a headline, what it means for the work, and what can be done."""

    kind: StripKind
    title: str
    text: str = ""
    actions: tuple[StripAction, ...] = ()


def offline_strip(since: str, waiting_words: str) -> StripFace:
    """Working offline since hh:mm; `waiting_words` is the full sentence on what waits here."""
    return StripFace(
        "offline",
        _("Working offline since {time}").format(time=since),
        waiting_words,
        (
            StripAction("limited", _("What is limited")),
            StripAction("try", _("Try now"), "arrows-clockwise"),
        ),
    )


def training_strip() -> StripFace:
    """The clinic's data is for practice only."""
    return StripFace("training", _("Training data"), _("Nothing here is about real people."))


class Strip(QWidget):
    """Shows one face or nothing. `acted` carries the name of the pressed action, `folded` that it was put away."""

    acted = Signal(str)
    folded = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face: StripFace | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.space(6), theme.space(2), theme.space(5), theme.space(2))
        self._row.setSpacing(theme.space(3))
        self._icon = Glyph("info")
        self._title = Text("", "bodyStrong")
        self._text = Text("", "body", wrap=True)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._title)
        self._row.addWidget(self._text, 1)
        self._fold = IconButton("x", _("Fold this strip away"), "quiet", clicked=self._put_away)
        self._buttons: list[QWidget] = []
        self.hide()

    def show_face(self, face: StripFace | None) -> None:
        """Show a face, or hide for None. A strip that was folded away stays so until its kind changes."""
        if face is None:
            self._face = None
            self.hide()
            return
        again = self._face is not None and self._face.kind == face.kind and self.isHidden()
        if face != self._face:
            self._face = face
            self._fill(face)
        if not again:
            appear(self, True)

    @property
    def face(self) -> StripFace | None:
        """What it says, shown or folded."""
        return self._face

    def _fill(self, face: StripFace) -> None:
        family, shape = _LOOKS[face.kind]
        self.setMinimumHeight(theme.size("strip"))
        self._icon.show_icon(shape, f"status.{family}.fg")
        for label, words in ((self._title, face.title), (self._text, face.text)):
            label.set_tone(family)
            label.setText(words)
        self.setAccessibleName(face.title)
        self.setAccessibleDescription(face.text)
        self._fill_buttons(face)
        self.update()

    def _fill_buttons(self, face: StripFace) -> None:
        for old in self._buttons:
            self._row.removeWidget(old)
            old.deleteLater()
        self._row.removeWidget(self._fold)
        self._buttons = [self._button(action) for action in face.actions]
        for button in self._buttons:
            self._row.addWidget(button)
        foldable = face.kind in ("offline", "update")
        if foldable:
            self._row.addWidget(self._fold)
        appear(self._fold, foldable)

    def _button(self, action: StripAction) -> Button:
        return Button(action.words, icon=action.icon, clicked=lambda: self.acted.emit(action.name))

    def _put_away(self) -> None:
        self.hide()
        self.folded.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground (striped for training data) and the hairline below."""
        if self._face is None:
            return
        family = _LOOKS[self._face.kind][0]
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour(f"status.{family}.bg"))
        if self._face.kind == "training":
            _paint_stripes(painter, self.rect(), family)
        painter.fillRect(QRect(0, self.height() - 1, self.width(), 1), theme.colour(f"status.{family}.border"))


def _paint_stripes(painter: QPainter, rect: QRect, family: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour(f"status.{family}.border"), 6))
    painter.setOpacity(0.35)
    for left in range(-rect.height(), rect.width(), 24):
        painter.drawLine(left, rect.height(), left + rect.height(), 0)
    painter.setOpacity(1.0)
