# SPDX-License-Identifier: Apache-2.0
"""Small news: one toast at a time with Undo, and everything that has gone by, for the message list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from hms_desktop.ui.shell.toast_box import ToastBox

KEPT = 200


@dataclass(frozen=True)
class Message:
    """One piece of news: what was said, when, whether it was seen in the list."""

    text: str
    at: datetime
    seen: bool = False
    undo: Callable[[], object] | None = field(default=None, compare=False)


class Notices(QObject):
    """Shows toasts over `ground` and remembers them. `changed` when the list is no longer as it was."""

    changed = Signal()

    def __init__(self, ground: QWidget, now: Callable[[], datetime]) -> None:
        super().__init__(ground)
        self._now = now
        self._box = ToastBox(ground)
        self._box.undone.connect(self.undo)
        self._undo: Callable[[], object] | None = None
        self.messages: list[Message] = []

    def show_toast(self, text: str, undo: Callable[[], object] | None = None) -> None:
        """Say that something was done; `undo` takes it back while the toast stands (8 s)."""
        self._undo = undo
        self._keep(Message(text, self._now(), undo=undo))
        self._box.show_text(text, can_undo=undo is not None)

    def show_hint(self, text: str) -> None:
        """Say why nothing was done, or what comes first; it is no news, so the bell does not ring for it."""
        self._undo = None
        self._keep(Message(text, self._now(), seen=True))
        self._box.show_text(text, done=False)

    def _keep(self, message: Message) -> None:
        self.messages = [message, *self.messages[: KEPT - 1]]
        self.announce(message.text)
        self.changed.emit()

    def can_undo(self) -> bool:
        """Whether there is something to take back now."""
        return self._undo is not None and self._box.isVisible()

    def undo(self) -> None:
        """Take back what the standing toast tells of."""
        undo, self._undo = self._undo, None
        self._box.hide()
        if undo is not None:
            undo()

    def unseen(self) -> int:
        """How many messages nobody has looked at."""
        return sum(not message.seen for message in self.messages)

    def mark_seen(self) -> None:
        """The list was opened."""
        self.messages = [replace(message, seen=True) for message in self.messages]
        self.changed.emit()

    def announce(self, text: str) -> None:
        """Have it read out politely, without moving the focus."""
        parent = self.parent()
        if isinstance(parent, QWidget) and QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(parent, text))
