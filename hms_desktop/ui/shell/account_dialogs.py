# SPDX-License-Identifier: Apache-2.0
"""What opens over one's own account: change the password, set up the app, add a key, get new codes, remove a factor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QWidget

from hms_desktop.core.text import _
from hms_desktop.security.granted import SecurityKey
from hms_desktop.security.own_account import AccountState, OwnAccount
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell import account_forms as forms
from hms_desktop.ui.shell.codes_sheet import CodesSheet
from hms_desktop.ui.shell.key_dialog import KeyDialog
from hms_desktop.ui.widgets.form_dialog import FormDialog

Done = Callable[[], object]


def change_password(desk: Desk, page: QWidget, account: OwnAccount, state: AccountState, done: Done) -> None:
    """Another password, which counts at once."""

    def changed(_result: Any) -> None:
        desk.toast(_("Your new password counts from now on, also at other workstations once they hear of it."))
        done()

    FormDialog(
        desk,
        page,
        _("Change your password"),
        _("Change password"),
        lambda values: forms.changes_password(account, values),
        changed,
        text=forms.password_hint(with_code=state.asked or state.needed),
        form=forms.password_form(asks_old=True),
    ).ask()


def set_up_app(desk: Desk, page: QWidget, account: OwnAccount, done: Done) -> None:
    """An authenticator app, in place of one before."""
    app = account.begin_app()

    def confirmed(_result: Any) -> None:
        desk.toast(_("From now on signing in asks for a code of this app."))
        done()

    FormDialog(
        desk,
        page,
        _("Set up an authenticator app"),
        _("Set up"),
        lambda values: forms.confirms_app(account, app, values),
        confirmed,
        text=_("Scan the code with the app on your telephone; no telephone network is needed."),
        form=forms.app_form(app, asks_password=True),
    ).ask()


def remove_app(desk: Desk, page: QWidget, account: OwnAccount, done: Done) -> None:
    """No authenticator app any more."""
    FormDialog(
        desk,
        page,
        _("Remove the authenticator app?"),
        _("Remove app"),
        lambda values: lambda _unit: account.drop_app(values["password"]),
        lambda _result: done(),
        text=_("Its codes are good for nothing from then on."),
        kind="danger",
        form=forms.ask_password_form(),
    ).ask()


def add_key(page: QWidget, account: OwnAccount, done: Done) -> None:
    """A security key."""
    dialog = KeyDialog(page, account, done)
    dialog.open()
    dialog.pane.form.fields["name"].take_focus()


def remove_key(desk: Desk, page: QWidget, account: OwnAccount, key: SecurityKey, done: Done) -> None:
    """This security key no more."""
    FormDialog(
        desk,
        page,
        _("Remove the security key {name}?").format(name=key.name),
        _("Remove key"),
        lambda values: lambda _unit: account.drop_key(key.credential, values["password"]),
        lambda _result: done(),
        text=_("It opens nothing of yours from then on, here at once and elsewhere with the next sync."),
        kind="danger",
        form=forms.ask_password_form(),
    ).ask()


def new_codes(desk: Desk, page: QWidget, account: OwnAccount, done: Done) -> None:
    """Ten new recovery codes."""

    def show(codes: Any) -> None:
        sheet = CodesSheet(page, codes)
        sheet.finished.connect(lambda _result: done())
        sheet.open()

    FormDialog(
        desk,
        page,
        _("Get new recovery codes"),
        _("Show codes"),
        lambda values: lambda _unit: account.new_codes(values["password"]),
        show,
        text=_("Ten new codes are made; those you had before are good for nothing then."),
        form=forms.ask_password_form(),
    ).ask()
