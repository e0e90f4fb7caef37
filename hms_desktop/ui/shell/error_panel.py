# SPDX-License-Identifier: Apache-2.0
"""What went wrong and nobody else told: a panel above the work that stays until it is put away. Never a toast."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.core.errors import ClinicError, NotAllowed, Refused, Unavailable
from hms_desktop.core.text import _
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.tasks import Unexpected
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.theme import theme


class ErrorPanel(QWidget):
    """Shows one error with its remedy, "Try again" where that makes sense, and "Close"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.error: ClinicError | None = None
        self._notice = Notice("critical", "warning-octagon-fill")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(5), theme.space(4), theme.space(5), 0)
        column.addWidget(self._notice)
        self.hide()

    def show_error(self, error: ClinicError, retry: Callable[[], object] | None = None) -> None:
        """Show the error's sentence; `retry` does the same thing again."""
        self.error = error
        mild = isinstance(error, Refused)
        family, icon = ("warning", "warning-fill") if mild else ("critical", "warning-octagon-fill")
        self._notice.say(_heading(error), str(error), family, icon)
        again = [Button(_("Try again"), icon="arrow-clockwise", clicked=lambda: self._again(retry))] if retry else []
        self._notice.set_buttons(*again, Button(_("Close"), key="Esc", clicked=self.dismiss))
        self.setAccessibleName(_heading(error))
        self.setAccessibleDescription(str(error))
        self.show()

    def dismiss(self) -> None:
        """Put the panel away."""
        self.error = None
        self.hide()

    def _again(self, retry: Callable[[], object] | None) -> None:
        self.dismiss()
        if retry is not None:
            retry()


def _heading(error: ClinicError) -> str:
    if isinstance(error, Unexpected):
        return _("This did not work")
    if isinstance(error, NotAllowed):
        return _("You may not do this")
    if isinstance(error, Unavailable):
        return _("Not possible right now")
    if isinstance(error, Refused):
        return _("Not done")
    return _("This needs another look")
