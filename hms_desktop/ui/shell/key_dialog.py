# SPDX-License-Identifier: Apache-2.0
"""Adding a security key: name, password, then a touch. The window says when no key is there and when to touch it.

Waiting for a touch holds up nobody: it has a thread of its own, which ends with the process when the session locks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.ui.shell.account_forms import key_form
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.tasks import as_clinic_error
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme


class Touch(QObject):
    """One wait for a security key: `done` or `failed(error)` come on the GUI thread."""

    done = Signal()
    failed = Signal(object)

    def start(self, work: Callable[[], object]) -> None:
        """Begin; returns at once."""
        threading.Thread(target=self._run, args=(work,), name="security key", daemon=True).start()

    def _run(self, work: Callable[[], object]) -> None:
        error: ClinicError | None = None
        try:
            work()
        except Exception as odd:
            error = odd if isinstance(odd, ClinicError) else as_clinic_error(odd)
        with suppress(RuntimeError):  # whoever waited is gone, and with them the objects that they wait with
            self.done.emit() if error is None else self.failed.emit(error)


class KeyPane(QWidget):
    """Form and words for one key; `added` when it is registered."""

    added = Signal()

    def __init__(self, account: OwnAccount, *, asks_password: bool) -> None:
        super().__init__()
        self._account = account
        self.form = key_form(asks_password=asks_password)
        self.form.finished.connect(self._finish)
        self.notice = Notice("info", "info-fill")
        self._touch = Touch(self)
        self._touch.done.connect(self.added)
        self._touch.failed.connect(self._refused)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        column.addWidget(self.notice)
        column.addWidget(self.form)
        self.look()

    def look(self) -> None:
        """Say whether a key is plugged in."""
        if self._account.key_is_present():
            self.notice.say(_("A security key is plugged in."), _("It is asked for a touch when you go on."), "info")
        else:
            words = _("Plug it in, then go on. Without one, use an authenticator app instead.")
            self.notice.say(_("No security key is plugged in."), words, "warning", "warning")

    def _finish(self, values: dict[str, Any]) -> None:
        self.setEnabled(False)
        self.notice.say(_("Touch your key now."), _("It blinks, and waits half a minute."), "info", "fingerprint")
        name, password = values["name"], values.get("password") or ""
        self._touch.start(lambda: self._account.add_key(name, password))

    def _refused(self, error: ClinicError) -> None:
        self.setEnabled(True)
        self.look()
        if not (isinstance(error, BadInput) and self.form.show_refusal(error)):
            self.notice.say(str(error), "", "critical", "warning-octagon-fill")


class KeyDialog(QDialog):
    """Adds a security key to the person's account; `added` is called once it is."""

    def __init__(self, parent: QWidget, account: OwnAccount, added: Callable[[], object]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(_("Add key"))
        self.setAccessibleName(_("Add a security key"))
        self.pane = KeyPane(account, asks_password=True)
        self.pane.added.connect(self.accept)
        self.accepted.connect(added)
        column = QVBoxLayout(self)
        pad = theme.space(7)
        column.setContentsMargins(pad, pad, pad, theme.space(6))
        column.setSpacing(theme.space(4))
        column.addWidget(Text(_("Add a security key"), "title", wrap=True))
        column.addWidget(self.pane, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.setSpacing(theme.space(3))
        foot.addWidget(Button(_("Go back"), key="Esc", clicked=self.reject))
        foot.addWidget(Button(_("Add key"), "primary", key="Ctrl+Enter", clicked=self.pane.form.finish))
        column.addLayout(foot)
        fit_dialog(self, 520)
