# SPDX-License-Identifier: Apache-2.0
"""A field for several of many: ticks that wrap, none made unless the form says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.choice_field import Option
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.toggles import Tick


class TicksField(Field):
    """The value is the tuple of the ticked options' keys."""

    def __init__(self, key: str, label: str, options: Sequence[Option], *, required: bool = False) -> None:
        self._row = FlowRow(theme.space(6), theme.space(2))
        self._options = tuple(options)
        super().__init__(key, label, self._row, required=required)
        self.boxes = [Tick(option.line) for option in options]
        for box in self.boxes:
            box.toggled.connect(lambda: self._ticked())
        self._row.fill(self.boxes)

    def typed(self) -> list[Any]:
        """The keys that are ticked."""
        return [o.key for o, box in zip(self._options, self.boxes, strict=True) if box.isChecked()]

    def type_in(self, typed: Any) -> None:
        """Tick these keys and no others."""
        for option, box in zip(self._options, self.boxes, strict=True):
            box.setChecked(option.key in (typed or ()))

    def read(self) -> tuple[Any, ...]:
        """The keys that are ticked."""
        return tuple(self.typed())

    def shown(self) -> str:
        """The words that are ticked."""
        return ", ".join(o.words for o, box in zip(self._options, self.boxes, strict=True) if box.isChecked())

    def missing(self) -> str:
        """What to do when nothing is ticked."""
        return _("{field} is missing. Tick what was checked.").format(field=self.name)

    def take_focus(self) -> None:
        """Put the keyboard on the first tick."""
        if self.boxes:
            self.boxes[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _ticked(self) -> None:
        if self.error:
            self.clear_message()
        self.edited.emit()
