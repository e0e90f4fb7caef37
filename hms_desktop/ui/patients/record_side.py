# SPDX-License-Identifier: Apache-2.0
"""Who the patient is, beside the timeline: identifiers, contacts, cover, joined charts, flags, each with its button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.patients.identifiers import system_name
from hms_desktop.clinic.patients.queries import Banner, Contact, Cover, Identifier, JoinedChart, RecordPage
from hms_desktop.clinic.patients.queries_restricted import RestrictionRow
from hms_desktop.clinic.patients.rules import sex_word
from hms_desktop.clinic.patients.rules_restricted import restriction_word
from hms_desktop.core.dates import show_day
from hms_desktop.core.text import _
from hms_desktop.ui.patients.record_words import contact_word, use_word
from hms_desktop.ui.widgets.buttons import Button, IconButton
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import Chip, conflict
from hms_desktop.ui.widgets.clearing import clear
from hms_desktop.ui.widgets.labels import Fact, Text
from hms_desktop.ui.widgets.patient_amended import birth_day, list_name
from hms_desktop.ui.widgets.table_cells import AMENDED_ICON
from hms_desktop.ui.widgets.theme import theme

Act = Callable[[], object]
CoverSaid = Callable[[Cover], Sequence[str]]


@dataclass(frozen=True)
class SideActs:
    """What the buttons do; `may` says whether the person may change the register at all."""

    may: bool
    may_link: bool
    may_cover: bool
    details: Act
    add_identifier: Act
    end_identifier: Callable[[Identifier], object]
    add_contact: Act
    correct_contact: Callable[[Contact], object]
    confirm_contact: Callable[[Contact], object]
    end_contact: Callable[[Contact], object]
    add_cover: Act
    correct_cover: Callable[[Cover], object]
    end_cover: Callable[[Cover], object]
    add_flag: Act
    lower_flag: Callable[[tuple[UUID, str, str]], object]
    history: Act
    join: Act
    part: Callable[[JoinedChart], object]
    may_restrict: bool
    restrict: Act
    lift: Callable[[RestrictionRow], object]


class RecordSide(QWidget):
    """The cards beside the timeline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(theme.space(4))

    def show_page(self, page: RecordPage, acts: SideActs, now: datetime, said: CoverSaid) -> None:
        """Show who this is; `said` tells a cover in lines."""
        clear(self._column)
        for card in (
            _person(page, acts),
            _contacts(page.contacts, acts, now),
            _identifiers(page, acts),
            _covers(page.covers, acts, said),
            _flags(page, acts),
            _joined(page.joined, acts),
        ):
            self._column.addWidget(card)
        if acts.may_restrict or page.restrictions:
            self._column.addWidget(_restrictions(page.restrictions, acts, now))
        self._column.addStretch(1)


def _line(words: str, note: str, buttons: Sequence[QWidget] = (), chip: QWidget | None = None) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(0, theme.space(1), 0, theme.space(1))
    row.setSpacing(theme.space(2))
    column = QVBoxLayout()
    column.setSpacing(0)
    column.addWidget(Text(words, "body", wrap=True))
    if note:
        column.addWidget(Text(note, "label", "secondary", wrap=True))
    row.addLayout(column, 1)
    if chip is not None:
        column.addWidget(chip, 0, Qt.AlignmentFlag.AlignLeading)
    for button in buttons:
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
    return box


def _card(title: str, words: str, act: Act | None) -> Card:
    card = Card(title)
    if act is not None:
        card.add_to_head(Button(words, "quiet", clicked=act))
    return card


def _person(page: RecordPage, acts: SideActs) -> Card:
    top, name = page.banner, page.banner.name
    card = _card(_("Person"), _("Change details"), acts.details if acts.may else None)
    born = ", ".join(p for p in (birth_day(name), name.age) if p)
    pairs = [(_("Born"), born), (_("Sex"), _and_mark(sex_word(name.sex), top, "sex"))]
    pairs += [(_("Preferred name"), _and_mark(top.preferred or "", top, "name"))]
    pairs += [(_("Local script"), _and_mark(page.local_script or "", top, "name"))]
    pairs += [(_("Language"), _and_mark(top.language or "", top, "language"))]
    doubts = {"birth": 0, "sex": 1}
    for at, (label, value) in enumerate(pairs):
        if value:
            doubted = any(doubts[group] == at for group in top.doubts & doubts.keys())
            card.add(Fact(label, value))
            if doubted:
                card.add(Chip.of(conflict()))
    return card


def _and_mark(value: str, top: Banner, group: str) -> str:
    """A value, and that its group was written anew when it was."""
    return _("{words} [corrected]").format(words=value) if value and group in top.amended else value


def _contacts(contacts: Sequence[Contact], acts: SideActs, now: datetime) -> Card:
    card = _card(_("Contacts"), _("Add contact"), acts.add_contact if acts.may else None)
    if not contacts:
        card.add(Text(_("No way to reach the patient is recorded."), "body", "secondary", wrap=True))
    for one in contacts:
        note = ", ".join(p for p in (contact_word(one.kind), use_word(one.use), _confirmed(one, now)) if p)
        buttons: list[QWidget] = []
        if acts.may:
            buttons = [
                IconButton("check", _("Confirm {what}").format(what=one.shown), "quiet",
                           clicked=partial(acts.confirm_contact, one)),
                IconButton("pencil-simple", _("Correct {what}").format(what=one.shown), "quiet",
                           clicked=partial(acts.correct_contact, one)),
                IconButton("x", _("End {what}").format(what=one.shown), "quiet",
                           clicked=partial(acts.end_contact, one)),
            ]  # fmt: skip
        card.add(_line(one.shown, note, buttons, _anew(one.shown, acts) if one.amended else None))
    return card


def _anew(what: str, acts: SideActs) -> Button:
    """The mark of a corrected contact or cover; it opens what it said before."""
    mark = Button(_("Corrected"), "quiet", icon=AMENDED_ICON, clicked=acts.history)
    mark.setAccessibleName(_("{what} corrected, show its history").format(what=what))
    mark.setToolTip(_("What it said before, who changed it, when, where and why"))
    return mark


def _confirmed(one: Contact, now: datetime) -> str:
    if one.confirmed is None:
        return ""
    return _("confirmed {day}").format(day=show_day(one.confirmed.astimezone(now.tzinfo).date()))


def _identifiers(page: RecordPage, acts: SideActs) -> Card:
    card = _card(_("Identifiers"), _("Add identifier"), acts.add_identifier if acts.may else None)
    card.add(_line(page.banner.name.mrn, _("Record number")))
    for number in page.banner.old_numbers:
        card.add(_line(number, _("Record number of a joined chart")))
    for one in page.identifiers:
        period = " – ".join(p for p in (one.period_from, one.period_to) if p)
        note = ", ".join(p for p in (system_name(one.system), period, "" if one.active else _("ended")) if p)
        end = IconButton("x", _("End {what}").format(what=one.value), "quiet",
                         clicked=partial(acts.end_identifier, one))  # fmt: skip
        card.add(_line(one.value, note, [end] if acts.may and one.active else [],
                       Chip.of(conflict()) if one.doubted else None))  # fmt: skip
    return card


def _covers(covers: Sequence[Cover], acts: SideActs, said: CoverSaid) -> Card:
    card = _card(_("Cover"), _("Add cover"), acts.add_cover if acts.may_cover else None)
    if not covers:
        card.add(Text(_("No cover recorded, the patient pays."), "body", "secondary", wrap=True))
    for one in covers:
        buttons: list[QWidget] = []
        if acts.may_cover:
            buttons = [
                IconButton("pencil-simple", _("Correct {what}").format(what=one.payer), "quiet",
                           clicked=partial(acts.correct_cover, one)),
                IconButton("x", _("End {what}").format(what=one.payer), "quiet", clicked=partial(acts.end_cover, one)),
            ]  # fmt: skip
        several = _("{order}. {payer}").format(order=one.order, payer=one.payer)
        title = several if len(covers) > 1 else one.payer
        doubt = Chip.of(conflict(_("Two versions of this cover"))) if one.doubted else None
        mark = _anew(one.payer, acts) if one.amended else None
        card.add(_line(title, "\n".join(said(one)), buttons, doubt or mark))
    return card


def _flags(page: RecordPage, acts: SideActs) -> Card:
    card = _card(_("Flags"), _("Add flag"), acts.add_flag if acts.may else None)
    if not page.flags:
        card.add(Text(_("No flag stands on the banner."), "body", "secondary"))
    for flag in page.flags:
        end = IconButton("x", _("Take off {what}").format(what=flag[2]), "quiet",
                         clicked=partial(acts.lower_flag, flag))  # fmt: skip
        card.add(_line(flag[2], "", [end] if acts.may else []))
    return card


def _joined(joined: Sequence[JoinedChart], acts: SideActs) -> Card:
    card = _card(_("Joined charts"), _("Join"), acts.join if acts.may_link else None)
    if not joined:
        card.add(Text(_("This person has one chart."), "body", "secondary"))
    for one in joined:
        part = Button(_("Take apart"), "quiet", clicked=partial(acts.part, one))
        card.add(_line(f"{list_name(one.name)}, {one.mrn}", one.reason, [part] if acts.may_link else []))
    return card


def _restrictions(rows: Sequence[RestrictionRow], acts: SideActs, now: datetime) -> Card:
    """Who may see this record: the restriction that stands, and those that were lifted."""
    standing = [row for row in rows if row.ended is None]
    card = _card(_("Restriction"), _("Restrict"), acts.restrict if acts.may_restrict and not standing else None)
    if not standing:
        card.add(Text(_("Everybody who may find patients sees this record."), "body", "secondary", wrap=True))
    for row in sorted(rows, key=lambda row: row.ended is not None):
        since = show_day(row.since.astimezone(now.tzinfo).date())
        told = [row.reason, _("{name} answers for it").format(name=row.owner_name)]
        told.append(_("since {day}, by {name}").format(day=since, name=row.by))
        if row.ended is not None:
            day = show_day(row.ended.astimezone(now.tzinfo).date())
            words = _("lifted {day} by {name}: {why}")
            told.append(words.format(day=day, name=row.ended_by, why=row.ended_why))
        lift = Button(_("Lift"), "quiet", clicked=partial(acts.lift, row))
        card.add(_line(restriction_word(row.kind), "\n".join(told),
                       [lift] if acts.may_restrict and row.ended is None else []))  # fmt: skip
    return card
