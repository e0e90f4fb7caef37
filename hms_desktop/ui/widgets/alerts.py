# SPDX-License-Identifier: Apache-2.0
"""The two tiers of alerts (a Stop panel, a Check in place), and the list of errors over a form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.ui.widgets.buttons import Button, Kind
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Fact, Glyph, Text, appear
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class AlertAct:
    """One way on from an alert; `name` comes back in `acted`."""

    name: str
    words: str
    kind: Kind = "secondary"
    icon: str = ""
    key: str = ""


@dataclass(frozen=True)
class AlertFace:
    """What an alert says: title, why, the patient's facts as (label, value), and the ways on, the fix first."""

    title: str
    reason: str
    facts: tuple[tuple[str, str], ...] = ()
    acts: tuple[AlertAct, ...] = ()
    note: str = ""
    place: str = ""


class StopPanel(QWidget):
    """The interrupting tier: a solid red head, the facts, a fix first. Stays until it is settled."""

    acted = Signal(str)

    def __init__(self, face: AlertFace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self.setAccessibleName(f"{face.title}. {face.reason}")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self._head = self._make_head(face)
        column.addWidget(self._head)
        body = QVBoxLayout()
        body.setContentsMargins(theme.space(5), theme.space(4), theme.space(5), theme.space(4))
        body.setSpacing(theme.space(4))
        if face.facts:
            facts = FlowRow(theme.space(7), theme.space(3))
            facts.fill([Fact(label, value, wrap=False) for label, value in face.facts])
            body.addWidget(facts)
        acts = FlowRow(theme.space(3), theme.space(3))
        self.buttons = [_act_button(act, self.acted.emit) for act in face.acts]
        acts.fill(self.buttons)
        body.addWidget(acts)
        if face.note:
            body.addWidget(Text(face.note, "label", "secondary", wrap=True))
        column.addLayout(body)

    def _make_head(self, face: AlertFace) -> QWidget:
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(theme.space(5), theme.space(4) - 2, theme.space(5), theme.space(4) - 2)
        row.setSpacing(theme.space(5))
        row.addWidget(Glyph("warning-octagon-fill", "status.critical.onSolid", 20))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(face.title, "heading", "on-critical", wrap=True))
        words.addWidget(Text(face.reason, "bodyStrong", "on-critical", wrap=True))
        row.addLayout(words, 1)
        row.addWidget(Text(face.place, "label", "on-critical"))
        return head

    def take_focus(self) -> None:
        """Put the keyboard on the first way on, which is the fix."""
        if self.buttons:
            self.buttons[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Red frame and head."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        red, corner = theme.colour("status.critical.solid"), theme.radius("card")
        frame = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(red, 1))
        painter.setBrush(theme.colour("bg.surface"))
        painter.drawRoundedRect(frame, corner, corner)
        shape = QPainterPath()
        shape.addRoundedRect(frame, corner, corner)
        painter.setClipPath(shape)
        painter.fillRect(QRect(0, 0, self.width(), self._head.geometry().bottom() + 1), red)


class CheckBar(QWidget):
    """The second tier, in place and not modal: amber, one sentence, one key and a reason from a short list.

    `status` may also be `critical` (soft red, as for a critical result), `info` or `neutral`.
    """

    acted = Signal(str)

    def __init__(self, face: AlertFace, status: str = "warning", icon: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.face = face
        self._status = status
        self.setAccessibleName(f"{face.title}. {face.reason}")
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.space(5), theme.space(3) + 2, theme.space(4), theme.space(3) + 2)
        row.setSpacing(theme.space(4))
        shapes = {"critical": "warning-octagon-fill", "warning": "warning-fill"}
        row.addWidget(Glyph(icon or shapes.get(status, "info-fill"), f"status.{status}.fg", 18))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(face.title, "bodyStrong", status, wrap=True))
        if face.reason:
            words.addWidget(Text(face.reason, "body", status, wrap=True))
        row.addLayout(words, 1)
        self.buttons = [_act_button(act, self.acted.emit) for act in face.acts]
        for button in self.buttons:
            row.addWidget(button)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tinted ground and border."""
        _paint_tinted(self, self._status)


class ErrorList(QWidget):
    """What is wrong with a form, each line a button that goes there; hidden when nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        self._column.setSpacing(1)
        self._head = Text("", "bodyStrong", "critical")
        self._column.addWidget(self._head)
        self.lines: list[Button] = []
        self.hide()

    def show_errors(self, errors: Sequence[tuple[str, Callable[[], object]]], heading: str = "") -> None:
        """Show sentences with where each leads; none hides the list."""
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self._head.setText(heading)
        self.setAccessibleName(heading)
        self.lines = [Button(sentence, "quiet", clicked=go) for sentence, go in errors]
        for line in self.lines:
            self._column.addWidget(line, 0, Qt.AlignmentFlag.AlignLeft)
        appear(self, bool(errors))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tinted ground and border."""
        _paint_tinted(self, "critical")


def _act_button(act: AlertAct, told: Callable[[str], object]) -> Button:
    return Button(act.words, act.kind, icon=act.icon, key=act.key, clicked=lambda: told(act.name))


def _paint_tinted(widget: QWidget, status: str) -> None:
    painter = QPainter(widget)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.colour(f"status.{status}.border"), 1))
    painter.setBrush(theme.colour(f"status.{status}.bg"))
    corner = theme.radius("card")
    painter.drawRoundedRect(widget.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
