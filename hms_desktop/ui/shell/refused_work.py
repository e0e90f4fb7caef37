# SPDX-License-Identifier: Apache-2.0
"""Work that the server refused, for its author again: everything that was written, and its form filled with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.clinic.conflicts.queries_words import Said, written_words
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Refill, Refilled, WrittenRecord, held_back_words
from hms_desktop.ui.shell.drafts import FormDrafts
from hms_desktop.ui.shell.sync_facts import HeldBack, SyncDoor
from hms_desktop.ui.shell.sync_link import table_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.labels import Fact, Rule, Text
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme


class RefusedWork:
    """Takes refused work up again: as a draft of the form that made it, else at the place where it belongs."""

    def __init__(self, desk: Desk, sync: SyncDoor, drafts: FormDrafts, refills: Sequence[Refill]) -> None:
        self._desk, self._sync, self._drafts, self._refills = desk, sync, drafts, tuple(refills)

    def take_up(self, screen: QWidget, item: HeldBack) -> None:
        """Open the form filled with what was refused; without such a form, the place and what was written."""
        then = partial(self._refill, screen, item)
        self._desk.tasks.aside(partial(self._sync.written, item), then, self._desk.show_error, owner=screen)

    def show(self, screen: QWidget, item: HeldBack) -> None:
        """Show everything that was written, over the screen."""
        self._with_words(screen, item, lambda said: WrittenSheet(screen, item, said).open())

    def _refill(self, screen: QWidget, item: HeldBack, written: Sequence[WrittenRecord]) -> None:
        def first(reader: Any) -> Refilled | None:
            found = (refill(reader, item.number, written) for refill in self._refills)
            return next((one for one in found if one is not None), None)

        self._desk.tasks.read(first, partial(self._open, screen, item), self._desk.show_error, owner=screen)

    def _open(self, screen: QWidget, item: HeldBack, refilled: Refilled | None) -> None:
        if refilled is not None and self._opens_here(refilled):
            if refilled.advice:
                self._advise(screen, item, refilled)
            else:
                self._drafts.take_up(refilled, item.number, item.reason, partial(self._show_form, item, refilled))
            return
        route = self._sync.mend(item)
        if route is not None and self._desk.routes.knows(type(route)):
            window = screen.window()
            self._with_words(window, item, lambda said: self._go(window, item, said))
        else:
            self._with_words(screen, item, lambda said: WrittenSheet(screen, item, said, do_again()).open())

    def _opens_here(self, refilled: Refilled) -> bool:
        may = not refilled.needs or self._desk.may(refilled.needs)
        return may and self._desk.routes.knows(type(refilled.route))

    def _show_form(self, item: HeldBack, refilled: Refilled) -> None:
        if self._desk.routes.open(refilled.route) and not refilled.says_why:
            self._desk.show_error(Refused(" ".join(filter(None, (held_back_words(item.reason), refilled.also)))))

    def _advise(self, screen: QWidget, item: HeldBack, refilled: Refilled) -> None:
        sheet = WrittenSheet(screen, item, (), refilled.advice)
        sheet.offer(refilled.title, partial(self._desk.routes.open, refilled.route))
        sheet.open()

    def _go(self, window: QWidget, item: HeldBack, said: Sequence[Said]) -> None:
        route = self._sync.mend(item)
        if route is not None and self._desk.routes.open(route):
            WrittenSheet(window, item, said, do_again()).open()

    def _with_words(self, owner: QWidget, item: HeldBack, then: Any) -> None:
        def say(written: Sequence[WrittenRecord]) -> None:
            query = partial(written_words, written=[(one.table, one.values) for one in written])
            self._desk.tasks.read(query, then, self._desk.show_error, owner=owner)

        self._desk.tasks.aside(partial(self._sync.written, item), say, self._desk.show_error, owner=owner)


def do_again() -> str:
    """What to do with refused work that no form can be filled with."""
    return _(
        "No form can be filled with this again. Look whether it is still needed as things stand now; if so, do it "
        "again with what is written below. Then put this away in the sync details."
    )


class WrittenSheet(QDialog):
    """Why the server refused it, and what was written, word for word, or what is to be done with it instead."""

    def __init__(self, parent: QWidget, item: HeldBack, said: Sequence[Said], advice: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("What was written"))
        self.setAccessibleName(_("What was written"))
        self._window = parent.window()
        self._back_to: QWidget | None = self._window.focusWidget()
        self.finished.connect(lambda _result: self._give_back())
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(theme.space(3), theme.space(2), theme.space(3), theme.space(2))
        column.setSpacing(theme.space(3))
        if advice:
            column.addWidget(Text(advice, "body", wrap=True))
        for place, (table, facts) in enumerate(said):
            if place:
                column.addWidget(Rule())
            if thing := table_words(table):
                column.addWidget(Text(thing, "bodyStrong"))
            for label, value in facts:
                column.addWidget(Fact(label, value))
        column.addStretch(1)
        whole = QVBoxLayout(self)
        pad = theme.space(6)
        whole.setContentsMargins(pad, pad, pad, pad)
        whole.setSpacing(theme.space(4))
        whole.addWidget(Text(item.what, "title", wrap=True))
        whole.addWidget(Text(item.reason, "body", "secondary", wrap=True))
        whole.addWidget(ScrollPane(inner, name=_("What was written")), 1)
        self._foot = QHBoxLayout()
        self._foot.addStretch(1)
        self._foot.setSpacing(theme.space(3))
        self.close_it = Button(_("Close"), "primary", key="Esc", clicked=self.accept)
        self._foot.addWidget(self.close_it)
        whole.addLayout(self._foot)
        fit_dialog(self, 520, 480)

    def offer(self, words: str, act: Callable[[], object]) -> None:
        """Offer the next act, which closes this."""

        def go() -> None:
            self._back_to = None
            self.accept()
            act()

        self.close_it.set_kind("secondary")
        self._foot.addWidget(Button(words, "primary", clicked=go))

    def _give_back(self) -> None:
        if isValid(self._window):
            self._window.activateWindow()
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus()
