# SPDX-License-Identifier: Apache-2.0
"""Fields for numbers with a fixed unit: decimal comma or point, hard limits that stop, soft limits that ask again."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from hms_desktop.core.errors import BadInput
from hms_desktop.core.quantities import parse_decimal, show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.field import Doubt, Field
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.reading import from_end, mirrored, write
from hms_desktop.ui.widgets.theme import theme


@dataclass(frozen=True)
class Limits:
    """What a number may be: outside `lowest`-`highest` it is refused, outside `low`-`high` it is doubted.

    `decimals` is how many digits may follow the mark (None = any).
    """

    lowest: Decimal | None = None
    highest: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    decimals: int | None = None


class UnitLine(QLineEdit):
    """A line for a number, right aligned, with its unit standing fixed at the end."""

    def __init__(self, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._unit = ""
        dress(self, figures="number")
        self.setFont(theme.font("body", "tables"))
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.set_unit(unit)

    def set_unit(self, unit: str) -> None:
        """Show another unit."""
        self._unit = unit
        width = QFontMetrics(theme.font("label")).horizontalAdvance(unit) + theme.space(3) if unit else 0
        self.setTextMargins(0, 0, width, 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The unit, behind the number."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setFont(theme.font("label"))
        painter.setPen(theme.colour("text.secondary"))
        place = QRect(0, 0, self.width() - theme.space(3) - 2, self.height())
        write(painter, place, from_end(mirrored(self)), self._unit)


class NumberField(Field):
    """A number in a fixed unit. The value is a Decimal; a draft keeps what was typed."""

    def __init__(
        self,
        key: str,
        label: str,
        unit: str = "",
        limits: Limits | None = None,
        *,
        required: bool = False,
        optional: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        self.line = UnitLine(unit)
        self.unit = unit
        self.limits = limits or Limits()
        super().__init__(key, label, self.line, required=required, optional=optional, parent=parent)
        if unit:
            self.line.setAccessibleName(f"{self.line.accessibleName()}, {unit}")
        self.line.textEdited.connect(lambda: self.edited.emit())

    def typed(self) -> str:
        """The text as it stands."""
        return self.line.text()

    def type_in(self, typed: Any) -> None:
        """Put a number or text into the field."""
        text = show_decimal(typed) if isinstance(typed, Decimal) else str(typed if typed is not None else "")
        self.line.setText(text)

    def is_empty(self) -> bool:
        """Spaces are nothing; zero is something."""
        return not self.typed().strip()

    def read(self) -> Decimal:
        """The number; BadInput outside the hard limits, Doubt outside the soft ones."""
        number = parse_decimal(self.typed())
        limits = self.limits
        if limits.decimals is not None and -_exponent(number) > limits.decimals:
            raise BadInput(
                _("{field} takes at most {count} digits after the decimal mark.").format(
                    field=self.name, count=limits.decimals
                ),
                self.key,
            )
        self._refuse(number, limits)
        if limits.low is not None and number < limits.low:
            raise Doubt(_("{value} is unusually low for {field}.").format(value=self._worded(number), field=self.name))
        if limits.high is not None and number > limits.high:
            raise Doubt(_("{value} is unusually high for {field}.").format(value=self._worded(number), field=self.name))
        return number

    def shown(self) -> str:
        """The number with its unit."""
        try:
            return self._worded(parse_decimal(self.typed())) if not self.is_empty() else ""
        except BadInput:
            return self.typed()

    def _doubted(self) -> Decimal:
        return parse_decimal(self.typed())

    def _refuse(self, number: Decimal, limits: Limits) -> None:
        if limits.lowest is not None and number < limits.lowest:
            raise BadInput(
                _("{field} can't be below {limit}. Check the number.").format(
                    field=self.name, limit=self._worded(limits.lowest)
                ),
                self.key,
            )
        if limits.highest is not None and number > limits.highest:
            raise BadInput(
                _("{field} can't be above {limit}. Check the number.").format(
                    field=self.name, limit=self._worded(limits.highest)
                ),
                self.key,
            )

    def _worded(self, number: Decimal) -> str:
        return f"{show_decimal(number)} {self.unit}" if self.unit else show_decimal(number)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0
