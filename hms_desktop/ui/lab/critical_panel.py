# SPDX-License-Identifier: Apache-2.0
"""The call of a critical value: who was told, how, when, and the value they read back, typed and compared."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.lab import service
from hms_desktop.clinic.lab.queries_calls import ToCall
from hms_desktop.clinic.lab.service_release import WAYS
from hms_desktop.core.dates import parse_time, show_time
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.quantities import shown_unit
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.bench_facts import CallFacts
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.choice_field import ChoiceField, Found, Option, finds_in
from hms_desktop.ui.widgets.date_field import time_field
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Glyph, Text, appear
from hms_desktop.ui.widgets.number_field import NumberField
from hms_desktop.ui.widgets.reading import announce
from hms_desktop.ui.widgets.theme import theme

CLOCK_MS = 10_000
DAY = timedelta(days=1)


class CriticalPanel(QWidget):
    """Stays until the value read back is the value of the result. `settled` when a call was written down, `overdue`
    when the time to reach somebody ran out: whom to call is then another."""

    settled = Signal()
    overdue = Signal()

    def __init__(self, desk: Desk, facts: CallFacts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.facts = facts
        self._people = {str(one.person): one for one in facts.people}
        self.form = self._make_form()
        self.title = Text("", "heading", "critical", wrap=True)
        self.text = Text("", "body", "critical", wrap=True)
        self.clock = Chip("critical", "")
        self.history = QVBoxLayout()
        self.missed = Button(_("Could not reach anyone"), "danger", clicked=self.could_not_reach)
        self.record = Button(_("Record the call"), "primary", icon="phone", key="Ctrl+Enter", clicked=self.finish)
        self._tried: list[QWidget] = []
        self._escalated = False
        self._proposed: Any = None
        self._left_at: QWidget | None = None
        self._lay_out()
        self._timer = QTimer(self, interval=CLOCK_MS)
        self._timer.timeout.connect(self.show_clock)
        self._timer.start()
        self.show_facts(facts)
        self._next_name()
        desk.drafts.load(self._draft_key, self._load_draft, owner=self)

    @property
    def result(self) -> UUID:
        """The version that must be told."""
        return self.facts.result.id

    @property
    def has_keyboard(self) -> bool:
        """Whether the keyboard is in the call."""
        focus: QWidget | None = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    @property
    def _still_here(self) -> bool:
        """Whether nobody went elsewhere with the keyboard, to the next scan say, while the call was written down."""
        return self.has_keyboard or QApplication.focusWidget() is self._left_at

    @property
    def _draft_key(self) -> str:
        return f"lab-call {self.result}"

    def _make_form(self) -> Form:
        row = self.facts.result
        form = Form(self._keep)
        self.told = ChoiceField("told", _("Told &to"), self._find_person, required=True)
        ways = [Option(way, words.way_words(way)) for way in WAYS]
        self.way = ChoiceField("way", _("H&ow"), finds_in(ways), required=True)
        self.at = time_field("at", _("T&ime of call"), required=True)
        self.read_back = NumberField("read_back", _("Value read &back"), shown_unit(row.unit), required=True)
        form.add_row(self.told, self.way, self.at, self.read_back)
        form.finished.connect(self._record)
        return form

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, theme.space(4), pad, theme.space(4))
        column.setSpacing(theme.space(3))
        head = QHBoxLayout()
        head.setSpacing(theme.space(4))
        head.addWidget(Glyph("warning-octagon-fill", "status.critical.fg", 20), 0, Qt.AlignmentFlag.AlignTop)
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.title)
        said.addWidget(self.text)
        head.addLayout(said, 1)
        head.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        self.history.setSpacing(theme.space(1))
        column.addLayout(self.history)
        column.addWidget(self.form)
        note = _("Release stays off until the value read back matches.")
        foot = FlowRow(theme.space(3), theme.space(3))
        foot.fill([Glyph("info", "status.critical.fg", 14), Text(note, "label", "critical"), self.missed, self.record])
        column.addWidget(foot)

    def show_facts(self, facts: CallFacts) -> None:
        """Show the same value with its calls as they are now; what is typed stays, unless somebody was not reached."""
        more = len(facts.result.calls) != len(self.facts.result.calls)
        self.facts = facts
        self._people = {str(one.person): one for one in facts.people}
        self._offer_next()
        row = facts.result
        value = words.measured_words(row)
        self.title.setText(_("Critical result: {test} {value}").format(test=row.display, value=value))
        self.setAccessibleName(self.title.text())
        self._show_history()
        self.show_clock()
        if more and not row.calls[-1].reached:
            self._next_name()

    def show_clock(self) -> None:
        """Until when somebody must be told, or how long that is past."""
        now, until = self._desk.now(), self.facts.call_by
        at = words.moment_words(until, now)
        if now <= until:
            face = ChipFace("critical", _("Call by {time}").format(time=at), "timer")
        else:
            late = words.age_words(until, now)
            face = ChipFace("critical", _("Call overdue by {time}").format(time=late), "siren")
        if face != self.clock.face:
            self.clock.show_face(face)
            announce(self, face.words)
        self.text.setText(self._advice(late=now > until))
        if now > until and not self._escalated:
            self._escalated = True
            self.overdue.emit()

    def _advice(self, *, late: bool) -> str:
        if late:
            names = ", ".join(one.name for one in self.facts.people if one.on_call)
            return _("The time to reach somebody is over. Call who is on call now: {names}.").format(names=names)
        if self.facts.result.calls:
            return _("Call the next one on the list.")
        return _("Phone it before release, and have the value read back.")

    def _offer_next(self) -> None:
        """A call that is not begun starts with the first name of the list as it is now."""
        begun = any(not field.is_empty() for field in (self.way, self.read_back))
        if not begun and self.told.typed() == self._proposed:
            self._next_name()

    def take_focus(self) -> None:
        """Begin the call: the time is now, the keyboard goes to the first empty field."""
        if self.at.is_empty():
            self.at.type_in(show_time(self._desk.now().time()))
        fields = (self.told, self.way, self.at, self.read_back)
        target = next((field for field in fields if field.is_empty()), self.read_back)
        target.take_focus()

    def finish(self) -> None:
        """Write the call down when all is filled in."""
        self.form.finish()

    def could_not_reach(self) -> None:
        """Write the attempt down and go on with the next name."""
        fields = (self.told, self.way, self.at)
        wrong = [field for field in fields if not field.check(finishing=True)]
        if wrong:
            wrong[0].take_focus()
            return
        values = {field.key: field.value() for field in fields}
        act = partial(service.could_not_reach, result_id=self.result, **self._call(values))
        self._run(act, self._attempted)

    def _record(self, values: dict[str, Any]) -> None:
        act = partial(service.record_call, result_id=self.result, read_back=values["read_back"], **self._call(values))
        self._run(act, self._told)

    def _call(self, values: dict[str, Any]) -> dict[str, Any]:
        one = self._people.get(str(values["told"]))
        return {
            "told": one.name if one else self.told.shown(), "told_person": one.person if one else None,
            "role": one.role if one else None, "way": values["way"], "at": self._moment(values["at"]),
        }  # fmt: skip

    def _moment(self, clock: str) -> datetime:
        """The time that was typed, today; a time still to come is of yesterday when the value is that old."""
        now = self._desk.now()
        at = datetime.combine(now.date(), parse_time(clock), now.tzinfo)
        return at - DAY if at > now and at - DAY >= self.facts.result.entered.at else at

    def _run(self, act: Any, done: Any) -> None:
        if self.record.busy:
            return
        self.record.set_busy(True)
        self.missed.set_busy(True)
        self._left_at = QApplication.focusWidget()  # a button that can't be pressed has passed it on
        self._desk.tasks.run(act, done, self._refused, owner=self)

    def _idle(self) -> None:
        self.record.set_busy(False)
        self.missed.set_busy(False)

    def _told(self, told: service.Told) -> None:
        self._idle()
        if told.done:
            self._desk.drafts.drop(self._draft_key)
            self._desk.toast(_("Call recorded, read back right"))
        else:
            words_ = _("This is not the value of the result. Read it out again and type what you hear.")
            self.read_back.show_error(words_)
            if self._still_here:
                self.read_back.take_focus()
                self.read_back.line.selectAll()
        self.settled.emit()

    def _attempted(self, _told: service.Told) -> None:
        self._idle()
        self.at.start_over()
        self.read_back.start_over()
        self.form.settle()
        self._desk.drafts.drop(self._draft_key)
        if self._still_here:
            self.take_focus()
        self.settled.emit()

    def _refused(self, error: ClinicError) -> None:
        self._idle()
        if not (isinstance(error, BadInput) and self.form.show_refusal(error)):
            self._desk.show_error(error)

    def _find_person(self, typed: str, found: Found) -> object:
        return finds_in([_person_option(one) for one in self.facts.people])(typed, found)

    def _next_name(self) -> None:
        if self.facts.people:
            self.told.type_in(_person_option(self.facts.people[0]))
            self._proposed = self.told.typed()

    def _show_history(self) -> None:
        for part in self._tried:
            self.history.removeWidget(part)
            part.hide()
            part.deleteLater()
        now = self._desk.now()
        self._tried = [Text(words.call_words(call, now), "label", "critical", wrap=True)
                       for call in self.facts.result.calls]  # fmt: skip
        for part in self._tried:
            self.history.addWidget(part)
            appear(part, True)

    def _keep(self, typed: dict[str, Any]) -> None:
        self._desk.drafts.save(self._draft_key, typed, _("Critical call"))

    def _load_draft(self, kept: dict[str, Any] | None) -> None:
        if kept:
            self.form.load_draft(kept)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tinted ground and border."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("status.critical.fg"), 1))
        painter.setBrush(theme.colour("status.critical.bg"))
        corner = theme.radius("card")
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)


def _person_option(one: ToCall) -> Option:
    role = {"doctor": _("doctor"), "trainee_doctor": _("doctor in training"), "nurse": _("nurse")}.get(one.role, "")
    parts = [_("ordered it") if one.ordered_it else role, _("on call") if one.on_call else ""]
    note = ", ".join(part for part in parts if part)
    if one.tried:
        note = _("{role}, not reached {count} times").format(role=note, count=one.tried)
    return Option(str(one.person), one.name, note)
