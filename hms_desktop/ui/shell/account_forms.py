# SPDX-License-Identifier: Apache-2.0
"""The forms by which a person changes how they sign in; each gives the work that its button does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.security.own_account import NewApp, OwnAccount
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.qr_picture import QrPicture
from hms_desktop.ui.widgets.text_fields import TextField

Work = Callable[[Any], Any]


class SecretField(TextField):
    """A password as it is typed: covered, and with the spaces that it has."""

    def __init__(self, key: str, label: str) -> None:
        super().__init__(key, label, required=True, longest=1000)
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)

    def is_empty(self) -> bool:
        """Spaces are part of a password."""
        return not self.line.text()

    def read(self) -> str:
        """The text, whole."""
        return self.line.text()


def password_form(*, asks_old: bool) -> Form:
    """The old password, if it is asked for, and the new one twice."""
    form = Form()
    if asks_old:
        form.add(SecretField("password", _("&Password now")))
    form.add(SecretField("new_password", _("&New password")))
    form.add(SecretField("again", _("New password &again")))
    return form


def password_hint(*, with_code: bool) -> str:
    """What makes a good password here."""
    if with_code:
        return _("At least 8 characters; some words that don't belong together. It never runs out.")
    return _("At least 15 characters: four words that don't belong together do well. It never runs out.")


def changes_password(account: OwnAccount, values: dict[str, Any]) -> Work:
    """The work of a filled-in password form."""

    def work(_unit: Any) -> None:
        if values["new_password"] != values["again"]:
            raise BadInput(_("This is not what you typed above. Type the new password again."), "again")
        account.change_password(values.get("password") or "", values["new_password"])

    return work


def app_form(app: NewApp, *, asks_password: bool) -> Form:
    """The QR and the letters of a new authenticator app, and the first code that it shows."""
    form = Form()
    form.add_widget(QrPicture(app.address, _("QR code for the authenticator app")))
    form.add_widget(Text(_("Or type these letters into the app:"), "label", "secondary", wrap=True))
    letters = Text(app.letters, "bodyStrong", wrap=True)
    letters.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    form.add_widget(letters)
    form.add(TextField("code", _("&Code that the app shows now"), required=True, longest=10, figures="tables"))
    if asks_password:
        form.add(SecretField("password", _("Your &password")))
    return form


def confirms_app(account: OwnAccount, app: NewApp, values: dict[str, Any]) -> Work:
    """The work of a filled-in app form."""
    return lambda _unit: account.confirm_app(app, values["code"], values.get("password") or "")


def ask_password_form() -> Form:
    """The password alone, before something is taken away or shown."""
    form = Form()
    form.add(SecretField("password", _("Your &password")))
    return form


def key_form(*, asks_password: bool) -> Form:
    """A name for a security key, and the password."""
    form = Form()
    form.add(TextField("name", _("&Name of the key, such as Blue key"), required=True, longest=60))
    if asks_password:
        form.add(SecretField("password", _("Your &password")))
    return form
