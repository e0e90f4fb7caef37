# SPDX-License-Identifier: Apache-2.0
"""A result as value, arrow, letter, unit, reference and change; never by colour alone, never without its unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.labels import Glyph, Text
from hms_desktop.ui.widgets.table_cells import Cell
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tokens import tokens

Flag = Literal["", "L", "H", "A", "LL", "HH"]
_NAMES = {"": "normal", "L": "low", "H": "high", "A": "high", "LL": "criticalLow", "HH": "criticalHigh"}


@dataclass(frozen=True)
class ResultFace:
    """A result in words. `reference` is for this age and sex (`3.5 to 5.1`); `change` is since `before_on`, and
    `delta` says that it passes the delta limit."""

    test: str
    value: str
    unit: str = ""
    flag: Flag = ""
    reference: str = ""
    change: str = ""
    delta: bool = False
    before: str = ""
    before_on: str = ""
    corrected: bool = False


def flag_status(flag: Flag) -> str:
    """The status whose colour a flag wears."""
    return str(tokens()["resultFlags"][_NAMES[flag]]["status"])


def flag_words(flag: Flag) -> str:
    """A flag spoken out."""
    return {
        "": "", "L": _("low"), "H": _("high"), "A": _("abnormal"), "LL": _("critically low"),
        "HH": _("critically high"),
    }[flag]  # fmt: skip


def flag_chip(flag: Flag) -> ChipFace | None:
    """The chip of a flag; none for a normal result."""
    if not flag:
        return None
    if flag in ("HH", "LL"):
        return ChipFace("critical", _("{flag} critical").format(flag=flag))
    if flag == "A":
        return ChipFace("warning", flag, "warning")
    return ChipFace("warning", flag, "arrow-up-bold" if flag == "H" else "arrow-down-bold")


def result_words(face: ResultFace) -> str:
    """The result as one line for speech, copies and exports: units and reference travel with it."""
    parts = [" ".join(part for part in (face.test, face.value, face.unit) if part)]
    if face.flag:
        parts.append(f"{face.flag} ({flag_words(face.flag)})")
    if face.reference:
        parts.append(_("reference {range}").format(range=face.reference))
    if face.change:
        words = _("change {change} since {day}") if face.before_on else _("change {change}")
        parts.append(words.format(change=face.change, day=face.before_on))
    if face.corrected:
        parts.append(_("corrected"))
    return ", ".join(parts)


def value_cell(face: ResultFace) -> Cell:
    """The value for a table, bold and in the flag's colour when it is not normal."""
    tone = flag_status(face.flag) if face.flag else "primary"
    return Cell(face.value, tone=tone, strong=bool(face.flag), spoken=result_words(face))


def flag_cell(face: ResultFace) -> Cell:
    """The flag for a table."""
    return Cell(chip=flag_chip(face.flag))


def change_cell(face: ResultFace) -> Cell:
    """The change for a table, with the delta sign when it passes the limit."""
    if not face.delta:
        return Cell(face.change, tone="secondary")
    return Cell(
        f"Δ {face.change}", tone="warning", strong=True, spoken=_("large change {change}").format(change=face.change)
    )


class Measure(QWidget):
    """One measured value as in a vitals card: label, large value with unit and arrow, and when it was taken."""

    def __init__(self, face: ResultFace, taken: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._label = Text("", "label", "secondary")
        self._value = Text("", "title", figures="tables")
        self._unit = Text("", "label", "secondary")
        self._arrow = Glyph("arrow-up-bold", side=14)
        self._below = Text("", "caption", "secondary")
        figures = QWidget()
        figures.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # a value and its unit read one way everywhere
        row = QHBoxLayout(figures)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(2))
        for part in (self._value, self._unit, self._arrow):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(self._label)
        column.addWidget(figures, 0, Qt.AlignmentFlag.AlignLeading)
        column.addWidget(self._below)
        self.show_result(face, taken)

    def show_result(self, face: ResultFace, taken: str = "") -> None:
        """Show another value; an empty one reads “Not recorded”."""
        tone = flag_status(face.flag) if face.flag else "primary"
        self._label.setText(face.test)
        self._value.setText(face.value or "\N{EN DASH}")
        self._value.set_tone(tone)
        self._unit.setText(face.unit if face.value else "")
        shape = "warning-octagon-fill" if face.flag in ("HH", "LL") else ""
        shape = shape or ("arrow-up-bold" if face.flag == "H" else "arrow-down-bold")
        self._arrow.show_icon(shape, f"status.{tone}.fg" if face.flag else "text.tertiary")
        self._arrow.setVisible(bool(face.flag))
        below = taken if face.value else _("Not recorded")
        self._below.setText(", ".join(part for part in (face.flag, below) if part))
        self.setAccessibleName(", ".join(part for part in (result_words(face), below) if part))
