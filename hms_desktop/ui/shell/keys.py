# SPDX-License-Identifier: Apache-2.0
"""The one registry of keys of a window: every act with its keys; hints, palette and the `?` sheet are made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from hms_desktop.ui.desk import Key

GLOBAL = "global"
SCAN_PAUSE_MS = 35
"""A single letter waits this long: a scanner's next character comes within 30 ms, a person's does not."""


class DuplicateKey(ValueError):
    """Two acts want the same key in one scope."""


@dataclass(frozen=True)
class Entry:
    """A registered act: its scope, its key as declared, and the action in the window."""

    scope: str
    key: Key
    action: QAction


class KeyRegistry(QObject):
    """All keys of one window. `global` works everywhere; of the other scopes only the active ones work."""

    def __init__(self, window: QWidget, burst_with: Callable[[str], Callable[[], bool]] | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._burst_with = burst_with or (lambda _letter: lambda: False)
        self._entries: list[Entry] = []
        self._active: set[str] = {GLOBAL}
        self._letters = True

    def add(self, scope: str, keys: Iterable[Key]) -> None:
        """Register acts; raises DuplicateKey, naming both acts, when a key is taken in this scope or globally."""
        for key in keys:
            self._refuse_taken(scope, key)
            action = QAction(key.text, self._window)
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.triggered.connect(lambda _checked=False, k=key: self._press(k))
            self._window.addAction(action)
            self._entries.append(Entry(scope, key, action))
        self._apply()

    def clear(self, scope: str) -> None:
        """Forget every act of a scope."""
        for entry in [e for e in self._entries if e.scope == scope]:
            self._window.removeAction(entry.action)
            entry.action.deleteLater()
            self._entries.remove(entry)

    def replace(self, scope: str, keys: Iterable[Key]) -> None:
        """Let a scope have exactly these acts."""
        self.clear(scope)
        self.add(scope, keys)

    def activate(self, *scopes: str) -> None:
        """Let these scopes work besides the global one, and no others."""
        self._active = {GLOBAL, *scopes}
        self._apply()

    def use_single_letters(self, on: bool) -> None:
        """Switch single-letter keys on or off (WCAG 2.1.4); with Alt the same letters always work."""
        self._letters = on
        self._apply()

    @property
    def single_letters(self) -> bool:
        """Whether single letters are on."""
        return self._letters

    def working(self) -> list[Entry]:
        """The acts whose keys work now, global ones last."""
        now = [entry for entry in self._entries if entry.scope in self._active]
        return sorted(now, key=lambda entry: entry.scope == GLOBAL)

    def hints(self, most: int = 3) -> list[Key]:
        """The acts to show in the status bar: those of the screen first, and only what can be done now."""
        return [entry.key for entry in self.working() if entry.key.hint and works(entry.key)][:most]

    def press(self, sequence: str) -> bool:
        """Do what this key does now, as if it was pressed; False if it does nothing."""
        for entry in self.working():
            if sequence in sequences(entry.key, self._letters):
                entry.action.trigger()
                return True
        return False

    def _refuse_taken(self, scope: str, key: Key) -> None:
        wanted = {_portable(s) for s in sequences(key)}
        for entry in self._entries:
            meets = scope == entry.scope or GLOBAL in (scope, entry.scope)
            taken = wanted & {_portable(s) for s in sequences(entry.key)}
            if meets and taken:
                raise DuplicateKey(f"“{key.text}” and “{entry.key.text}” both want {sorted(taken)[0]} in {scope}")

    def _apply(self) -> None:
        for entry in self._entries:
            entry.action.setEnabled(entry.scope in self._active)
            entry.action.setShortcuts([QKeySequence(s) for s in sequences(entry.key, self._letters)])

    def _press(self, key: Key) -> None:
        if is_single_letter(key.sequence) and not _alt_is_down():
            if not in_text_field():
                scanned = self._burst_with(key.sequence)
                QTimer.singleShot(SCAN_PAUSE_MS, self, lambda: None if scanned() else do(key))
            return
        do(key)


def works(key: Key) -> bool:
    """Whether this act can be done now."""
    return key.enabled is None or key.enabled()


def do(key: Key) -> None:
    """Do the act if it can be done at this moment: what was so when the key was offered may have changed."""
    if works(key):
        key.act()


def sequences(key: Key, letters: bool = True) -> list[str]:
    """Every key sequence of an act: for a single letter also Alt with it, which is left when letters are off.

    A single digit has no Alt form: Alt and a digit go to a module.
    """
    if not key.sequence:
        return []
    if key.sequence.isdigit() and len(key.sequence) == 1:
        return [key.sequence] if letters else []
    if is_single_letter(key.sequence):
        return [key.sequence, f"Alt+{key.sequence}"] if letters else [f"Alt+{key.sequence}"]
    if key.sequence.startswith("G, ") and not letters:
        return [f"Alt+{key.sequence}"]
    return [key.sequence]


def is_single_letter(sequence: str) -> bool:
    """Whether a sequence is one printable character without Ctrl or Alt."""
    return len(sequence) == 1


def in_text_field() -> bool:
    """Whether what is typed now goes into a text field."""
    focus = QApplication.focusWidget()
    if isinstance(focus, QLineEdit | QPlainTextEdit | QTextEdit):
        return not focus.isReadOnly()
    if isinstance(focus, QComboBox):
        return focus.isEditable()
    return isinstance(focus, QAbstractSpinBox)


def shown_keys(sequence: str) -> list[str]:
    """The caps to draw for a sequence: "Ctrl+Shift+N" -> Ctrl, Shift, N; "G, R" -> G, R."""
    caps = [cap for chord in sequence.split(", ") for cap in _split(chord)]
    return [_CAPS.get(cap, cap) for cap in caps]


def _split(chord: str) -> list[str]:
    return [*chord[:-2].split("+"), "+"] if chord.endswith("++") else chord.split("+")


_CAPS = {"Return": "Enter", "Escape": "Esc", "Del": "Delete", "PgUp": "Page up", "PgDown": "Page down"}


def _alt_is_down() -> bool:
    return bool(QApplication.keyboardModifiers() & Qt.KeyboardModifier.AltModifier)


@lru_cache(maxsize=1024)
def _portable(sequence: str) -> str:
    return QKeySequence(sequence).toString(QKeySequence.SequenceFormat.PortableText)
