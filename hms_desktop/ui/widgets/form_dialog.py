# SPDX-License-Identifier: Apache-2.0
"""A small form over the window that does one act: fields, what went wrong beside them, the verb as its button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import REFUSED, Desk, held_back_words
from hms_desktop.ui.widgets.buttons import Button, Kind
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.dialog_pane import DialogPane
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Fact, Text
from hms_desktop.ui.widgets.theme import theme

Work = Callable[[Any], Any]
Acts = Callable[[dict[str, Any]], Work]


class FormDialog(QDialog):
    """`acts(values)` gives the action for a whole form; `done(result)` is called once it is committed.

    `form` is a form of one's own, `width` the least in pixels at 100 % text. Enter goes to the next field and finishes
    from the last, Ctrl+Enter finishes from anywhere. What was typed stays when the action is refused; the refusal
    stands at its field, or above the buttons. Escape asks before it throws away what was typed.
    """

    def __init__(
        self,
        desk: Desk,
        parent: QWidget,
        title: str,
        verb: str,
        acts: Acts,
        done: Callable[[Any], object],
        *,
        text: str = "",
        facts: Sequence[tuple[str, str]] = (),
        kind: Kind = "primary",
        form: Form | None = None,
        width: int = 480,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(verb)
        self.setAccessibleName(title)
        self._desk, self._acts, self._done = desk, acts, done
        self._title, self._draft = title, ""
        self._back_to: QWidget | None = parent.window().focusWidget()
        self.form = form or Form()
        self.form.finished.connect(self._finish)
        self.wrong = Text("", "body", "critical", wrap=True)
        self.wrong.hide()
        self.go = Button(verb, kind, key="Ctrl+Enter", clicked=self.form.finish)
        self.stay = Button(_("Go back"), key="Esc", clicked=self.leave)
        self._lay_out(title, text, facts)
        fit_dialog(self, width)
        self.finished.connect(lambda _result: self._give_back())

    def _lay_out(self, title: str, text: str, facts: Sequence[tuple[str, str]]) -> None:
        whole = QVBoxLayout(self)
        pad, spacing = theme.space(7), theme.space(4)
        whole.setContentsMargins(pad, pad, pad, theme.space(6))
        whole.setSpacing(spacing)
        whole.addWidget(Text(title, "title", wrap=True))
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(spacing)
        if text:
            column.addWidget(Text(text, "body", "secondary", wrap=True))
        for label, value in facts:
            column.addWidget(Fact(label, value))
        column.addWidget(self.form)
        self.pane = DialogPane(inner, _("What is asked"))
        whole.addWidget(self.pane, 1)
        whole.addWidget(self.wrong)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.setSpacing(theme.space(3))
        foot.addWidget(self.stay)
        foot.addWidget(self.go)
        whole.addLayout(foot)

    def ask(self) -> FormDialog:
        """Open over the window; the keyboard starts in the first field."""
        if last := self.pane.last_control():
            self.setTabOrder(last, self.stay)
            self.setTabOrder(self.stay, self.go)
        self.open()
        first = self._fields()
        if first:
            first[0].take_focus()
        return self

    def take_up(self, draft: str) -> None:
        """Fill in what is kept under this name; it stays there until the form is finished."""
        if draft:
            self._draft = draft
            self.form.on_draft = lambda typed: self._desk.drafts.save(draft, typed, self._title)
            self._desk.drafts.load(draft, self._put_back, owner=self)

    def _put_back(self, kept: dict[str, Any] | None) -> None:
        if kept:
            self.form.set_values({name: typed for name, typed in kept.items() if typed is not None})
            if why := kept.get(REFUSED):
                self.wrong.setText(held_back_words(why))
                self.wrong.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, and finishes from the last field; Escape leaves."""
        if event.key() == Qt.Key.Key_Escape:
            self.leave()
            return
        plain = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers()
        if not plain or not isinstance(self.focusWidget(), QLineEdit):
            super().keyPressEvent(event)
        elif self.focusWidget() is self._fields()[-1].control:
            self.form.finish()
        else:
            self.focusNextChild()

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window's own cross asks like Escape does."""
        if self.isVisible() and self.form.changed:
            event.ignore()
            self.leave()
        else:
            super().closeEvent(event)

    def leave(self) -> None:
        """Go back; what was typed is thrown away only when the person says so."""
        if self._draft or not self.form.changed:
            self.form.save_draft()
            self.reject()
            return
        text = _("Nothing of it is saved yet.")
        ask_first(self, _("Throw away what you typed?"), text, _("Throw away"), self.reject, safe=_("Go on typing"))

    def _fields(self) -> list[Field]:
        return [field for field in self.form.fields.values() if not field.isHidden()]

    def _finish(self, values: dict[str, Any]) -> None:
        if self.go.busy:
            return
        self.go.set_busy(True)
        self.wrong.hide()
        left = partial(self._desk.drafts.drop, self._draft) if self._draft else None
        self._desk.tasks.run(self._acts(values), self._committed, self._refused, owner=self, left=left)

    def _committed(self, result: Any) -> None:
        if self._draft:
            self.form.settle()
            self._desk.drafts.drop(self._draft)
        self.accept()
        self._done(result)

    def _refused(self, error: ClinicError) -> None:
        self.go.set_busy(False)
        if isinstance(error, BadInput) and self.form.show_refusal(error):
            return
        self.wrong.setText(str(error))
        self.wrong.show()

    def _give_back(self) -> None:
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)
