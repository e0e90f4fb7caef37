# SPDX-License-Identifier: Apache-2.0
"""People like the one being registered, with reasons: use one of them, say it is another person, or flag both."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from hms_desktop.clinic.patients.likeness import say
from hms_desktop.clinic.patients.queries_look_alikes import LookAlike
from hms_desktop.clinic.patients.service import LookAlikeChoice
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.widgets.badge import Avatar, initials
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, ChipFace
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.patient_amended import birth_day, full_name, sex_words
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.theme import theme


class LookAlikePanel(QWidget):
    """Shows look-alikes while a form is typed. `used` carries the chart to use; `decided` when a choice was made."""

    used = Signal(object)
    decided = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(_("Look-alikes"))
        self._cards: dict[UUID, _LookAlikeCard] = {}
        self._choices: dict[UUID, LookAlikeChoice] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(4))
        self.heading = Text("", "subheading", wrap=True)
        self._none = Card()
        self._none.add(EmptyState(Notice("users", _("Nobody like this is on this device so far."))), 1)
        self._column.addWidget(self.heading)
        self._column.addWidget(self._none)
        self._column.addStretch(1)
        self.heading.hide()

    def show_look_alikes(self, found: Sequence[LookAlike]) -> None:
        """Show these, likeliest first; choices made before stay."""
        wanted = [one.patient for one in found]
        for patient in [p for p in self._cards if p not in wanted]:
            card = self._cards.pop(patient)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for at, one in enumerate(found):
            if one.patient not in self._cards:
                self._cards[one.patient] = self._make(one)
            self._column.removeWidget(self._cards[one.patient])
            self._column.insertWidget(at + 1, self._cards[one.patient])
            self._cards[one.patient].show_likeness(one)
        self._none.setVisible(not found)
        self.heading.setVisible(bool(found))
        count = len(found)
        self.heading.setText(ngettext("{n} look-alike", "{n} look-alikes", count).format(n=count))

    def choices(self) -> tuple[LookAlikeChoice, ...]:
        """What was decided about those that are shown."""
        return tuple(choice for patient, choice in self._choices.items() if patient in self._cards)

    def undecided(self) -> list[UUID]:
        """Likely look-alikes about whom nothing was decided yet."""
        return [p for p, card in self._cards.items() if card.likely and p not in self._choices]

    def ask_about(self, patient: UUID) -> None:
        """Put the keyboard on a look-alike that needs a decision."""
        self._cards[patient].ask()

    def forget(self) -> None:
        """Forget every choice."""
        self._choices.clear()
        self.show_look_alikes(())

    def _make(self, one: LookAlike) -> _LookAlikeCard:
        card = _LookAlikeCard(one)
        card.used.connect(lambda: self.used.emit(one.patient))
        card.chosen.connect(lambda choice, reason: self._choose(one.patient, choice, reason))
        card.taken_back.connect(lambda: self._take_back(one.patient))
        return card

    def _choose(self, patient: UUID, choice: str, reason: str) -> None:
        self._choices[patient] = LookAlikeChoice(patient, choice, reason)
        self.decided.emit()

    def _take_back(self, patient: UUID) -> None:
        self._choices.pop(patient, None)


class _LookAlikeCard(Card):
    used = Signal()
    chosen = Signal(str, str)
    taken_back = Signal()

    def __init__(self, one: LookAlike) -> None:
        super().__init__()
        self.likely = one.likeness.likely
        self._head(one)
        self._reasons = FlowRow(theme.space(3), theme.space(2))
        self.add(self._reasons)
        self._buttons = QWidget()
        row = FlowRow(theme.space(3), theme.space(2))
        self.use = Button(_("Use this patient"), "primary", clicked=self.used.emit)
        self.other = Button(_("Another person"), clicked=lambda: self._open_reason("different"))
        self.unsure = Button(_("Not sure, review"), "quiet", clicked=lambda: self._open_reason("review"))
        row.fill([self.use, self.other, self.unsure])
        column = QVBoxLayout(self._buttons)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(row)
        self.add(self._buttons)
        self._make_reason()
        self._decision = QWidget()
        line = QHBoxLayout(self._decision)
        line.setContentsMargins(0, 0, 0, 0)
        self._said = Text("", "body", "secondary", wrap=True)
        line.addWidget(self._said, 1)
        line.addWidget(Button(_("Change"), "quiet", clicked=self._reopen))
        self._decision.hide()
        self.add(self._decision)
        self._choice = ""

    def _head(self, one: LookAlike) -> None:
        name = one.name
        row = QHBoxLayout()
        row.setSpacing(theme.space(4))
        row.addWidget(Avatar(initials(name.given or "", name.family or ""), 36), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Text(full_name(name), "subheading", wrap=True))
        about = ", ".join(p for p in (birth_day(name), name.age, sex_words(name).lower()) if p)
        words.addWidget(Text(about, "body", wrap=True))
        words.addWidget(Text(name.mrn, "label", "secondary", figures="identifiers"))
        row.addLayout(words, 1)
        self.add(row)
        self.setAccessibleName(f"{full_name(name)}, {about}, {name.mrn}")

    def _make_reason(self) -> None:
        self._why = QWidget()
        column = QVBoxLayout(self._why)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(2))
        self._question = Text("", "label", "secondary")
        self.reason = QLineEdit()
        self.reason.returnPressed.connect(self._give_reason)
        row = QHBoxLayout()
        row.setSpacing(theme.space(3))
        row.addWidget(self.reason, 1)
        row.addWidget(Button(_("Keep"), key="Enter", clicked=self._give_reason))
        column.addWidget(self._question)
        column.addLayout(row)
        self._why.hide()
        self.add(self._why)

    def show_likeness(self, one: LookAlike) -> None:
        """Show how alike they are now."""
        self.likely = one.likeness.likely
        faces = [ChipFace("critical", _("Probably the same person"), "users")] if self.likely else []
        for reason in one.likeness.reasons:
            status, shape = ("neutral", "x") if reason.against else ("warning", "check")
            faces.append(ChipFace(status, say(reason), shape))
        self._reasons.fill([Chip.of(face) for face in faces])

    def ask(self) -> None:
        """Put the keyboard on the first choice."""
        self.use.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_reason(self, choice: str) -> None:
        self._choice = choice
        words = _("Why is this another person?") if choice == "different" else _("What is not sure?")
        self._question.setText(words)
        self.reason.setAccessibleName(words)
        self._buttons.hide()
        self._why.show()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give_reason(self) -> None:
        reason = self.reason.text().strip()
        if not reason:
            self.reason.setPlaceholderText(_("Give a reason in a few words."))
            self.reason.setFocus()
            return
        self._why.hide()
        words = _("Another person: {reason}") if self._choice == "different" else _("To be reviewed: {reason}")
        self._said.setText(words.format(reason=reason))
        self._decision.show()
        self.chosen.emit(self._choice, reason)

    def _reopen(self) -> None:
        self._decision.hide()
        self._buttons.show()
        self.use.setFocus()
        self.taken_back.emit()
