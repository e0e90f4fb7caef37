# SPDX-License-Identifier: Apache-2.0
"""The shape of most screens: a list card and the detail of the row chosen in it, side by side or one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QVBoxLayout, QWidget

from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import IconButton
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.halves import Halves
from hms_desktop.ui.widgets.labels import Rule, appear, dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.segmented import Segment, SegmentedFilter
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.theme import theme

_TYPING_MS = 150
_LEAST_STACKED = 160


class ListCard(Card):
    """A table with its filter row: segments with counts, a typed filter behind `/`, columns, and more buttons.

    With a heading and no segments the buttons stand beside the heading, and the row is there while somebody types.
    """

    def __init__(
        self, table: Table, segments: Sequence[Segment] = (), heading: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(heading, flush=True, parent=parent)
        self.table = table
        self._headed = bool(heading) and not segments
        self.filter = SegmentedFilter(segments)
        appear(self.filter, bool(segments))
        self.typed = QLineEdit()
        self.typed.setPlaceholderText(_("Filter this list"))
        self.typed.setAccessibleName(_("Filter this list"))
        self.typed.setClearButtonEnabled(True)
        self.typed.hide()
        self.typed.installEventFilter(self)
        self._soon = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._soon.timeout.connect(lambda: table.show_only(text=self.typed.text().strip()))
        self.columns = IconButton("columns", _("Columns"), clicked=self._choose_columns)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.bar = QHBoxLayout()
        self._bar = Halves(self.filter, self.bar, fills=True)
        self._bar.set_margins(theme.space(5), theme.space(4), theme.space(5), theme.space(4))
        self.bar.addWidget(self.typed, 1)
        self.bar.addStretch(1)
        self.add_button(self.columns)
        self.body.setSpacing(0)
        self.body.setContentsMargins(0, theme.space(4) if self._headed else 0, 0, theme.space(2))
        self.add(self._bar)
        self._show_bar()
        self.add(Rule())
        self.add(self.table, 1)

    def _connect(self) -> None:
        self.filter.chosen.connect(lambda key: self.table.show_only(filter=key))
        self.typed.textEdited.connect(lambda: self._soon.start())
        self.table.filter_wanted.connect(self.open_typed)
        self.table.filter_cleared.connect(self._cleared)
        self.table.marks_changed.connect(lambda _marked: self._show_bar())

    def add_button(self, button: QWidget) -> None:
        """Put a button at the end of the filter row, or of the heading where that holds the buttons."""
        if self._headed:
            self.add_to_head(button)
        else:
            self.bar.addWidget(button)

    def _show_bar(self) -> None:
        appear(self._bar, not self.table.view.marked and not (self._headed and self.typed.isHidden()))

    def show_counts(self, segments: Sequence[Segment]) -> None:
        """Show the segments with these counts."""
        self.filter.set_segments(segments)
        self.filter.setVisible(bool(segments))

    def open_typed(self) -> None:
        """Open the typed filter and put the keyboard there."""
        self.typed.show()
        self._show_bar()
        self.typed.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.typed.selectAll()

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """In the typed filter, Escape leaves it and Down goes to the list."""
        if watched is self.typed and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self._close_typed()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.table.setFocus()
                return True
        return False

    def _close_typed(self) -> None:
        self._soon.stop()
        self.typed.clear()
        self.typed.hide()
        self._show_bar()
        if self.table.rows.ask.text:
            self.table.show_only(text="")
        self.table.setFocus()

    def _cleared(self) -> None:
        with QSignalBlocker(self.filter):
            self.filter.choose("")
        self._soon.stop()
        self.typed.clear()
        self.typed.hide()
        self._show_bar()

    def _choose_columns(self) -> None:
        self.table.choose_columns(self.columns.mapToGlobal(QPoint(0, self.columns.height())))


class WorklistDetail(QWidget):
    """List and detail. Side by side with a splitter that remembers its place; below 150 % text or in a narrow window
    the detail goes below the list. `moved` when there is a new splitter state to remember."""

    moved = Signal()

    def __init__(self, worklist: QWidget, detail: QWidget, *, share: int = 66, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._share = share
        self._touched = False
        self.worklist = worklist
        self.detail = detail
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(theme.space(4))
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(worklist)
        self._pane = scrolled(detail)
        self.splitter.addWidget(self._pane)
        self.splitter.splitterMoved.connect(self._moved)
        row = QVBoxLayout(self)
        pad = theme.space(5)
        row.setContentsMargins(pad, pad, pad, theme.space(4))
        row.addWidget(self.splitter)
        self._pane.setMinimumWidth(theme.grow(280))
        self.splitter.setStretchFactor(0, share)
        self.splitter.setStretchFactor(1, 100 - share)
        worklist.installEventFilter(self)

    @property
    def stacked(self) -> bool:
        """Whether the detail stands below the list."""
        return self.splitter.orientation() == Qt.Orientation.Vertical

    def layout_state(self) -> dict[str, Any]:
        """The splitter as JSON values: the list's share of the width in percent."""
        return {"share": self._share}

    def use_layout_state(self, state: dict[str, Any]) -> None:
        """Lay out as remembered."""
        share = state.get("share")
        if isinstance(share, int) and 15 <= share <= 85:
            self._share = share
            self._divide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn the splitter when the window becomes narrow or the text large."""
        super().resizeEvent(event)
        self._reflow()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "splitter"):
            self._reflow()

    def _reflow(self) -> None:
        ways = Qt.Orientation
        way = ways.Vertical if theme.narrow(self.width()) else ways.Horizontal
        if way != self.splitter.orientation():
            self.splitter.setOrientation(way)
        self._keep_room()
        self._divide()

    def _keep_room(self) -> None:
        for pane in (self.worklist, self._pane):
            least = max(theme.grow(_LEAST_STACKED), pane.minimumSizeHint().height())
            pane.setMinimumHeight(least if self.stacked else 0)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """The list asks for more room or less: its filter row went over two lines, a count came."""
        if event.type() == QEvent.Type.LayoutRequest and watched is self.worklist:
            self._keep_room()
        return False

    def _divide(self) -> None:
        room = self.splitter.height() if self.stacked else self.splitter.width()
        share = 50 if self.stacked else self._share
        self.splitter.setSizes([room * share // 100, room * (100 - share) // 100])

    def _moved(self) -> None:
        first, second = self.splitter.sizes()
        if not self.stacked and first + second:
            self._share = round(first * 100 / (first + second))
            self.moved.emit()


def scrolled(content: QWidget) -> ScrollPane:
    """A pane that scrolls upright when its content is taller, and never sideways."""
    dress(content, surface="scroll")
    return ScrollPane(content)
