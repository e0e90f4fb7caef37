# SPDX-License-Identifier: Apache-2.0
"""The question before an act that can't be undone: names the thing, its button is the verb, the safe way has focus."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button, Kind
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.dialog_pane import DialogPane
from hms_desktop.ui.widgets.dialog_room import dialog_room
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.theme import theme


class Confirm(QDialog):
    """`title` asks about the named thing (“Block Front desk 3?”), `text` tells what follows, `verb` is the button.

    With `typed_name` the button works only once that name was typed. `done` is called when the person goes on.
    """

    def __init__(
        self,
        parent: QWidget,
        title: str,
        text: str,
        verb: str,
        done: Callable[[], object],
        *,
        facts: Sequence[tuple[str, str]] = (),
        kind: Kind = "primary",
        safe: str = "",
        typed_name: str = "",
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(verb)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        self._back_to: QWidget | None = parent.window().focusWidget()
        self._typed_name = typed_name
        self.go = Button(verb, kind, clicked=self.accept)
        self.stay = Button(safe or _("Go back"), key="Esc", clicked=self.reject)
        self.name_line: QLineEdit | None = None
        self._lay_out(title, text, facts, kind)
        self.accepted.connect(done)
        self.finished.connect(lambda _result: self._give_back())

    def _lay_out(self, title: str, text: str, facts: Sequence[tuple[str, str]], kind: Kind) -> None:
        column = QVBoxLayout(self)
        pad = theme.space(7)
        column.setContentsMargins(pad, pad, pad, theme.space(6))
        column.setSpacing(theme.space(4))
        head = QHBoxLayout()
        head.setSpacing(theme.space(4))
        if kind in ("destroy", "danger"):
            head.addWidget(Glyph("warning-octagon-fill", "status.critical.solid", 22))
        head.addWidget(Text(title, "title", wrap=True), 1)
        column.addLayout(head)
        if text or facts:
            column.addWidget(DialogPane(_told(text, facts), _("What it means")), 1)
        if self._typed_name:
            column.addWidget(Text(_("Type {name} to go on").format(name=self._typed_name), "label", "secondary"))
            self.name_line = QLineEdit()
            self.name_line.setAccessibleName(_("Type {name} to go on").format(name=self._typed_name))
            self.name_line.textChanged.connect(lambda typed: self.go.setEnabled(typed.strip() == self._typed_name))
            self.go.setEnabled(False)
            column.addWidget(self.name_line)
        column.addSpacing(theme.space(3))
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.setSpacing(theme.space(3))
        foot.addWidget(self.stay)
        foot.addWidget(self.go)
        column.addLayout(foot)
        room = dialog_room(self).width()
        self.setMinimumWidth(min(theme.grow(440), room))
        self.setMaximumWidth(min(theme.grow(560), room))

    def ask(self) -> None:
        """Open over the window; the keyboard starts on the safe button."""
        self.open()
        (self.name_line or self.stay).setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        """Be as tall as the words need at this width: words that wrap ask for more before the width is known."""
        super().showEvent(event)
        layout = self.layout()
        if layout is not None:
            self.resize(self.width(), min(layout.totalHeightForWidth(self.width()), dialog_room(self).height()))

    def _give_back(self) -> None:
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)


def _told(text: str, facts: Sequence[tuple[str, str]]) -> QWidget:
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setSpacing(theme.space(4))
    if text:
        column.addWidget(Text(text, "body", "secondary", wrap=True))
    if facts:
        column.addWidget(Pairs(facts))
    column.addStretch(1)
    return inner


def ask_first(
    parent: QWidget,
    title: str,
    text: str,
    verb: str,
    done: Callable[[], object],
    *,
    facts: Sequence[tuple[str, str]] = (),
    kind: Kind = "primary",
    safe: str = "",
    typed_name: str = "",
) -> Confirm:
    """Open the question and return at once; `done` is called when the person goes on."""
    question = Confirm(parent, title, text, verb, done, facts=facts, kind=kind, safe=safe, typed_name=typed_name)
    question.ask()
    return question
