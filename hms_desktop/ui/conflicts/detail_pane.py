# SPDX-License-Identifier: Apache-2.0
"""One conflict opened: the sides, what is asked, what follows, what happened, and the foot that settles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.conflicts.queries_details import FieldLine
from hms_desktop.clinic.conflicts.rules import PERSON_TWICE, SAFETY, STOCK_BELOW_ZERO, VALUES
from hms_desktop.core.dates import show_day
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.conflicts.compare_grid import CompareGrid
from hms_desktop.ui.conflicts.inbox_facts import OpenLine
from hms_desktop.ui.conflicts.question_box import QuestionBox
from hms_desktop.ui.conflicts.questions import Act, act_of, questions, unanswered
from hms_desktop.ui.conflicts.story_card import StoryCard
from hms_desktop.ui.conflicts.words import ask_words, brings_words, choices_left, consequence_words, gravity_chip
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.widgets.alerts import AlertFace, CheckBar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, view_only
from hms_desktop.ui.widgets.detail_rows import Pairs
from hms_desktop.ui.widgets.field import Field
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import scrolled


@dataclass(frozen=True)
class PaneActs:
    """What the buttons of the foot do; `view_only` is the reason why this person can't settle it, or ""."""

    save: Callable[[], object]
    later: Callable[[], object]
    ask: Callable[[], object] | None
    record: Callable[[], object] | None
    view_only: str = ""


class DetailPane(QWidget):
    """Keeps the answers to one conflict; `answered` when they changed."""

    answered = Signal()

    def __init__(self, desk: Desk, line: OpenLine, acts: PaneActs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line, self._acts = line, acts
        self.answers: dict[str, str] = {}
        details = line.details
        now = desk.now()
        self.asked = questions(details, desk.place.zone)
        self.setAccessibleName(details.entry.title.what)
        self.grid = CompareGrid(details, desk.place.zone, show_day(now.date()))
        self.grid.answered.connect(self.answer)
        self.boxes = [QuestionBox(question) for question in self.asked]
        for box in self.boxes:
            box.answered.connect(self.answer)
        self.form = Form()
        self._fields()
        self.form.edited.connect(self.answered)
        self.form.finished.connect(lambda _values: acts.save())
        self.save = Button("", "primary", icon="check", key="Ctrl+Enter", large=True, clicked=acts.save)
        self._lay_out(desk, now)
        self._reckon()

    def _fields(self) -> None:
        kind = self.line.details.entry.kind
        self.counted: NumberField | None = None
        if kind == STOCK_BELOW_ZERO:
            limits = Limits(lowest=Decimal(0), decimals=3)
            self.counted = NumberField("counted", _("&Counted on the shelf"), "", limits, required=True)
            self.form.add(self.counted)
        values = kind == VALUES
        self.reason = TextField("reason", _("&Reason"), required=not values, optional=values, longest=200)
        self.form.add(self.reason)
        if self._acts.view_only:
            self.form.hide()

    # laying out

    def _lay_out(self, desk: Desk, now: datetime) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        column.addWidget(self._head())
        inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.space(4))
        body.addWidget(self.grid)
        ask, follows = self._ask_card(), [self._consequence()]
        values = self.line.details.entry.kind == VALUES
        for part in (*self._brings(), *(follows + ask if values else ask + follows)):
            body.addWidget(part)
        body.addWidget(StoryCard(self.line.details, desk.place.zone, now))
        body.addStretch(1)
        self.area = scrolled(inside)
        column.addWidget(self.area, 1)
        column.addWidget(self._foot())

    def _head(self) -> QWidget:
        entry = self.line.details.entry
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        column.addWidget(Text(entry.title.what, "title", wrap=True))
        column.addWidget(Text(ask_words(entry.kind), "body", "secondary", wrap=True))
        chips = FlowRow(theme.space(3), theme.space(2))
        faces = [gravity_chip(entry)]
        if self._acts.view_only:
            faces.append(view_only(self._acts.view_only))
        chips.fill([Chip.of(face) for face in faces])
        column.addWidget(chips)
        return head

    def _brings(self) -> list[QWidget]:
        """What comes together when two charts are linked."""
        if self.line.details.entry.kind != PERSON_TWICE:
            return []
        card = Card(_("What comes together"))
        pairs = [
            (dict(record.facts).get(_("Record"), record.title), brings_words(self.line.brings.get(record.id, {})))
            for record in self.line.details.records
        ]
        card.add(Pairs(pairs))
        note = _("Every screen shows one person from then on; what arrives later for either chart joins by itself.")
        card.add(Text(note, "label", "secondary", wrap=True))
        return [card]

    def _ask_card(self) -> list[QWidget]:
        if self._acts.view_only:
            return []
        card = Card()
        card.body.setSpacing(theme.space(5))
        for box in self.boxes:
            card.add(box)
        card.add(self.form)
        return [card]

    def _consequence(self) -> QWidget:
        entry = self.line.details.entry
        face = AlertFace(entry.title.until, consequence_words(entry.kind))
        return CheckBar(face, "critical" if entry.gravity == SAFETY else "warning")

    def _foot(self) -> QWidget:
        acts, foot = self._acts, QWidget()
        parts: list[QWidget] = []
        if acts.ask is not None:
            parts.append(Button(_("Ask someone else"), icon="users", key="A", large=True, clicked=acts.ask))
        if acts.record is not None:
            parts.append(Button(_("Open the chart"), icon="arrow-square-out", key="O", large=True,
                                clicked=acts.record))  # fmt: skip
        ends: list[QWidget] = [Button(_("Later"), key="Esc", large=True, clicked=acts.later)]
        if not acts.view_only:
            ends.append(self.save)
        row = QHBoxLayout(foot)
        row.setContentsMargins(0, 0, 0, 0)
        for share, group in ((1, parts), (0, ends)):
            flow = FlowRow(theme.space(3), theme.space(3))
            flow.fill(group)
            row.addWidget(flow, share)
        return foot

    def hasHeightForWidth(self) -> bool:
        """It fills the room it is given, and what is inside it scrolls."""
        return False

    # answers

    def answer(self, question: str, answer: str) -> None:
        """Take an answer."""
        self.answers[question] = answer
        self._reckon()
        self.answered.emit()

    def pick(self, number: int) -> None:
        """Choose the side or choice with this number on the line that the digits work on, and go on to the next."""
        if self._acts.view_only:
            return
        current = self._current()
        tiles = self._tiles(current)
        if 1 <= number <= len(tiles):
            self.answer(current, tiles[number - 1].answer)
            follows = self._tiles(self._current())
            (follows or tiles)[0].setFocus(Qt.FocusReason.OtherFocusReason)
            if not self.left:
                self.reason.take_focus()

    def _tiles(self, key: str) -> list[Any]:
        if key in self.grid.rows:
            return list(self.grid.rows[key])
        return next((list(box.tiles) for box in self.boxes if box.question.key == key), [])

    def _current(self) -> str:
        """The line that the digits work on: where the keyboard is, else the first that waits for a choice."""
        keys = [*self.grid.rows, *(box.question.key for box in self.boxes if not box.isHidden())]
        focused = next((key for key in keys if any(tile.hasFocus() for tile in self._tiles(key))), "")
        if focused and focused not in self.answers:
            return focused
        return next((key for key in self._waiting() if key in keys), focused or (keys[0] if keys else ""))

    def _waiting(self) -> list[str]:
        fields = [line.group for line in self._field_lines() if line.choose and line.group not in self.answers]
        boxes = [q.key for q in self.asked if q.asked(self.answers) and q.key not in self.answers]
        return [*fields, *boxes]

    def _field_lines(self) -> tuple[FieldLine, ...]:
        return self.line.details.fields

    @property
    def left(self) -> int:
        """How many choices are left."""
        return unanswered(self.line.details, self.asked, self.answers)

    def _reckon(self) -> None:
        for box in self.boxes:
            box.setVisible(box.question.asked(self.answers))
            box.show_answer(self.answers.get(box.question.key))
            box.show_keys(box.question.key == self._current())
        self.grid.show_answers(self._field_lines(), self.answers, self._current())
        self.save.set_words(choices_left(self.left))
        self.save.setEnabled(not self.left)

    def take_focus(self) -> None:
        """The keyboard starts on the first thing to choose."""
        tiles = self._tiles(self._current())
        if tiles:
            tiles[0].setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.counted is not None:
            self.counted.take_focus()

    def ready(self) -> Act | None:
        """The act that the answers make, or None while something is missing, which is then shown at its field."""
        fields: list[Field] = [field for field in (self.counted, self.reason) if field is not None]
        wrong = [field for field in fields if not field.check(finishing=True)]
        if self.left or wrong:
            (wrong[0].take_focus if wrong and not self.left else self.take_focus)()
            return None
        counted = self.counted.value() if self.counted is not None else None
        return act_of(self.line.details, self.answers, self.reason.typed().strip(), counted)

    def show_refusal(self, error: ClinicError) -> bool:
        """Show a refusal at its field, and let it be saved again; False when it belongs to none."""
        self.save.set_busy(False)
        return isinstance(error, BadInput) and self.form.show_refusal(error)

    # drafts

    def kept(self) -> dict[str, Any]:
        """The answers and what is typed, as JSON values; empty when nothing was given."""
        typed = self.form.typed()
        return {"answers": dict(self.answers), "form": typed} if self.answers or typed else {}

    def put_back(self, kept: Mapping[str, Any]) -> None:
        """Put back what was chosen and typed before, as far as it still stands."""
        for question, answer in kept.get("answers", {}).items():
            if any(tile.answer == answer for tile in self._tiles(question)):
                self.answers[question] = answer
        self.form.load_draft(kept.get("form", {}))
        self._reckon()
