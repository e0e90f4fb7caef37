# SPDX-License-Identifier: Apache-2.0
"""The bars around a table: “4 new, show” above, the selection bar, and the bold totals row at the foot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRect, QSize, Signal
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.labels import Painted, Text, dress
from hms_desktop.ui.widgets.reading import announce, from_end, from_start, mirrored, write
from hms_desktop.ui.widgets.table_view import TableView
from hms_desktop.ui.widgets.theme import theme


class NewRowsBar(Button):
    """Tells that rows came while a person was reading; pressing it brings them in."""

    def __init__(self, show: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__("", "quiet", icon="arrow-up", clicked=show, parent=parent)
        self.hide()

    def tell(self, new: int) -> None:
        """Say how many rows are new; 0 means that the list changed in another way."""
        words = ngettext("{count} new, show", "{count} new, show", new).format(count=new)
        told = words if new else _("The list has changed, show")
        if self.isHidden() or told != self.words:
            announce(self, told)
        self.set_words(told)
        self.show()


class SelectionBar(QWidget):
    """Stands in place of the filter row while rows are marked: how many, what can be done with them, and out."""

    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(theme.space(5), theme.space(3), theme.space(5), theme.space(3))
        self._row.setSpacing(theme.space(3))
        self._count = Text("", "bodyStrong")
        self._row.addWidget(self._count)
        self._row.addStretch(1)
        self._row.addWidget(Button(_("Clear selection"), "quiet", key="Esc", clicked=self.cleared.emit))
        self.hide()

    def offer(self, words: str, act: Callable[[Sequence[Any]], object], rows: Callable[[], Sequence[Any]]) -> Button:
        """Add an act on the marked rows."""
        button = Button(words, clicked=lambda: act(rows()))
        self._row.insertWidget(self._row.count() - 2, button)
        return button

    def tell(self, count: int) -> None:
        """Show how many are marked; hides at none."""
        self._count.setText(ngettext("{count} selected", "{count} selected", count).format(count=count))
        self.setVisible(count > 0)


class TotalsRow(Painted):
    """Bold totals under their columns; `words` maps column keys to text."""

    def __init__(self, view: TableView) -> None:
        super().__init__()
        self._view = view
        self._words: Mapping[str, str] = {}
        dress(self, surface="plain")
        self.setSizePolicy(self.sizePolicy().Policy.Expanding, self.sizePolicy().Policy.Fixed)
        view.header.sectionResized.connect(self.update)
        view.horizontalScrollBar().valueChanged.connect(self.update)
        self.hide()

    def show_totals(self, words: Mapping[str, str]) -> None:
        """Show these totals; nothing hides the row."""
        self._words = dict(words)
        self.setAccessibleName(", ".join(self._words.values()))
        self.setVisible(bool(words))
        self.update()

    def sizeHint(self) -> QSize:
        """One row high."""
        return QSize(0, theme.row_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint each total under its column."""
        painter = QPainter(self)
        painter.fillRect(QRect(0, 0, self.width(), 1), theme.colour("border.strong"))
        font = QFont(theme.font("bodyStrong", "tables"))
        painter.setFont(font)
        painter.setPen(theme.colour("text.primary"))
        rtl = mirrored(self)
        for at, column in enumerate(self._view.rows.columns):
            words = self._words.get(column.key)
            if words and not self._view.isColumnHidden(at):
                left, width = self._view.columnViewportPosition(at), self._view.columnWidth(at)
                place = QRect(left, 0, width, self.height()).adjusted(theme.space(3) + 2, 0, -theme.space(3) - 2, 0)
                write(painter, place, from_end(rtl) if column.end else from_start(rtl), words)
