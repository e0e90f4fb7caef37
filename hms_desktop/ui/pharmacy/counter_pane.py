# SPDX-License-Identifier: Apache-2.0
"""The detail of the counter: alerts and lines in the middle, checks, label and counselling beside, acts at the foot."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.pharmacy.alert_stack import AlertStack
from hms_desktop.ui.pharmacy.line_rows import LinesCard
from hms_desktop.ui.pharmacy.side import BeforeCard, LabelCard, PickCard, TellCard
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import scrolled

SIDE_WIDTH = 300
BESIDE_FROM = 780


class CounterPane(QWidget):
    """Everything about the chosen patient; the foot stays in sight while the rest scrolls."""

    def __init__(
        self, print_label: Callable[[], object], settle: Callable[[], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.alerts = AlertStack()
        self.lines = LinesCard()
        self.pick = PickCard()
        self.label = LabelCard(print_label, settle)
        self.tell = TellCard()
        self.before = BeforeCard()
        self.part = Button(_("Part supply"), key="S")
        self.hold = Button(_("Hold"), icon="pause", key="H")
        self.why = Text("", "label", "secondary")
        self.hand_over = Button(_("Hand over"), "primary", icon="check", key="Ctrl+Enter")
        self._lay_out()

    def _lay_out(self) -> None:
        middle, side = QWidget(), QWidget()
        for holder, parts in (
            (middle, (self.alerts, self.lines)),
            (side, (self.pick, self.label, self.tell, self.before)),
        ):
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(theme.space(4))
            for part in parts:
                column.addWidget(part)
            column.addStretch(1)
        self._side = side
        content = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(theme.space(4))
        self._columns.addWidget(middle, 1)
        self._columns.addWidget(side)
        self._content = content
        whole = QWidget()
        self._column = column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        self._scroll = scrolled(content)
        self._inside = True
        column.addWidget(self._scroll, 1)
        column.addWidget(self._make_foot())
        empty = Card()
        empty.add(EmptyState(Notice("pill", _("Choose a prescription in the queue to check and pick it."))), 1)
        self._panes = QStackedWidget()
        self._panes.addWidget(empty)
        self._panes.addWidget(whole)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._panes)
        self._reflow()

    def _make_foot(self) -> QWidget:
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(3))
        row.addWidget(self.part)
        row.addWidget(self.hold)
        row.addStretch(1)
        row.addWidget(self.why)
        row.addWidget(self.hand_over)
        return foot

    def show_nothing(self) -> None:
        """Nobody is chosen."""
        self._panes.setCurrentIndex(0)

    def show_foot(self, why: str, ready: bool, some: bool) -> None:
        """Say why nothing can be handed over yet, or let it be."""
        self._panes.setCurrentIndex(1)
        self.why.setText(why)
        self.hand_over.setEnabled(ready)
        self.hand_over.setAccessibleDescription(why)
        self.part.setEnabled(some)
        self.hold.setEnabled(some)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The side goes below the lines when there is no room for both."""
        super().resizeEvent(event)
        self._reflow()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_columns"):
            self._reflow()

    def show_row(self, row: QWidget) -> None:
        """Scroll so that a line is in sight."""
        if self._inside:
            self._scroll.ensureWidgetVisible(row, 0, theme.space(4))

    def _scroll_inside(self, inside: bool) -> None:
        """With room for both columns only they scroll and the foot stays; else the whole pane scrolls."""
        if inside == self._inside:
            return
        self._inside = inside
        if inside:
            self._column.removeWidget(self._content)
            self._scroll.setWidget(self._content)
        else:
            self._scroll.takeWidget()
            self._column.insertWidget(0, self._content, 1)
        self._content.show()
        self._scroll.setVisible(inside)

    def _reflow(self) -> None:
        beside = self.width() >= theme.grow(BESIDE_FROM)
        self._scroll_inside(beside)
        ways = QBoxLayout.Direction
        self._columns.setDirection(ways.LeftToRight if beside else ways.TopToBottom)
        self._side.setMaximumWidth(theme.grow(SIDE_WIDTH + 20) if beside else 16_777_215)
        self._side.setMinimumWidth(theme.grow(SIDE_WIDTH) if beside else 0)
