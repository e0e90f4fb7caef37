# SPDX-License-Identifier: Apache-2.0
"""What is to be collected from one patient: their orders, the fewest tubes, and the button that begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QWidget

from hms_desktop.clinic.lab.queries import CollectPlan
from hms_desktop.core.text import _
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.dialogs import tube_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.detail_rows import CheckRow
from hms_desktop.ui.widgets.labels import Rule, Text


class PlanCard(Card):
    """Shows a plan with its next step; `begin` is None for who may not collect."""

    def __init__(self, plan: CollectPlan, now: datetime, begin: Callable[[], object] | None) -> None:
        super().__init__(_("To collect"))
        for order in plan.orders:
            placed = words.moment_words(order.placed, now) if order.placed else ""
            note = _("{priority}, ordered {time} by {name}").format(
                priority=words.priority_words(order.priority), time=placed, name=order.requester_name
            )
            urgent = order.priority != "routine"
            self.add(CheckRow("warning" if urgent else "neutral", order.display, note, icon="test-tube"))
        self.add(Rule())
        self.add(Text(tube_words(plan, {order.id for order in plan.orders}), "bodyStrong", wrap=True))
        self.main: Button | None = None
        if begin is not None:
            foot = QWidget()
            row = QHBoxLayout(foot)
            row.setContentsMargins(0, 0, 0, 0)
            row.addStretch(1)
            self.main = Button(_("Collect specimens"), "primary", icon="test-tube", key="Ctrl+Enter", clicked=begin)
            row.addWidget(self.main)
            self.add(foot)
