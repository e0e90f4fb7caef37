# SPDX-License-Identifier: Apache-2.0
"""Sync details: what waits by module, the last push and pull that went through, what was held back and why."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.core.changes import Changes
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Page
from hms_desktop.ui.shell.notice import Notice
from hms_desktop.ui.shell.refused_work import RefusedWork
from hms_desktop.ui.shell.second_card import SecondPlaceCard
from hms_desktop.ui.shell.status_feed import StatusFeed
from hms_desktop.ui.shell.stick_card import StickCard
from hms_desktop.ui.shell.sync_facts import HeldBack, SyncDoor, SyncFacts, Waiting
from hms_desktop.ui.shell.words import day_words, time_words, wait_words
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Fact, Rule, Text
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme


class SyncDetailsScreen(Page):
    """Shows the same facts as the status bar, at the same moment; what waits and what was refused is read besides."""

    def __init__(self, desk: Desk, sync: SyncDoor, refused: RefusedWork, feed: StatusFeed) -> None:
        super().__init__(desk)
        self._refused, self._feed = refused, feed
        self.title = _("Sync details")
        self.context = _("What is safe here, and what the server has")
        self._sync = sync
        self.problem = Notice("warning", "warning-fill")
        self.question = Notice("info", "info-fill")
        self.question.set_buttons_below(
            Button(_("Send how it stands"), icon="paper-plane-tilt", clicked=lambda: self._answer(True)),
            Button(_("Don't send"), icon="x", clicked=lambda: self._answer(False)),
        )
        self._facts = [Fact(label, figures="tables", wrap=False) for label in _labels()]
        self._queue, self._held = QVBoxLayout(), QVBoxLayout()
        self._lay_out()
        desk.tasks.changed.connect(self._changed)
        self.refresh()
        feed.shown.connect(self._follow)

    def refresh(self) -> None:
        """Read everything again."""
        self._followed = self._feed.facts
        self.show_facts(self._followed)
        self.desk.tasks.aside(self._sync.queue, self.show_queue, owner=self)
        self.desk.tasks.aside(self._sync.held, self.show_held, owner=self)

    def _follow(self, facts: SyncFacts) -> None:
        """Say what the status bar says from now on; numbers that are others mean that the lists are, too."""
        before, self._followed = self._followed, facts
        if (facts.waiting, facts.held_back) != (before.waiting, before.held_back):
            self.refresh()
        elif facts != before:
            self.show_facts(facts)

    def show_facts(self, facts: SyncFacts) -> None:
        """Show times and numbers."""
        said = (
            self._network(facts),
            self._when(facts.last_success),
            self._when(facts.last_push),
            self._when(facts.last_pull),
            self._when(facts.last_try),
            _waiting_words(facts),
            str(facts.held_back),
            self._when(facts.permit_until, _("No limit known")),
            _("At most {kbit} kbit/s").format(kbit=facts.kbit) if facts.kbit else _("As much as there is"),
        )
        for fact, value in zip(self._facts, said, strict=True):
            fact.set_value(value)
        self.question.setVisible(bool(facts.asked_by))
        if facts.asked_by:
            what = _(
                "Versions, numbers of what waits and of rows by table, held changes by rule. No patient, no value."
            )
            self.question.say(_("{name} asks how this workstation stands").format(name=facts.asked_by), what)
        self.problem.setVisible(bool(facts.problem))
        if facts.problem:
            waits = ngettext(
                "{count} change waits and goes out by itself when the server answers.",
                "{count} changes wait and go out by themselves when the server answers.",
                facts.waiting,
            ).format(count=facts.waiting)
            self.problem.say(facts.problem, waits if facts.waiting else _("Nothing waits to be sent."))

    def show_queue(self, waiting: list[Waiting]) -> None:
        """Show what waits, by module."""
        _clear(self._queue)
        if not waiting:
            self._queue.addWidget(Text(_("Nothing waits: the server has everything done here."), "body", "secondary"))
        for place, part in enumerate(waiting):
            if place:
                self._queue.addWidget(Rule())
            count = ngettext("{count} change", "{count} changes", part.count).format(count=part.count)
            self._queue.addWidget(_Line(part.module, self._age(part.oldest), count))

    def show_held(self, held: list[HeldBack]) -> None:
        """Show what the server refused: reason, owner, and the way out."""
        _clear(self._held)
        if not held:
            self._held.addWidget(Text(_("The server has refused nothing."), "body", "secondary"))
        for item in held:
            notice = Notice("warning", "warning-fill")
            notice.say(item.what, _standing(item))
            notice.set_buttons_below(*self._ways_out(item))
            self._held.addWidget(notice)

    def _ways_out(self, item: HeldBack) -> list[Button]:
        ask = Button(_("Ask"), icon="chats-circle", clicked=lambda: self._ask(item))
        if not self.desk.may("sync.mend"):
            return [ask]
        away = Button(_("Put away"), icon="archive", clicked=lambda: self._put_away(item))
        if item.station or not item.can_mend:
            return [away]
        mend = Button(_("Mend"), icon="pencil-simple", clicked=lambda: self._mend(item))
        return [mend, Button(_("What was written"), icon="list", clicked=lambda: self._tell_written(item)), ask, away]

    def _answer(self, give: bool) -> None:
        self.question.setVisible(False)
        self.desk.tasks.aside(partial(self._sync.tell_how_it_stands, give), lambda _none: None, owner=self)

    def _mend(self, item: HeldBack) -> None:
        self._refused.take_up(self, item)

    def _tell_written(self, item: HeldBack) -> None:
        self._refused.show(self, item)

    def _put_away(self, item: HeldBack) -> None:
        if not (item.can_mend or item.station):
            self.desk.tasks.run(self._sync.put_away(item, None), failed=self.desk.show_error)
            return

        def acts(values: dict[str, Any]) -> Any:
            return self._sync.put_away(item, values["reason"])

        dialog = FormDialog(
            self.desk, self, _("Put away what the server did not take?"), _("Put away"), acts, lambda _none: None,
            text=_("Nobody is asked to do it again, at any desk. Who put it away and why stays on record."),
            facts=[(_("What"), item.what)],
        )  # fmt: skip
        dialog.form.add(TextField("reason", _("&Reason"), required=True))
        dialog.ask()

    def _ask(self, item: HeldBack) -> None:
        self._sync.ask(item)
        self.desk.toast(_("{owner} will find it in their tasks").format(owner=item.owner))

    def _changed(self, changes: Changes) -> None:
        if any(table.startswith(("own_", "refusal")) for table in changes.tables):
            self.refresh()

    def _network(self, facts: SyncFacts) -> str:
        if facts.network == "offline" and facts.since is not None:
            since = time_words(facts.since.astimezone(self.desk.place.zone))
            return _("Offline since {time}").format(time=since)
        words = {
            "connecting": _("Connecting"),
            "online": _("Online"),
            "hub": _("Online (clinic hub)"),
            "syncing": _syncing(facts),
            "offline": _("Offline"),
            "paused": _("Paused while locked"),
        }
        return words[facts.network]

    def _when(self, moment: datetime | None, never: str = "") -> str:
        if moment is None:
            return never or _("Not yet")
        local = moment.astimezone(self.desk.place.zone)
        today = local.date() == self.desk.now().date()
        return time_words(local) if today else f"{day_words(local)}, {time_words(local)}"

    def _age(self, oldest: datetime | None) -> str:
        if oldest is None:
            return ""
        seconds = max(0, int((self.desk.now() - oldest).total_seconds()))
        return _("oldest {wait} ago").format(wait=wait_words(seconds))

    def _lay_out(self) -> None:
        inner = QWidget()
        inner.setProperty("surface", "scroll")
        column = QVBoxLayout(inner)
        gap = theme.space(4)
        column.setContentsMargins(theme.space(5), theme.space(5), theme.space(5), theme.space(5))
        column.setSpacing(gap)
        now = Button(_("Sync now"), "primary", icon="arrows-clockwise", key="Ctrl+R", clicked=self._sync.sync_now)
        top = Card(_("This device and the server"))
        top.add_to_head(now)
        facts = FlowRow(theme.space(7), theme.space(4))
        facts.fill(self._facts)
        top.body.addWidget(self.question)
        top.body.addWidget(self.problem)
        top.body.addWidget(facts)
        column.addWidget(top)
        row = QHBoxLayout()
        row.setSpacing(gap)
        for heading, layout in ((_("Waiting to be sent"), self._queue), (_("Held back by the server"), self._held)):
            card = Card(heading)
            layout.setSpacing(theme.space(3))
            card.body.addLayout(layout)
            card.body.addStretch(1)
            row.addWidget(card, 1)
        column.addLayout(row)
        if self.desk.may("sync.carry"):
            self.stick = StickCard(self.desk, self._sync)
            self.second = SecondPlaceCard(self.desk, self._sync)
            column.addWidget(self.stick)
            column.addWidget(self.second)
        column.addWidget(_limited_card())
        column.addStretch(1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(ScrollPane(inner, name=self.title))


def _labels() -> tuple[str, ...]:
    return (
        _("Network"),
        _("Last sync that went through"),
        _("Last sent"),
        _("Last received"),
        _("Last try"),
        _("Changes waiting"),
        _("Need attention"),
        _("Working without the server until"),
        _("Takes of the line, each way"),
    )


def _waiting_words(facts: SyncFacts) -> str:
    """What waits for the server, and how much of it the clinic's hub has already."""
    if not facts.at_hub:
        return str(facts.waiting)
    return _("{count}, of which {held} at the clinic hub").format(count=facts.waiting, held=facts.at_hub)


def _standing(item: HeldBack) -> str:
    if item.gone:
        words = _("{reason} What was written was on {station}, which is out of use: do it again, then put this away.")
    elif item.station:
        words = _("{reason} What was written is on {station}: mend it there.")
    else:
        words = _("{reason} Now with {owner}. Nothing else waits for it.")
    return words.format(reason=item.reason, owner=item.owner, station=item.station)


def _limited_card() -> Card:
    card = Card(_("What is limited without the network"))
    for words in (
        _("Slots and stock lent to this device are firm; beyond them a booking waits to be confirmed"),
        _("A supply beyond what is lent needs a reason and is checked when histories meet"),
        _("What others do is seen here when the network returns; every list says how old it is"),
        _("Cover is checked against what was last known"),
        _("Everything else works: records, orders, results, supplies, invoices and cash"),
    ):
        card.body.addWidget(Text(words, "body", "secondary", wrap=True))
    return card


def _syncing(facts: SyncFacts) -> str:
    if facts.progress is None:
        return _("Syncing")
    return _("Syncing {done} of {total}").format(done=facts.progress[0], total=facts.progress[1])


class _Line(QWidget):
    """A strong line with a weaker one beneath, and a figure at the end."""

    def __init__(self, strong: str, weak: str, end: str) -> None:
        super().__init__()
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(strong, "bodyStrong"))
        words.addWidget(Text(weak, "label", "secondary"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(words, 1)
        row.addWidget(Text(end, "body", figures="tables"))


def _clear(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
