# SPDX-License-Identifier: Apache-2.0
"""The batch beside the list: what it is, where it lies, what may be done with it, and every move it made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.inventory.queries import MoveRow
from hms_desktop.core.dates import show_day, show_moment
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.inventory.stock_facts import BatchFacts
from hms_desktop.ui.inventory.words import amount, item_words, ledger_words, state_chip
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON
from hms_desktop.ui.widgets.theme import theme

SHOWN_MOVES = 60


class BatchDetail(QWidget):
    """Shows one batch, or how to begin."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Selected batch"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(4))

    def show_nothing(self, words: str) -> None:
        """No batch is chosen."""
        clear(self._column)
        card = Card()
        card.add(EmptyState(Notice("package", words)), 1)
        self._column.addWidget(card, 1)

    def show_batch(
        self, desk: Desk, facts: BatchFacts, acts: Sequence[Button], today: date, history: Callable[[], object]
    ) -> None:
        """Show a batch with these acts; `history` opens what its state was before."""
        clear(self._column)
        line = facts.line
        card = Card(item_words(line))
        card.add_to_head(Chip.of(state_chip(line, line.expires < today)))
        pairs = [
            (_("Batch"), line.lot),
            (_("Expires"), show_day(line.expires)),
            (_("Here"), amount(line.on_hand, line)),
            (_("Free to take"), amount(line.free, line)),
            *facts.elsewhere,
        ]
        if line.item.schedule:
            pairs.insert(0, (_("Controlled"), line.item.schedule))
        if line.state_reason:
            pairs.append((_("Reason"), line.state_reason))
        card.add(Pairs(pairs, figures="tables"))
        if line.state_reason:
            mark = Button(_("State changed"), "quiet", icon=AMENDED_ICON, key="Ctrl+H", clicked=history)
            mark.setToolTip(_("What it said before, who changed it, when, where and why"))
            card.body.addWidget(mark, 0, Qt.AlignmentFlag.AlignLeft)
        row = FlowRow(theme.space(3), theme.space(3))
        row.fill(acts)
        card.add(row)
        self._column.addWidget(card)
        ledger = Card(_("Moves, latest first"))
        ledger.add(_Ledger(facts.ledger, desk))
        self._column.addWidget(ledger)
        self._column.addStretch(1)


class _Ledger(QWidget):
    """Time, what, quantity and the balance after it; a reader hears a row as one sentence."""

    def __init__(self, moves: Sequence[MoveRow], desk: Desk) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(theme.space(4))
        grid.setVerticalSpacing(theme.space(3))
        grid.setColumnStretch(1, 1)
        for at, move in enumerate(reversed(moves[-SHOWN_MOVES:])):
            when = show_moment(move.at.astimezone(desk.place.zone))
            what = ", ".join(part for part in (ledger_words(move), move.place, move.reason, move.by) if part)
            sign = "+" if move.quantity > 0 else ""
            change = f"{sign}{show_decimal(move.quantity)}"
            left = show_decimal(move.balance)
            words = Text(what, "body", "tertiary" if move.taken_back else "primary", wrap=True)
            words.setAccessibleName(
                _("{when}: {what}, {change}, {left} left in all").format(when=when, what=what, change=change, left=left)
            )
            grid.addWidget(Text(when, "label", "secondary", figures="tables"), at, 0)
            grid.addWidget(words, at, 1)
            grid.addWidget(Text(change, "bodyStrong", figures="tables"), at, 2)
            grid.addWidget(Text(left, "body", "secondary", figures="tables"), at, 3)
