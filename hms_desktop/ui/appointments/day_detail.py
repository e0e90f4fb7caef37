# SPDX-License-Identifier: Apache-2.0
"""The detail beside the day: who it is, what is missing before the doctor sees them, the booking, the next step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.text import _
from hms_desktop.ui.appointments.day_facts import DetailFacts, Line, confirmed_lately
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, saved_here
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.detail_rows import CheckRow
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Fact, Rule, Text
from hms_desktop.ui.widgets.patient_card import PatientCard
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON
from hms_desktop.ui.widgets.theme import theme

Act = Callable[[], object]


@dataclass(frozen=True)
class DetailActs:
    """What the buttons of the detail do; None leaves a button out because the person may not."""

    main: Act
    take: Act | None
    confirm_phone: Act | None
    open_record: Act
    settle: Act | None
    history: Act
    more: tuple[tuple[str, Act], ...]


class DayDetail(QWidget):
    """Shows one line of the day, or how to begin."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Selected appointment"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self.main: Button | None = None

    def show_nothing(self, words: str, button: str = "", act: Act | None = None) -> None:
        """Nothing is selected: say the next step."""
        card = Card()
        card.add(EmptyState(Notice("calendar-blank", words, button, act)), 1)
        self._fill(card)
        self.main = None

    def show_line(self, facts: DetailFacts, acts: DetailActs, now: datetime) -> None:
        """Show a line with these acts; the keyboard, if it is here, goes to the next step."""
        keyboard: QWidget | None = self.window().focusWidget()
        held = keyboard is not None and self.isAncestorOf(keyboard)
        card = Card()
        card.add(PatientCard(facts.patient))
        card.add(Rule())
        card.add(Text(_("Before the doctor sees them"), "label", "secondary"))
        for row in _checks(facts, acts, now):
            card.add(row)
        card.add(Rule())
        card.add(_facts(facts.line, now))
        if facts.line.row.moved:
            card.add(_moved(acts))
        if facts.line.row.saved_here and saved_here() not in facts.patient.flags:
            chips = FlowRow()
            chips.fill([Chip.of(saved_here())])
            card.add(chips)
        card.add(self._foot(facts.line, acts))
        if held:
            self.setFocus()  # what is taken out would give it to the list, which goes to its first line then
        self._fill(card)
        if held and self.main is not None:
            self.main.setFocus()

    def _fill(self, widget: QWidget) -> None:
        clear(self._column)
        self._column.addWidget(widget)
        self._column.addStretch(1)

    def _foot(self, line: Line, acts: DetailActs) -> QWidget:
        foot = QWidget()
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, theme.space(3), 0, 0)
        row.setSpacing(theme.space(3))
        self.main = Button(main_words(line), "primary", icon="arrow-right", key="Enter", large=True, clicked=acts.main)
        row.addWidget(self.main, 1)
        more = IconButton("dots-three", _("More"))
        more.clicked.connect(lambda: _open_menu(more, acts))
        row.addWidget(more)
        return foot


def main_words(line: Line) -> str:
    """The next step of a line, as its button says it."""
    row = line.row
    if line.stage in ("to_arrive", "missed"):
        return _("Check in")
    if line.stage == "waitlist":
        return _("Choose a new time")
    if line.stage == "waiting" and row.called_at is None:
        return _("Send to {place}").format(place=row.place_name) if row.place_name else _("Call in")
    return _("Open record")


def _open_menu(button: QWidget, acts: DetailActs) -> None:
    menu = QMenu(button)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for words, act in acts.more:
        menu.addAction(words).triggered.connect(lambda _on=False, do=act: do())
    menu.popup(button.mapToGlobal(QPoint(0, button.height())))


def _checks(facts: DetailFacts, acts: DetailActs, now: datetime) -> list[CheckRow]:
    rows = [_identity(facts, acts, now), _money(facts, acts), _phone(facts, acts, now)]
    if facts.doubts:
        settle = Button(_("Compare"), clicked=acts.settle) if acts.settle else None
        rows.append(CheckRow("conflict", _("Two versions of who this is"), _("Ask the patient which is right"), settle))
    return [row for row in rows if row is not None]


def _identity(facts: DetailFacts, acts: DetailActs, now: datetime) -> CheckRow:
    arrived = facts.line.row.arrived_at
    if not facts.name_known or not facts.born_known:
        words = _("Name not known") if not facts.name_known else _("Birth date is estimated")
        return CheckRow("warning", words, _("Ask again when it can be known"),
                        Button(_("Complete"), clicked=acts.open_record))  # fmt: skip
    if arrived is None:
        words = _("Name and birth date, asked aloud")
        if facts.line.row.confusable:
            words = _("Similar name today: ask for a second identifier")
        return CheckRow("warning" if facts.line.row.confusable else "neutral", _("Identity to confirm"), words)
    at = show_time(arrived.astimezone(now.tzinfo).time())
    return CheckRow("success", _("Identity confirmed"), _("Name and birth date, {time}").format(time=at))


def _money(facts: DetailFacts, acts: DetailActs) -> CheckRow | None:
    pay, cover = facts.line.payment, facts.cover
    by = _("No cover recorded, the patient pays")
    if cover is not None:
        by = _("{payer}, patient pays {percent} %").format(
            payer=cover.payer, percent=show_decimal(cover.patient_share_percent)
        )
    if pay.way == "hidden":
        return None
    if pay.way == "due" and pay.amount is not None:
        take = Button(_("Take"), key="P", clicked=acts.take) if acts.take else None
        return CheckRow("warning", _("To pay {amount}").format(amount=pay.amount), by, take)
    title = _("Paid") if pay.way == "paid" else _("Nothing to pay yet")
    return CheckRow("success" if pay.way == "paid" or cover else "neutral", title, by)


def _phone(facts: DetailFacts, acts: DetailActs, now: datetime) -> CheckRow:
    if facts.phone is None:
        return CheckRow("warning", _("No telephone"), _("Ask for a number to call back"),
                        Button(_("Add"), clicked=acts.open_record))  # fmt: skip
    if confirmed_lately(facts.phone.confirmed, now) and facts.phone.confirmed is not None:
        day = show_day(facts.phone.confirmed.astimezone(now.tzinfo).date())
        return CheckRow("success", _("Telephone confirmed"), f"{facts.phone.marked}, {day}")
    button = Button(_("Confirm"), clicked=acts.confirm_phone) if acts.confirm_phone else None
    return CheckRow("warning", _("Telephone not confirmed"), facts.phone.marked, button)


def _moved(acts: DetailActs) -> Button:
    mark = Button(_("Moved from another time"), "quiet", icon=AMENDED_ICON, clicked=acts.history)
    mark.setToolTip(_("Which time it was before, who moved it, when, where and why"))
    return mark


def _facts(line: Line, now: datetime) -> QWidget:
    row = line.row
    day = row.starts.astimezone(now.tzinfo).date()
    when = _("Today") if day == now.date() else show_day(day)
    time = _("{day} {time}, {minutes} min").format(day=when, time=row.clock, minutes=row.minutes)
    who = ", ".join(p for p in (row.clinician or _("Not assigned"), row.place_name or "", row.elsewhere or "") if p)
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.space(3))
    top = QHBoxLayout()
    top.setSpacing(theme.space(4))
    top.addWidget(Fact(_("Appointment"), time, figures="tables"), 1)
    top.addWidget(Fact(_("Clinician"), who), 1)
    column.addLayout(top)
    column.addWidget(Fact(_("Reason"), row.reason or _("Not recorded")))
    if row.status_reason:
        column.addWidget(Fact(_("Why"), row.status_reason))
    return box
