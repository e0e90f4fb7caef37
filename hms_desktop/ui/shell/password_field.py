# SPDX-License-Identifier: Apache-2.0
"""A password field that takes pasted text and can show what is typed; it is emptied as soon as it was handed over."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLineEdit, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.inside_button import InsideButton
from hms_desktop.ui.widgets.theme import theme


class TallField(QLineEdit):
    """A text field as high as a finger is wide, for the few fields of sign-in."""

    def sizeHint(self) -> QSize:
        """As wide as it may be, 42 px high at 100 % text."""
        return QSize(super().sizeHint().width(), theme.grow(42))

    def minimumSizeHint(self) -> QSize:
        """Never lower."""
        return QSize(super().minimumSizeHint().width(), theme.grow(42))


class PasswordField(TallField):
    """One line of dots; the eye at its end shows the letters while it is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setAccessibleName(_("Password"))
        self.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText)
        self._eye = InsideButton(self, "eye", _("Show password"), lambda: None)
        self._eye.setCheckable(True)
        self._eye.toggled.connect(self._show)

    def take(self) -> str:
        """What was typed; the field is empty and covered afterwards."""
        typed = self.text()
        self.forget()
        return typed

    def forget(self) -> None:
        """Empty the field, its undo history too, and cover it."""
        self._eye.setChecked(False)
        self.setText("")

    def _show(self, on: bool) -> None:
        self.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        self._eye.show_as("eye-slash" if on else "eye", _("Hide password") if on else _("Show password"))
