# SPDX-License-Identifier: Apache-2.0
"""Tells a person, once, what became of their account: a change that came too late, a recovery code that was used."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from hms_desktop.core.changes import Changes
from hms_desktop.core.clock import instant
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.own_account import OwnAccount
from hms_desktop.security.own_keys import Overtaken
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.shell.words import day_words, time_words


class AccountWatch(QObject):
    """Looks when the session opens and whenever accounts or answers of the server came in."""

    def __init__(self, desk: Desk, account: OwnAccount, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._account = desk, account
        desk.tasks.changed.connect(self._changed)

    def start(self) -> None:
        """Look now; say how many recovery codes are left when the person came in by one."""
        self._look()
        left = self._account.codes_left_after_use()
        if left is not None:
            words = ngettext(
                "You signed in with a recovery code. {count} is left.",
                "You signed in with a recovery code. {count} are left.",
                left,
            )
            self._desk.toast(words.format(count=left))

    def _changed(self, changes: Changes) -> None:
        if changes.touch("account", "account_event"):
            self._look()

    def _look(self) -> None:
        self._desk.tasks.read(lambda _reader: self._account.overtaken(), self._tell, owner=self)

    def _tell(self, lost: Sequence[Overtaken]) -> None:
        if lost:
            self._desk.show_error(Refused("\n".join(map(self._words, lost))))

    def _words(self, one: Overtaken) -> str:
        at = instant(one.at_ms).astimezone(self._desk.place.zone)
        when = f"{day_words(at)}, {time_words(at)}"
        if one.part == "password":
            return _(
                "The password that you chose here ({when}) does not count: another one was chosen elsewhere and was at "
                "the server first. Use that one."
            ).format(when=when)
        return _(
            "What you changed here of your second factor ({when}) does not count: another change reached the server "
            "first. Look at it under Your account."
        ).format(when=when)
