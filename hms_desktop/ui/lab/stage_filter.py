# SPDX-License-Identifier: Apache-2.0
"""The filter over the bench list: one choice of the stages with their counts, wrapping when the list is narrow."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.lab.words import STAGES, stage_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.reading import mirrored
from hms_desktop.ui.widgets.theme import theme


class StageFilter(FlowRow):
    """`chosen` carries the stage, "" for all. Left and Right choose the neighbour."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(theme.space(2), theme.space(2), parent)
        self.setAccessibleName(_("Filter by step"))
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self.parts_by_stage: dict[str, Button] = {}
        for stage in ("", *STAGES):
            part = StagePart(self)
            part.setCheckable(True)
            part.clicked.connect(lambda _on=False, one=stage: self.choose(one))
            self._group.addButton(part)
            self.parts_by_stage[stage] = part
        self.fill(self.parts_by_stage.values())
        self.parts_by_stage[""].setChecked(True)
        self.show_counts(lambda _stage: 0)

    @property
    def current(self) -> str:
        """The chosen stage."""
        return next((stage for stage, part in self.parts_by_stage.items() if part.isChecked()), "")

    def choose(self, stage: str, *, telling: bool = True) -> None:
        """Choose a stage."""
        self.parts_by_stage[stage].setChecked(True)
        if telling:
            self.chosen.emit(stage)

    def step(self, by: int) -> None:
        """Choose the stage beside the chosen one."""
        keys = [stage for stage, part in self.parts_by_stage.items() if not part.isHidden()]
        at = keys.index(self.current) + (-by if mirrored(self) else by)
        if 0 <= at < len(keys):
            self.choose(keys[at])
            self.parts_by_stage[keys[at]].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_counts(self, count: Callable[[str], int]) -> None:
        """Show how many lines each stage has."""
        for stage, part in self.parts_by_stage.items():
            part.set_words(_("{filter} {count}").format(filter=stage_words(stage), count=count(stage)))
            part.set_kind("danger" if stage == "critical" and count(stage) else "secondary")
        self.fill_again()

    def fill_again(self) -> None:
        """Place the parts anew after their words changed."""
        self._place()
        self.updateGeometry()


class StagePart(Button):
    """One stage."""

    def __init__(self, bar: StageFilter) -> None:
        super().__init__("", parent=bar)
        self._bar = bar

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right choose the neighbour."""
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in ways:
            self._bar.step(ways[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _padding(self) -> int:
        return theme.space(3)

    def _height(self) -> int:
        return theme.control_height() - theme.space(2)
