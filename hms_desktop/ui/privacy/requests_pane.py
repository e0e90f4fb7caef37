# SPDX-License-Identifier: Apache-2.0
"""What patients ask about their record, by its last day: amendments and releases, and how each was answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.privacy.queries import RequestRow, requests
from hms_desktop.clinic.privacy.rules import ground_word, request_word, state_word
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Key
from hms_desktop.ui.privacy import choosing
from hms_desktop.ui.privacy.beside import beside
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.labels import Fact
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset({"privacy_request"})
Asks = Callable[[Desk, QWidget, RequestRow, Callable[[Any], object]], object]


class RequestsPane(QWidget):
    """The requests left, one of them right with what can be done about it."""

    told = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._rows: Sequence[RequestRow] = ()
        self._read = False
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.new = Button(_("Take a request"), "primary", icon="plus", key="N", clicked=self.add)
        self.list.add_button(self.new)
        self.detail, self._column = beside(self, self.list, share=62)
        self.table.current_changed.connect(self._choose)
        self.setFocusProxy(self.table)
        self._choose(None)

    def _make_table(self) -> Table:
        columns = [
            Column("due", _("Answer by"), lambda r: Cell(show_day(r.due), sub=_left(r)), 130, figures="tables"),
            Column("record", _("Record"), lambda r: Cell(r.record, strong=True), 130, figures="identifiers"),
            Column("kind", _("Kind"), lambda r: Cell(request_word(r.kind), sub=r.what), 190, 2),
            Column("asked", _("Asked by"), lambda r: Cell(r.asked_by, sub=show_day(r.asked_on)), 150, 1),
            Column("state", _("Answer"), lambda r: Cell(chip=state_chip(r)), 130),
        ]
        nothing = Notice("check-circle", _("No patient asked anything about their record."))
        fetch = from_list(lambda: self._rows, matches=_fits)
        return Table(columns, fetch, lambda r: r.id, name=_("Requests"), two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """Take a request; answer the chosen one."""
        return (
            Key("N", _("Take a request"), self.add, "plus", hint=True),
            Key("A", _("Grant"), self.grant, "check", hint=True, enabled=self._open),
            Key("D", _("Deny"), self.deny, "x", hint=True, enabled=self._open),
            Key("X", _("Extend by 30 days"), self.extend, "timer", enabled=self._extendable),
            Key("T", _("Taken back"), self.withdraw, "arrow-counter-clockwise", enabled=self._open),
            Key("S", _("Statement of disagreement"), self.disagree, "note-pencil", enabled=self._denied),
        )

    def read(self) -> None:
        """Read the list again."""
        self._desk.tasks.read(requests, self._show, self._desk.show_error, owner=self, replaces="requests")

    def add(self) -> None:
        """Take what a patient asks."""
        choosing.ask_request(self._desk, self, lambda _none: self._desk.toast(_("Request taken")))

    def grant(self) -> None:
        """Grant the chosen request."""
        self._ask(choosing.ask_grant, self._open, _("Granted"))

    def deny(self) -> None:
        """Deny the chosen request."""
        self._ask(choosing.ask_denial, self._open, _("Denied"))

    def extend(self) -> None:
        """Take the one extension of the chosen request."""
        self._ask(choosing.ask_extension, self._extendable, _("Extended"))

    def withdraw(self) -> None:
        """The patient took the chosen request back."""
        self._ask(choosing.ask_withdrawal, self._open, _("Taken back"))

    def disagree(self) -> None:
        """Keep the patient's statement of disagreement."""
        self._ask(choosing.ask_disagreement, self._denied, _("Kept"))

    def _ask(self, asks: Asks, may: Callable[[], bool], said: str) -> None:
        row = self.table.current_row()
        if row is not None and may():
            asks(self._desk, self, row, lambda _none: self._desk.toast(said))

    def _open(self) -> bool:
        row = self.table.current_row()
        return row is not None and row.status == "open"

    def _extendable(self) -> bool:
        row = self.table.current_row()
        return row is not None and row.may_extend

    def _denied(self) -> bool:
        row = self.table.current_row()
        return row is not None and row.status == "denied" and not row.disagreement

    def _show(self, rows: Sequence[RequestRow]) -> None:
        first, self._read = not self._read, True
        self._rows = rows
        self.list.show_counts(self._segments())
        (self.table.reload if first else self.table.notice_changes)()
        self._choose(self.table.current_row())

    def _segments(self) -> list[Segment]:
        open_ = sum(row.status == "open" for row in self._rows)
        soon = sum(row.soon for row in self._rows)
        releases = sum(row.kind == "release" for row in self._rows)
        return [
            Segment("", _("All"), len(self._rows)),
            Segment("open", _("Open"), open_),
            Segment("soon", _("Due soon"), soon),
            Segment("release", _("Releases"), releases),
        ]

    def _choose(self, row: RequestRow | None) -> None:
        row = next((one for one in self._rows if row is not None and one.id == row.id), row)
        clear(self._column)
        card = Card(_("Request"))
        if row is None:
            card.add(
                EmptyState(Notice("clipboard-text", _("Choose a request to see what is asked, and answer it."))), 1
            )
        else:
            for label, value in facts_of(row):
                card.add(Fact(label, value))
            for button in self._buttons(row):
                card.add(button)
        self._column.addWidget(card)
        self._column.addStretch(1)
        self.told.emit()

    def _buttons(self, row: RequestRow) -> list[Button]:
        found = []
        if row.status == "open":
            found += [
                Button(_("Grant"), "primary", icon="check", key="A", clicked=self.grant),
                Button(_("Deny"), icon="x", key="D", clicked=self.deny),
                Button(_("Taken back"), icon="arrow-counter-clockwise", key="T", clicked=self.withdraw),
            ]
        if row.may_extend:
            found.append(Button(_("Extend by 30 days"), icon="timer", key="X", clicked=self.extend))
        if row.status == "denied" and not row.disagreement:
            words = _("Statement of disagreement")
            found.append(Button(words, icon="note-pencil", key="S", clicked=self.disagree))
        return found


def facts_of(row: RequestRow) -> list[tuple[str, str]]:
    """What is known of a request; what it has not is left out."""
    answer = ", ".join(part for part in (state_word(row.status), row.by) if part) if row.status != "open" else ""
    found = [
        (_("Record"), row.record),
        (_("Kind"), request_word(row.kind)),
        (_("Asked by"), row.asked_by),
        (_("Asked on"), show_day(row.asked_on)),
        (_("What"), row.what),
        (_("Why"), row.why),
        (_("Release to"), ", ".join(part for part in (row.recipient, row.address) if part)),
        (_("Answer by"), show_day(row.due)),
        (_("Extended because"), row.extended_why),
        (_("Answer"), answer),
        (_("Ground"), ground_word(row.ground) if row.ground else ""),
        (_("The patient was told"), row.words),
        (_("The patient disagrees"), row.disagreement),
    ]
    return [(label, value) for label, value in found if value]


def state_chip(row: RequestRow) -> ChipFace:
    """How a request stands to its last day."""
    if row.status != "open":
        family = {"granted": "success", "denied": "critical"}.get(row.status, "neutral")
        return ChipFace(family, state_word(row.status))
    if row.left < 0:
        return ChipFace("critical", _("Overdue"), "siren")
    return ChipFace("warning", _("Due soon"), "timer") if row.soon else ChipFace("info", _("Open"))


def _left(row: RequestRow) -> str:
    if row.status != "open":
        return ""
    days = abs(row.left)
    if row.left < 0:
        return ngettext("{n} day late", "{n} days late", days).format(n=days)
    return ngettext("{n} day left", "{n} days left", days).format(n=days)


def _fits(row: RequestRow, ask: Ask) -> bool:
    kept = {"": True, "open": row.status == "open", "soon": row.soon, "release": row.kind == "release"}
    text = ask.text.casefold()
    return kept[ask.filter or ""] and (not text or text in f"{row.record} {row.asked_by} {row.what}".casefold())
