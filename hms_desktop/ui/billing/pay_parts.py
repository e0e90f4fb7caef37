# SPDX-License-Identifier: Apache-2.0
"""The parts of taking payment: the ways as tiles, the tenders so far, and what a set of tenders comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.billing.rules import CARD, CASH, CREDIT, Due, Tender, fall, way_word
from hms_desktop.core.money import Money
from hms_desktop.core.text import _
from hms_desktop.ui.widgets.buttons import IconButton
from hms_desktop.ui.widgets.choice_field import Option
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.tile import TileFace

OTHER = "other"
_ANY = UUID(int=0)


@dataclass(frozen=True)
class Outcome:
    """What tenders come to against a sum due, in minor units: what falls on the bill, change, credit, still due."""

    taken: int
    change: int
    credit: int
    left: int


def outcome(tenders: Sequence[Tender], due: int, *, keep: bool) -> Outcome:
    """How the tenders fall on what is due; BadInput names what can't be taken."""
    pieces = fall(tenders, [Due(_ANY, due)], keep=keep)
    taken = sum(piece.amount for piece in pieces if piece.invoice is not None)
    credit = sum(piece.amount for piece in pieces if piece.invoice is None)
    return Outcome(taken, sum(piece.change or 0 for piece in pieces), credit, due - taken)


def way_faces() -> list[TileFace]:
    """The ways that have a key of their own, and the rest behind one."""
    return [
        TileFace(CASH, _("Cash"), "money", "F7"),
        TileFace(CARD, _("Card"), "credit-card", "F8"),
        TileFace("mobile", _("Mobile"), "device-mobile", "F9"),
        TileFace(OTHER, _("Other"), "wallet", "F11"),
    ]


def other_ways() -> list[Option]:
    """The ways behind “Other”; the last is the patient's own credit."""
    return [Option(way, way_word(way)) for way in ("transfer", "cheque", "voucher", CREDIT)]


class TenderList(QWidget):
    """What was given so far in other ways; each can be taken out again. `removed` carries its position."""

    removed = Signal(int)

    def __init__(self, currency: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._currency = currency
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(1))
        self._rows: list[QWidget] = []
        self.setAccessibleName(_("Given so far"))
        self.hide()

    def show_tenders(self, tenders: Sequence[Tender]) -> None:
        """Show these."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = [self._row(at, tender) for at, tender in enumerate(tenders)]
        for row in self._rows:
            self._column.addWidget(row)
        self.setVisible(bool(tenders))

    def _row(self, at: int, tender: Tender) -> QWidget:
        amount = Money(tender.given, self._currency)
        words = _("{way} {amount}").format(way=way_word(tender.way), amount=amount)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(Text(words, "bodyStrong", figures="tables"))
        line.addWidget(Text(tender.reference or "", "label", "secondary"), 1)
        line.addWidget(IconButton("x", _("Take out {tender}").format(tender=words), "quiet", clicked=self._out(at)))
        return row

    def _out(self, at: int) -> Callable[[], object]:
        return lambda: self.removed.emit(at)
