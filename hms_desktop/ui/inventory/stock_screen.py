# SPDX-License-Identifier: Apache-2.0
"""The stock of a place: batches with the first to expire first, and the ledger of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from hms_desktop.clinic.inventory.queries import ItemRow, find_by_gtin
from hms_desktop.clinic.inventory.queries_versions import batch_versions
from hms_desktop.clinic.inventory.rules import read_pack
from hms_desktop.clinic.inventory.service_check import check_stock
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.inventory import dialogs, words
from hms_desktop.ui.inventory.batch_detail import BatchDetail
from hms_desktop.ui.inventory.stock_checks import StockChecks
from hms_desktop.ui.inventory.stock_facts import TABLES, BatchFacts, StockFacts, StockRow, read_batch, read_stock
from hms_desktop.ui.routes import ControlledRegister, Route, StockList
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Column
from hms_desktop.ui.widgets.versions_window import VersionsWindow
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail


class StockPage(Page):
    """Batches at one place; `Next place` goes on to the others."""

    def __init__(self, desk: Desk, route: StockList) -> None:
        super().__init__(desk)
        self.title = _("Stock")
        self._wanted = route.item
        self._place: UUID | None = None
        self._facts: StockFacts | None = None
        self._batch: BatchFacts | None = None
        self._bring_in = False
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self.detail = BatchDetail()
        self.checks = StockChecks(desk)
        self._lay_out()
        self._connect()
        self.refresh()

    def _make_table(self) -> Table:
        columns = [
            Column("item", _("Item"), words.item_cell, 170, 3, sort="item", fixed=True),
            Column("batch", _("Batch"), words.batch_cell, 110, 2, sort="batch", figures="identifiers"),
            Column("expires", _("Expires"), words.expiry_cell, 128, 1, sort="expires", figures="tables"),
            Column("here", _("Here"), words.quantity_cell, 86, end=True, sort="here", figures="tables"),
            Column("free", _("Free"), words.free_cell, 70, end=True, figures="tables"),
            Column("state", _("State"), words.state_cell, 124, 1),
        ]
        sorts = {
            "item": lambda r: (r.line.item.display, r.line.item.strength),
            "batch": lambda r: r.line.lot,
            "expires": lambda r: r.line.expires,
            "here": lambda r: r.line.on_hand,
        }
        nothing = Notice("package", _("Nothing is in stock here."), _("Receive a delivery"), self.receive)
        return Table(
            columns, from_list(self._rows, sorts, _matches), lambda r: r.id, name=_("Stock, batches"), two_lines=True,
            nothing_yet=nothing,
        )  # fmt: skip

    def _lay_out(self) -> None:
        find = IconButton("funnel", _("Filter"), key="/", clicked=self.list.open_typed)
        self.list.bar.insertWidget(self.list.bar.count() - 1, find)
        self.place_button = Button("", icon="map-pin", key="N", clicked=self.next_place)
        self.list.add_button(self.place_button)
        if self.desk.may("stock.receive"):
            self.list.add_button(Button(_("Receive"), "primary", icon="plus", key="R", clicked=self.receive))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.split = WorklistDetail(self.list, self.detail, share=64)
        whole.addWidget(self.checks)
        whole.addWidget(self.split, 1)
        self.setFocusProxy(self.table)
        self.detail.show_nothing(_("Choose a batch to see where it lies and what became of it."))

    def _connect(self) -> None:
        self.table.current_changed.connect(self._choose)
        self.table.chosen.connect(lambda _row: self.count())
        self.checks.opened.connect(self.table.select)
        self.desk.tasks.changed.connect(self._changed)

    def keys(self) -> Sequence[Key]:
        """The acts of the stock room; what a person may not do is not offered."""
        some = lambda: self._batch is not None  # noqa: E731
        keys = [
            Key("N", _("Next place"), self.next_place, "map-pin"),
            Key("Ctrl+H", _("History of the batch"), self.show_history, "clock-counter-clockwise", enabled=some),
        ]
        if self.desk.may("register.keep"):
            keys.append(Key("Y", _("Controlled register"), self.open_register, "lock-simple"))
        for right, sequence, text, act, icon, needs in (
            ("stock.receive", "R", _("Receive"), self.receive, "plus", None),
            ("stock.adjust", "C", _("Count"), self.count, "list-checks", some),
            ("stock.transfer", "M", _("Move to another place"), self.transfer, "arrows-left-right", some),
            ("stock.transfer", "I", _("Issue without a patient"), self.issue, "export", some),
            ("stock.transfer", "T", _("Return what was issued"), self.return_stock, "arrow-u-up-left", some),
            ("stock.adjust", "P", _("Repack"), self.repack, "package", some),
            ("stock.adjust", "U", _("Take back the latest move"), self.take_back, "prohibit", some),
            ("batch.hold", "H", _("Hold, release or recall"), self.hold, "pause", some),
            ("stock.adjust", "W", _("Write off"), self.write_off, "trash", some),
            ("stock.adjust", "K", _("Check all balances"), self.check_balances, "check-circle", None),
        ):
            if self.desk.may(right):
                keys.append(Key(sequence, text, act, icon, hint=sequence in ("R", "C"), enabled=needs))
        return keys

    def refresh(self) -> None:
        """Read the place again; rows that came are brought in, not only told."""
        self._bring_in = True
        self._read()

    def _read(self) -> None:
        query = partial(read_stock, place=self._place)
        self.desk.tasks.read(query, self._show, self._failed, owner=self, replaces="stock")

    def visit(self, route: Route) -> bool:
        """Another item in this screen."""
        if not isinstance(route, StockList):
            return False
        self._wanted = route.item
        self.refresh()
        return True

    def scanned(self, code: str) -> bool:
        """A scanned pack: its batch is selected, or a delivery of it is begun."""
        gtin = dialogs.pack_or_nothing(code)
        if gtin is None:
            return False
        query = partial(find_by_gtin, gtin=gtin)
        self.desk.tasks.read(query, partial(self._found, code=code), self._failed, owner=self)
        return True

    # what is shown

    def _rows(self) -> Sequence[StockRow]:
        return self._facts.rows if self._facts else ()

    def _show(self, facts: StockFacts) -> None:
        first = self._facts is None or self._facts.place != facts.place or self._bring_in
        self._bring_in = False
        self._facts, self._place = facts, facts.place
        self.context = facts.place_name
        self.place_button.set_words(facts.place_name or _("Place"))
        self.place_button.setVisible(len(facts.places) > 1)
        self.list.show_counts(self._segments())
        self.checks.show_tasks(facts.checks)
        if first:
            self.table.reload()
            self._take_focus()
        else:
            self.table.notice_changes()
        if self._wanted is not None:
            found = next((row.id for row in facts.rows if row.line.item.id == self._wanted), None)
            self._wanted = None
            self.table.select(found)
        self.tell()

    def _take_focus(self) -> None:
        """The list has the keyboard when the screen opens, unless the person is typing somewhere."""
        focus: Any = self.window().focusWidget()
        if self.isVisible() and (focus is None or not self.isAncestorOf(focus)) and not isinstance(focus, QLineEdit):
            self.table.setFocus()

    def _segments(self) -> list[Segment]:
        count = self._facts.count if self._facts else lambda _stage: 0
        return [
            Segment("", _("All"), len(self._rows())),
            Segment("soon", _("Expiring"), count("soon")),
            Segment("expired", _("Expired"), count("expired")),
            Segment("held", _("On hold"), count("held")),
            *([Segment("wrong", _("Below zero"), count("wrong"))] if count("wrong") else []),
        ]

    def _choose(self, row: StockRow | None) -> None:
        if row is None:
            self._batch = None
            self.desk.tasks.forget(self, "batch")
            self.detail.show_nothing(_("Choose a batch to see where it lies and what became of it."))
            self.tell()
            return
        if self._batch is not None and self._batch.line.batch != row.id:
            self._batch = None  # until the chosen one is read, no key acts on the one before
            self.tell()
        query = partial(read_batch, batch=row.id, place=row.line.place)
        self.desk.tasks.read(query, self._show_batch, self._failed, owner=self, replaces="batch")

    def _show_batch(self, facts: BatchFacts) -> None:
        self._batch = facts
        acts = [
            Button(key.text, icon=key.icon, key=key.sequence, clicked=key.act)
            for key in self.keys() if key.sequence in ("C", "M", "I", "H", "W")
        ]  # fmt: skip
        today = self._facts.today if self._facts else self.desk.now().date()
        self.detail.show_batch(self.desk, facts, acts, today, self.show_history)
        self.tell()

    def _found(self, item: ItemRow | None, code: str) -> None:
        if item is None:
            self.desk.announce(_("No item has this product number."))
            return
        lot = read_pack(code).lot
        same = next((r.id for r in self._rows() if r.line.item.id == item.id and r.line.lot == lot), None)
        if same is not None:
            self.table.select(same)
        elif self._facts is not None and self.desk.may("stock.receive"):
            facts = self._facts
            dialogs.ask_receive(self.desk, self, facts.place, facts.place_name, self._received, item, code)

    # acts

    def receive(self) -> None:
        """Take a delivery in."""
        if self._facts is not None:
            facts = self._facts
            row = self.table.current_row()
            item = row.line.item if row is not None else None
            dialogs.ask_receive(self.desk, self, facts.place, facts.place_name, self._received, item)

    def count(self) -> None:
        """Write what was counted of the chosen batch."""
        self._about(dialogs.ask_count)

    def transfer(self) -> None:
        """Move the chosen batch to another place."""
        if self._batch is not None and self._facts is not None:
            dialogs.ask_transfer(self.desk, self, self._batch.line, self._facts.places, self._done)

    def issue(self) -> None:
        """Issue the chosen batch without a patient."""
        self._about(dialogs.ask_issue)

    def return_stock(self) -> None:
        """Take back into the chosen batch what was issued and not used."""
        self._about(dialogs.ask_return)

    def repack(self) -> None:
        """Put a part of the chosen batch into packs of our own."""
        self._about(dialogs.ask_repack)

    def take_back(self) -> None:
        """The latest move by hand of the chosen batch was a mistake."""
        moves = self._batch.ledger if self._batch else ()
        here = self._facts.place_name if self._facts else ""
        last = next((move for move in reversed(moves) if move.correctable and move.place == here), None)
        if last is not None and self._batch is not None:
            dialogs.ask_take_back(self.desk, self, self._batch.line, last, self._done)
        else:
            self.desk.hint(_("No move by hand to take back here."))

    def hold(self) -> None:
        """Hold, release or recall the chosen batch."""
        self._about(dialogs.ask_state)

    def write_off(self) -> None:
        """Take the chosen batch, or a part of it, out for good."""
        if self._batch is not None and self._facts is not None:
            line = self._batch.line
            ask = dialogs.ask_write_off_expired if line.expires < self._facts.today else dialogs.ask_write_off
            ask(self.desk, self, line, self._done)

    def check_balances(self) -> None:
        """Hold every balance against the signed log; what is wrong becomes a task."""
        self.desk.tasks.run(check_stock, self._checked, self._failed, owner=self)

    def next_place(self) -> None:
        """Go on to the next place."""
        if self._facts is not None and len(self._facts.places) > 1:
            ids = [id for id, _name in self._facts.places]
            at = ids.index(self._facts.place) if self._facts.place in ids else -1
            self._place, self._batch = ids[(at + 1) % len(ids)], None
            self.refresh()

    def show_history(self) -> None:
        """Show every state of the chosen batch: before, after, who, when, where and why."""
        if self._batch is not None:
            query = partial(batch_versions, batch=self._batch.line.batch)
            VersionsWindow(
                self.desk, self, query, _("History of the batch"), (words.field_word, words.part_word)
            ).open()

    def open_register(self) -> None:
        """The register of controlled medicines; of the chosen item when it is one."""
        row = self.table.current_row()
        item = row.line.item if row is not None else None
        self.desk.routes.open(ControlledRegister(item.id if item is not None and item.controlled else None))

    def _about(self, dialog: Any) -> None:
        if self._batch is not None:
            dialog(self.desk, self, self._batch.line, self._done)

    def _received(self, batch: UUID) -> None:
        self.table.select(batch)
        self._done(batch)

    def _done(self, _result: object) -> None:
        self.desk.toast(_("Written down as a move of its own."))
        self.refresh()

    def _checked(self, tasks: list[UUID]) -> None:
        if not tasks:
            self.desk.toast(_("Every balance agrees with its moves."))
            return
        told = ngettext("{count} balance is wrong: a task was made", "{count} balances are wrong: tasks were made",
                        len(tasks))  # fmt: skip
        self.desk.toast(told.format(count=len(tasks)))

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self._read()
            row = self.table.current_row()
            if isinstance(row, StockRow):
                self._choose(row)

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)


def _matches(row: StockRow, ask: Ask) -> bool:
    item = row.line.item
    said = f"{item.display} {item.brand or ''} {item.code} {row.line.lot} {item.shelf or ''}".casefold()
    fits = not ask.filter or ask.filter in row.stages
    return fits and all(word in said for word in ask.text.casefold().split())
