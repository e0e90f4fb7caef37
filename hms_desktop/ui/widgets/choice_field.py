# SPDX-License-Identifier: Apache-2.0
"""Fields for one of several: a picker that finds as you type, and radio buttons; neither starts with a choice made."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QWidget

from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.drop_list import DropList
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.inside_button import InsideButton
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.toggles import Radio

_TYPING_MS = 120


@dataclass(frozen=True)
class Option:
    """One choice: the value that is kept (a JSON value), its words, and a note that helps to tell it apart."""

    key: Any
    words: str
    note: str = ""

    @property
    def line(self) -> str:
        """The words with the note behind them."""
        return f"{self.words}   {self.note}" if self.note else self.words


Found = Callable[[Sequence[Option]], object]
Finds = Callable[[str, Found], object]


def finds_in(options: Sequence[Option]) -> Finds:
    """A search in a list: every typed part must begin a word of the option, in any order, accents aside."""

    def find(typed: str, found: Found) -> None:
        parts = _folded(typed).split()
        found([one for one in options if _begins(parts, _folded(f"{one.words} {one.note}").split())])

    return find


def _begins(parts: Sequence[str], words: Sequence[str]) -> bool:
    return all(any(word.startswith(part) for word in words) for part in parts)


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


class PickLine(QLineEdit):
    """The line of a picker: opens its list on Down or a click."""

    def __init__(self, wanted: Callable[[], object]) -> None:
        super().__init__()
        self._wanted = wanted

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down opens the list."""
        super().keyPressEvent(event)
        if event.key() == Qt.Key.Key_Down:
            self._wanted()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click opens the list."""
        super().mousePressEvent(event)
        self._wanted()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming by Tab selects the text, so that typing replaces it."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.selectAll()


class ChoiceField(Field):
    """Picks one option by typing. The value is the option's key; nothing is chosen until a person chooses.

    `finds` searches (at once or later, as from a reader thread); see `finds_in` for a list.
    """

    def __init__(
        self,
        key: str,
        label: str,
        finds: Finds,
        *,
        required: bool = False,
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self.line = PickLine(lambda: self._search(now=True))
        self._finds = finds
        self._chosen: Option | None = None
        self._offered: list[Option] = []
        super().__init__(key, label, self.line, required=required, optional=optional, parent=parent)
        self.list = DropList(self.line, self._picked)
        self.list.setAccessibleName(self.name)
        self._soon = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._soon.timeout.connect(lambda: self._search(now=True))
        self.line.textEdited.connect(self._typing)
        self.caret = InsideButton(self.line, "caret-down", _("Show choices"), self._open)

    def _open(self) -> None:
        self.take_focus()
        self._search(now=True)

    @property
    def chosen(self) -> Option | None:
        """The option that was picked."""
        return self._chosen

    def typed(self) -> Any:
        """The picked key and words, or the words typed so far, as JSON values."""
        if self._chosen is not None:
            return {"key": self._chosen.key, "words": self._chosen.words}
        return self.line.text()

    def type_in(self, typed: Any) -> None:
        """Put a draft back, an Option, or words."""
        if isinstance(typed, Option):
            self._take(typed)
        elif isinstance(typed, dict):
            self._take(Option(typed.get("key"), str(typed.get("words", ""))))
        else:
            self._chosen = None
            self.line.setText(str(typed or ""))

    def is_empty(self) -> bool:
        """Nothing picked and nothing typed."""
        return self._chosen is None and not self.line.text().strip()

    def read(self) -> Any:
        """The key of the picked option; BadInput when words were typed but none was picked."""
        if self._chosen is None:
            typed = self.line.text().strip()
            raise BadInput(_("“{typed}” was not picked. Choose one from the list.").format(typed=typed[:40]), self.key)
        return self._chosen.key

    def shown(self) -> str:
        """The words of the picked option."""
        return self._chosen.words if self._chosen else self.line.text()

    def missing(self) -> str:
        """What to do about an empty picker."""
        return _("{field} is missing. Choose one.").format(field=self.name)

    def check(self, *, finishing: bool = False) -> bool:
        """Words that are exactly one option count as picked."""
        if self._chosen is None and not self.is_empty():
            same = [one for one in self._offered if _folded(one.words) == _folded(self.line.text().strip())]
            if len(same) == 1:
                self._take(same[0])
        return super().check(finishing=finishing)

    def _typing(self) -> None:
        self._chosen = None
        self.clear_message()
        self._soon.start()
        self.edited.emit()

    def _search(self, *, now: bool) -> None:
        self._soon.stop()
        typed = "" if self._chosen is not None else self.line.text()
        self._finds(typed, lambda found: self._offer(typed, found))

    def _offer(self, typed: str, found: Sequence[Option]) -> None:
        if self._chosen is None and typed != self.line.text():
            return
        self._offered = list(found)
        self.list.offer([one.line for one in self._offered] if self.line.hasFocus() else ())
        if typed and not self._offered:
            self.show_note(_("Nothing matches “{typed}”.").format(typed=typed[:40]))

    def _picked(self, at: int) -> None:
        self._take(self._offered[at])
        self.check()
        self.edited.emit()

    def _take(self, option: Option) -> None:
        self._chosen = option
        self.line.setText(option.words)
        self.line.setCursorPosition(0)  # a name that is longer than the field shows its beginning


class RadioField(Field):
    """A few options side by side as radio buttons, none chosen at first. The value is the option's key."""

    def __init__(
        self, key: str, label: str, options: Sequence[Option], *, required: bool = False, parent: QWidget | None = None
    ) -> None:
        self._row = FlowRow(theme.space(6), theme.space(2))
        self._options = list(options)
        self._group = QButtonGroup(self._row)
        self._group.setExclusive(True)
        super().__init__(key, label, self._row, required=required, parent=parent)
        self.buttons = [Radio(option.line) for option in self._options]
        for button in self.buttons:
            self._group.addButton(button)
            button.installEventFilter(self)
        self._row.fill(self.buttons)
        self._group.buttonClicked.connect(lambda: self._clicked())

    def typed(self) -> Any:
        """The chosen key, or None."""
        return next((o.key for o, b in zip(self._options, self.buttons, strict=True) if b.isChecked()), None)

    def type_in(self, typed: Any) -> None:
        """Choose an option by its key; None leaves all open."""
        self._group.setExclusive(False)
        for option, button in zip(self._options, self.buttons, strict=True):
            button.setChecked(typed is not None and option.key == typed)
        self._group.setExclusive(True)

    def is_empty(self) -> bool:
        """Nothing chosen."""
        return self.typed() is None

    def read(self) -> Any:
        """The chosen key."""
        return self.typed()

    def shown(self) -> str:
        """The words of the chosen option."""
        return next((o.words for o, b in zip(self._options, self.buttons, strict=True) if b.isChecked()), "")

    def missing(self) -> str:
        """What to do when nothing is chosen."""
        return _("{field} is missing. Choose one.").format(field=self.name)

    def take_focus(self) -> None:
        """Put the keyboard on the chosen button, or the first."""
        chosen = self._group.checkedButton() or self.buttons[0]
        chosen.setFocus(Qt.FocusReason.OtherFocusReason)

    def _clicked(self) -> None:
        self.check()
        self.edited.emit()
