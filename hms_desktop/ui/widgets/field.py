# SPDX-License-Identifier: Apache-2.0
"""The frame of every form field: label above, the control, one line beneath for an error, a doubt or a note."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Glyph, Text, appear, dress
from hms_desktop.ui.widgets.reading import announce
from hms_desktop.ui.widgets.theme import theme


class Doubt(Exception):
    """A value past a soft limit: it may be right, a person looks twice. The sentence says what is unusual."""


class Field(QWidget):
    """One field of a form. A kind of field gives `control` and overrides `typed`, `type_in` and `read`.

    `key` names its value. `edited` when a person changed it, `left` when the keyboard left it. What was typed stays as
    it is, whatever is wrong with it. Label text may hold `&` before the letter of its Alt key.
    """

    edited = Signal()
    left = Signal()

    def __init__(
        self,
        key: str,
        label: str,
        control: QWidget,
        *,
        required: bool = False,
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.key = key
        self.required = required
        self.control = control
        self.label = Text(label, "label", "secondary")
        self.label.setBuddy(control)
        self.name = label.replace("&", "")
        self._looked_twice: Any = None
        self._asked_for = False
        self._read_only = False
        self._lay_out(_("required") if required else _("optional") if optional else "")
        control.installEventFilter(self)
        self._name_control()

    def _lay_out(self, mark: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        head = QHBoxLayout()
        head.setSpacing(theme.space(3))
        head.addWidget(self.label)
        self.mark = Text(mark, "caption", "tertiary")
        appear(self.mark, bool(mark))
        head.addWidget(self.mark)
        head.addStretch(1)
        self.head = head
        self._plain = Text("", "body", wrap=True)
        self._plain.hide()
        self.message = _Message(self._confirm)
        column.addLayout(head)
        column.addWidget(self.control)
        column.addWidget(self._plain)
        column.addWidget(self.message)
        column.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def typed(self) -> Any:
        """What stands in the field, as a JSON value: this is what a draft keeps."""
        raise NotImplementedError

    def type_in(self, typed: Any) -> None:
        """Put a draft's value, or a known value, into the field."""
        raise NotImplementedError

    def read(self) -> Any:
        """The value (None when empty); raises BadInput for a wrong one and Doubt for an unusual one."""
        raise NotImplementedError

    def shown(self) -> str:
        """The value in words, for reading only."""
        return str(self.typed() or "")

    def is_empty(self) -> bool:
        """Whether nothing was given."""
        return self.typed() in (None, "", [], {})

    def value(self) -> Any:
        """The value (None when empty), doubts passed over; raises BadInput for a wrong one."""
        try:
            return self._checked()
        except Doubt:
            return self._doubted()

    def check(self, *, finishing: bool = False) -> bool:
        """Look at the field and say beneath what is wrong; an empty required field is told from the first finish on."""
        self._asked_for = self._asked_for or finishing
        try:
            self._checked()
        except BadInput as error:
            self.show_error(str(error))
            return False
        except Doubt as doubt:
            return self._check_doubt(str(doubt))
        if self._asked_for and self.required and self.is_empty():
            self.show_error(self.missing())
            return False
        self.clear_message()
        return True

    def missing(self) -> str:
        """What to do about an empty required field."""
        return _("{field} is missing. Fill it in.").format(field=self.name)

    def show_error(self, sentence: str) -> None:
        """Say what is wrong and how to put it right; what was typed stays."""
        dress(self.control, state="error")
        if sentence != self.error:
            announce(self.control, sentence)
        self.message.tell(sentence, "critical")
        self.control.setAccessibleDescription(sentence)

    def show_warning(self, sentence: str, confirm: str = "") -> None:
        """Say what is unusual; `confirm` names the button that says it is right."""
        dress(self.control, state="warning")
        self.message.tell(sentence, "warning", confirm)
        self.control.setAccessibleDescription(sentence)

    def show_note(self, words: str) -> None:
        """Say quietly how the field was understood, or give a hint."""
        dress(self.control, state="")
        self.message.tell(words, "")
        self.control.setAccessibleDescription(words)

    def start_over(self) -> None:
        """Empty the field and forget what was asked for and confirmed before."""
        self._asked_for, self._looked_twice = False, None
        self.type_in(None)
        self.clear_message()

    def clear_message(self) -> None:
        """Nothing beneath the field but its own note."""
        self.show_note(self.note())

    def note(self) -> str:
        """The quiet line beneath a field that is in order."""
        return ""

    @property
    def error(self) -> str:
        """The error shown beneath, or nothing."""
        return self.message.words if self.message.status == "critical" else ""

    def set_read_only(self, read_only: bool) -> None:
        """Show the value as plain text instead of a control, or the control again."""
        self._read_only = read_only
        self._plain.setText(self.shown() or _("Not recorded"))
        self._plain.setVisible(read_only)
        self.control.setVisible(not read_only)
        self.mark.setVisible(bool(self.mark.text()) and not read_only)
        if read_only:
            self.message.hide()

    def take_focus(self) -> None:
        """Put the keyboard into the control."""
        self.control.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Check when the keyboard leaves the control."""
        if event.type() == QEvent.Type.FocusOut and watched is self.control and self._really_left(event):
            self.check()
            self.left.emit()
        return False

    def _really_left(self, event: QEvent) -> bool:
        reason = getattr(event, "reason", lambda: None)()
        return reason not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)

    def _checked(self) -> Any:
        return None if self.is_empty() else self.read()

    def _doubted(self) -> Any:
        """The value that a doubt was raised about; kinds with soft limits override it."""
        return None

    def _check_doubt(self, sentence: str) -> bool:
        if self._looked_twice is not None and self._looked_twice == self.typed():
            self.clear_message()
            return True
        self.show_warning(sentence, _("It is right"))
        return False

    def _confirm(self) -> None:
        self._looked_twice = self.typed()
        self.check()
        self.edited.emit()

    def _name_control(self) -> None:
        self.control.setAccessibleName(f"{self.name}, {self.mark.text()}" if self.mark.text() else self.name)


class _Message(QWidget):
    """The line beneath: icon and words of an error or doubt, or a quiet note."""

    def __init__(self, confirm: Any) -> None:
        super().__init__()
        self.words = ""
        self.status = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3) - 2)
        self._glyph = Glyph("warning-circle-fill", side=14)
        self._text = Text("", "label", "tertiary", wrap=True)
        self.confirm = Button("", "quiet", clicked=confirm)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self.confirm)
        self.hide()

    def tell(self, words: str, status: str, confirm: str = "") -> None:
        """Show words as an error, a warning or (status "") a note; empty words hide the line."""
        self.words, self.status = words, status
        shape = "warning-fill" if status == "warning" else "warning-circle-fill"
        self._glyph.show_icon(shape, f"status.{status or 'neutral'}.fg")
        appear(self._glyph, bool(status))
        self._text.set_tone(status or "tertiary")
        self._text.setText(words)
        self.confirm.set_words(confirm)
        appear(self.confirm, bool(confirm))
        appear(self, bool(words))
