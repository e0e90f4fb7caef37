# SPDX-License-Identifier: Apache-2.0
"""A field for several of many: a picker that finds as you type, what was picked beneath it, each with its way off."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.choice_field import ChoiceField, Finds, Found, Option
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import appear
from hms_desktop.ui.widgets.theme import theme


class SeveralField(ChoiceField):
    """Picks options one after another; the value is the tuple of their keys in the order they were picked.

    What is picked already is not offered again.
    """

    def __init__(
        self, key: str, label: str, finds: Finds, *, optional: bool = False, parent: QWidget | None = None
    ) -> None:
        self._picks: list[Option] = []
        self._all = finds
        super().__init__(key, label, self._find_others, optional=optional, parent=parent)
        self.row = FlowRow(theme.space(2), theme.space(2))
        appear(self.row, False)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.indexOf(self.line) + 1, self.row)

    @property
    def picks(self) -> tuple[Option, ...]:
        """What was picked."""
        return tuple(self._picks)

    def typed(self) -> Any:
        """The picked keys and words, and the words typed so far, as a JSON value."""
        picked = [[one.key, one.words] for one in self._picks]
        return {"picked": picked, "words": self.line.text()} if picked or self.line.text().strip() else None

    def type_in(self, typed: Any) -> None:
        """Put a draft back, or options; None empties the field."""
        if isinstance(typed, dict):
            self._picks = [Option(key, str(words)) for key, words in typed.get("picked", ())]
            self.line.setText(str(typed.get("words", "")))
        else:
            self._picks = list(typed or ())
            self.line.clear()
        self._show_picks()

    def is_empty(self) -> bool:
        """Nothing picked and nothing typed."""
        return not self._picks and not self.line.text().strip()

    def value(self) -> Any:
        """The keys of what was picked, none when nothing was; BadInput when words were typed but not picked."""
        if self.line.text().strip():
            super().read()
        return tuple(one.key for one in self._picks)

    def read(self) -> Any:
        """The same for a field that is not empty."""
        return self.value()

    def shown(self) -> str:
        """The words of what was picked."""
        return ", ".join(one.words for one in self._picks)

    def _find_others(self, typed: str, found: Found) -> None:
        """What was not picked yet."""

        def tell(options: Sequence[Option]) -> None:
            found([one for one in options if one.key not in {pick.key for pick in self._picks}])

        self._all(typed, tell)

    def _take(self, option: Option) -> None:
        self._picks.append(option)
        self.line.clear()
        self._show_picks()

    def _drop(self, option: Option) -> None:
        self._picks.remove(option)
        self._show_picks()
        self.take_focus()
        self.check()
        self.edited.emit()

    def _show_picks(self) -> None:
        parts = []
        for one in self._picks:
            part = Button(one.words, icon="x", clicked=partial(self._drop, one))
            part.setAccessibleName(_("Take off {what}").format(what=one.words))
            part.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            parts.append(part)
        self.row.fill(parts)
        appear(self.row, bool(parts))
