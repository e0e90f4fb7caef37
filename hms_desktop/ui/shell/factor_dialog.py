# SPDX-License-Identifier: Apache-2.0
"""Asking for the second factor again, where a controlled medicine is signed: a code, or the touch of a security key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QApplication, QWidget

from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.security.fresh_factor import Ways
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.second_factor import WITH_KEY
from hms_desktop.security.step_up import SecondFactorNeeded, Shown
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.routes import YourAccount
from hms_desktop.ui.shell.key_dialog import Touch
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.text_fields import TextField

GoOn = Callable[[Shown], object]
Not = Callable[[], object]


class AskFactor:
    """Asks whoever is signed in, over whatever is open; who has no second factor is led to where one is set up."""

    def __init__(self, desk: Desk, window: QWidget, account: OwnAccount) -> None:
        self._desk, self._window, self._account = desk, window, account

    def __call__(self, needed: SecondFactorNeeded, go_on: GoOn, refused: Not) -> None:
        """Find out by what it can be shown, then ask."""
        show = partial(self._ask, needed, go_on, refused)
        self._desk.tasks.aside(self._account.ways, show, lambda _error: refused(), owner=self._window)

    def _ask(self, needed: SecondFactorNeeded, go_on: GoOn, refused: Not, ways: Ways) -> None:
        over = QApplication.activeModalWidget() or self._window
        if ways.any:
            FactorDialog(self._desk, over, self._account, needed, ways, go_on, refused).ask()
            return
        refused()
        text = _("You have no second factor yet. Set up an authenticator app or a security key, then sign again.")
        ask_first(over, str(needed), text, _("Set one up"), lambda: self._desk.routes.open(YourAccount()))


class FactorDialog(FormDialog):
    """One code or one touch for what is signed; leaving it signs nothing."""

    def __init__(
        self, desk: Desk, parent: QWidget, account: OwnAccount, needed: SecondFactorNeeded, ways: Ways, go_on: GoOn,
        refused: Not,
    ) -> None:  # fmt: skip
        self._account, self._subjects, self._by_code = account, needed.subjects, ways.app or ways.codes > 0
        self._shown: list[Shown] = []
        title = _("Sign for {medicines}").format(medicines=", ".join(needed.names))
        text = _("A controlled medicine is signed with your second factor, which stands in the record beside it.")
        verb = _("Sign") if self._by_code else _("Touch your security key")
        super().__init__(desk, parent, title, verb, self._by_typed, go_on, text=text, width=520)
        if self._by_code:
            self.form.add(TextField("code", _("&Code of your app, or a recovery code"), required=True, longest=40))
        if self._by_code and ways.key:
            self.form.add_widget(Button(_("Touch your security key"), icon="fingerprint", clicked=self.ask_touch))
        self.touching = Text(_("Touch your key now. It blinks, and waits half a minute."), "bodyStrong", wrap=True)
        self.touching.hide()
        self.form.add_widget(self.touching)
        self._touch = Touch(self)
        self._touch.done.connect(lambda: self._committed(self._shown[0]))
        self._touch.failed.connect(self._refused)
        self.rejected.connect(refused)

    def ask_touch(self) -> None:
        """Wait for the touch of a key, half a minute at most."""
        if not self.go.busy:
            self.go.set_busy(True)
            self.wrong.hide()
            self.touching.show()
            self._touch.start(lambda: self._shown.append(self._account.show_factor(WITH_KEY, self._subjects)))

    def _by_typed(self, values: dict[str, Any]) -> Callable[[Any], Shown]:
        return lambda _unit: self._account.show_factor(values["code"], self._subjects)

    def _refused(self, error: ClinicError) -> None:
        self.touching.hide()
        super()._refused(error)

    def _finish(self, values: dict[str, Any]) -> None:
        if self._by_code:
            super()._finish(values)
        else:
            self.ask_touch()
