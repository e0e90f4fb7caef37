# SPDX-License-Identifier: Apache-2.0
"""First steps after a sign-in: one's own password, a second factor, recovery codes; no patient is shown before them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.security.own_account import NewApp, OwnAccount
from hms_desktop.ui.shell import account_forms as forms
from hms_desktop.ui.shell.codes_sheet import CodeList, codes_words
from hms_desktop.ui.shell.key_dialog import KeyPane
from hms_desktop.ui.shell.night import Night
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.steps import Steps
from hms_desktop.ui.tasks import Tasks
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text, dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme

PASSWORD, FACTOR, CODES = "password", "second factor", "codes"


class FirstSteps(QWidget):
    """Walks through what is missing; `done` when nothing is, `leaving` when the person goes instead."""

    done = Signal()
    leaving = Signal()

    def __init__(self, tasks: Tasks, account: OwnAccount) -> None:
        super().__init__()
        self.setWindowTitle(_("First steps"))
        self.setAccessibleName(_("First steps"))
        self.setMinimumSize(1180, 720)
        self.resize(1440, 900)
        self._tasks, self._account, self._over = tasks, account, False
        self._app: NewApp | None = None
        missing = account.state().first_steps
        self._todo = [*missing, CODES] if FACTOR in missing else list(missing)
        self.form: Form | None = None
        self.pane: QWidget | None = None
        self._title, self._text = Text("", "title", wrap=True), Text("", "body", "secondary", wrap=True)
        self.notice = Notice("critical", "warning-octagon-fill")
        self.other = Button("", "quiet", clicked=self._other_way)
        self.go = Button("", "primary", key="Enter", large=True, clicked=self.go_on)
        self.leave = Button(_("Sign out"), icon="sign-out", clicked=self.leaving.emit)
        self._body = QVBoxLayout()
        names = {PASSWORD: _("Password"), FACTOR: _("Second factor"), CODES: _("Recovery codes")}
        self._steps = Steps(tuple(names[step] for step in self._todo))
        self._at = 0
        self._lay_out()
        self._show_step()

    @property
    def step(self) -> str:
        """The step in hand."""
        return self._todo[self._at]

    def go_on(self) -> None:
        """Finish the step in hand."""
        if self.step == CODES:
            self._finish()
        elif self.form is not None and self.go.isEnabled():
            self.form.finish()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next field, and on from the last."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        fields = [field.control for field in self.form.fields.values()] if self.form is not None else []
        if fields and self.focusWidget() in fields[:-1]:
            self.focusNextChild()
        else:
            self.go_on()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the window signs out, unless everything is done."""
        if not self._over:
            event.ignore()
            self.leaving.emit()
        else:
            super().closeEvent(event)

    def end(self) -> None:
        """Close without a question."""
        self._over = True
        self.close()

    def _show_step(self) -> None:
        self._steps.show_step(self._at)
        self.notice.hide()
        self.other.hide()
        if self.step == PASSWORD:
            hint = forms.password_hint(with_code=self._account.state().needed)
            self._say(
                _("Choose your own password"), _("The one you were given is good for this one time.") + " " + hint
            )
            self._put(forms.password_form(asks_old=False), _("Go on"))
        elif self.step == FACTOR:
            self._ask_app()
        else:
            self._tasks.run(lambda _unit: self._account.new_codes(), self._show_codes, self._refused, owner=self)

    def _ask_app(self) -> None:
        self._app = self._account.begin_app()
        words = _("Your role asks for a second factor. Scan this with an authenticator app on your telephone.")
        self._say(_("Set up a second factor"), words)
        self._put(forms.app_form(self._app, asks_password=False), _("Go on"))
        self.other.set_words(_("Use a security key instead"))
        self.other.show()

    def _ask_key(self) -> None:
        self._app = None
        self._say(
            _("Set up a second factor"), _("Your role asks for a second factor. Give your key a name, then touch it.")
        )
        pane = KeyPane(self._account, asks_password=False)
        pane.added.connect(self._next)
        self._put(pane.form, _("Go on"), pane)
        self.other.set_words(_("Use an authenticator app instead"))
        self.other.show()

    def _other_way(self) -> None:
        self.notice.hide()
        self._ask_key() if self._app is not None else self._ask_app()

    def _show_codes(self, codes: Any) -> None:
        self._say(_("Your recovery codes"), codes_words())
        self._put(None, _("I have written them down"), CodeList(codes))
        self.go.setFocus()

    def _say(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._text.setText(text)

    def _put(self, form: Form | None, words: str, pane: QWidget | None = None) -> None:
        clear(self._body)
        self.form, self.pane = form, pane or form
        if self.pane is not None:
            self._body.addWidget(self.pane)
        self.go.set_words(words)
        self.go.set_busy(False)
        if form is not None:
            if pane is None:
                form.finished.connect(self._work)
            next(iter(form.fields.values())).take_focus()

    def _work(self, values: dict[str, Any]) -> None:
        self.go.set_busy(True)
        app = self._app
        if self.step == PASSWORD:
            work = forms.changes_password(self._account, values)
        else:
            assert app is not None
            work = forms.confirms_app(self._account, app, values)
        self._tasks.run(work, lambda _done: self._next(), self._refused, owner=self)

    def _refused(self, error: ClinicError) -> None:
        self.go.set_busy(False)
        if self.form is None or not (isinstance(error, BadInput) and self.form.show_refusal(error)):
            self.notice.say(str(error))
            self.notice.show()

    def _next(self) -> None:
        if self._at + 1 == len(self._todo):
            self._finish()
        else:
            self._at += 1
            self._show_step()

    def _finish(self) -> None:
        self._account.end_first_steps()
        self.done.emit()

    def _fit(self) -> None:
        self._card.setFixedWidth(theme.grow(560))

    def _lay_out(self) -> None:
        card = QFrame()
        dress(card, surface="dialog")
        column = QVBoxLayout(card)
        pad = theme.space(7) + theme.space(2)
        column.setContentsMargins(pad, pad - 2, pad, pad - 4)
        column.setSpacing(theme.space(4))
        for part in (self._steps, self._title, self._text, self.notice):
            column.addWidget(part)
        column.addLayout(self._body)
        self.go.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        column.addWidget(self.go)
        ways = QHBoxLayout()
        ways.addWidget(self.other)
        ways.addStretch(1)
        ways.addWidget(self.leave)
        column.addLayout(ways)
        self._card = card
        theme.changed.connect(self._fit)
        self._fit()
        ground = QWidget()
        ground.setProperty("surface", "scroll")
        middle = QVBoxLayout(ground)
        middle.addWidget(card, 0, Qt.AlignmentFlag.AlignCenter)
        area = ScrollPane(ground)
        area.viewport().setAutoFillBackground(False)
        ground.setAutoFillBackground(False)
        night = Night()
        whole = QVBoxLayout(night)
        whole.addWidget(area)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(night)
