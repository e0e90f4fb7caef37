# SPDX-License-Identifier: Apache-2.0
"""Fields for days and times typed freely; the day that was understood is spelled out beneath with its weekday."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCalendarWidget, QLineEdit, QMenu, QWidget, QWidgetAction

from hms_desktop.core.dates import Lean, parse_day, parse_time, show_day, show_time, spell_day
from hms_desktop.core.errors import BadInput
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.field import Doubt, Field
from hms_desktop.ui.widgets.inside_button import InsideButton


@dataclass(frozen=True)
class Reading:
    """What a typed date means: the value, the text it becomes when the field is left, and the words beneath.

    `doubt` is a sentence when the value is possible but unusual.
    """

    value: Any
    text: str
    words: str
    doubt: str = ""


Reads = Callable[[str], Reading]


def reads_day(
    today: Callable[[], date],
    *,
    lean: Lean = "near",
    first: date | None = None,
    last: date | None = None,
) -> Reads:
    """Reads days; the value is ISO 8601 text. Days before `first` or after `last` are refused."""

    def read(typed: str) -> Reading:
        now = today()
        day = parse_day(typed, now, lean)
        if first is not None and day < first:
            words = _("{day} is before {first}. Check the year.")
            raise BadInput(words.format(day=show_day(day), first=show_day(first)))
        if last is not None and day > last:
            words = _("{day} is after {last}. Check the year.")
            raise BadInput(words.format(day=show_day(day), last=show_day(last)))
        return Reading(day.isoformat(), show_day(day), spell_day(day, now))

    return read


def reads_time() -> Reads:
    """Reads times of day; the value is `HH:MM`."""

    def read(typed: str) -> Reading:
        shown = show_time(parse_time(typed))
        return Reading(shown, shown, "")

    return read


class DateLine(QLineEdit):
    """The line of a date field: Up and Down step by a day once a day was understood."""

    def __init__(self, step: Callable[[int], bool]) -> None:
        super().__init__()
        self._step = step

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step on Up and Down, type everything else."""
        ways = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        way = ways.get(Qt.Key(event.key()))
        if way is None or event.modifiers() or not self._step(way):
            super().keyPressEvent(event)


class DateField(Field):
    """A day (or, with another `reads`, a birth date or a time) typed freely. The value is what `reads` gives."""

    def __init__(
        self,
        key: str,
        label: str,
        reads: Reads,
        *,
        required: bool = False,
        optional: bool = False,
        calendar: bool = True,
        parent: QWidget | None = None,
    ) -> None:
        self.line = DateLine(self._step)
        self._reads = reads
        super().__init__(key, label, self.line, required=required, optional=optional, parent=parent)
        self.line.textEdited.connect(self._typing)
        shape, name = ("calendar-blank", _("Calendar")) if calendar else ("clock", _("Time"))
        self.mark_inside = InsideButton(self.line, shape, name, self.open_calendar if calendar else None)

    def typed(self) -> str:
        """The text as it stands."""
        return self.line.text()

    def type_in(self, typed: Any) -> None:
        """Put text, or an ISO date, into the field and say how it reads."""
        self.line.setText(str(typed or ""))
        reading = self._try()
        if reading is not None:
            self.line.setText(reading.text)
            self.show_note(reading.words)

    def is_empty(self) -> bool:
        """Spaces are nothing."""
        return not self.typed().strip()

    def read(self) -> Any:
        """The value; BadInput when it can't be read, Doubt when it is unusual."""
        reading = self._reads(self.typed())
        if reading.doubt:
            raise Doubt(reading.doubt)
        return reading.value

    def note(self) -> str:
        """The day as understood."""
        reading = self._try()
        return reading.words if reading else ""

    def shown(self) -> str:
        """The day in its long form."""
        reading = self._try()
        return reading.text if reading else self.typed()

    def check(self, *, finishing: bool = False) -> bool:
        """Check, and write a day that was understood in its unmistakable form."""
        reading = self._try()
        if reading is not None and reading.text != self.typed():
            self.line.setText(reading.text)
        return super().check(finishing=finishing)

    def open_calendar(self) -> None:
        """Open a calendar below the field."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        page = QCalendarWidget()
        page.setAccessibleName(_("Calendar"))
        if (day := self._day()) is not None:
            page.setSelectedDate(QDate(day.year, day.month, day.day))
        action = QWidgetAction(menu)
        action.setDefaultWidget(page)
        menu.addAction(action)
        page.activated.connect(lambda chosen: self._pick(chosen, menu))
        page.clicked.connect(lambda chosen: self._pick(chosen, menu))
        menu.popup(self.line.mapToGlobal(QPoint(0, self.line.height())))
        page.setFocus()

    def _pick(self, chosen: QDate, menu: QMenu) -> None:
        menu.close()
        self._put(date(chosen.year(), chosen.month(), chosen.day()))

    def _put(self, day: date) -> None:
        self.line.setText(show_day(day))
        self._typing()

    def _doubted(self) -> Any:
        return self._reads(self.typed()).value

    def _typing(self) -> None:
        reading = self._try()
        self.show_note(reading.words if reading else "")
        self.edited.emit()

    def _try(self) -> Reading | None:
        if self.is_empty():
            return None
        try:
            return self._reads(self.typed())
        except BadInput:
            return None

    def _day(self) -> date | None:
        reading = self._try()
        try:
            return date.fromisoformat(reading.value) if reading and isinstance(reading.value, str) else None
        except ValueError:
            return None

    def _step(self, by: int) -> bool:
        day = self._day()
        if day is None:
            return False
        self._put(day + timedelta(days=by))
        return True


def time_field(key: str, label: str, *, required: bool = False, parent: QWidget | None = None) -> DateField:
    """A field for a time of day; its value is `HH:MM`."""
    return DateField(key, label, reads_time(), required=required, calendar=False, parent=parent)
