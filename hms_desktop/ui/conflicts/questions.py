# SPDX-License-Identifier: Apache-2.0
"""What a person is asked about a conflict of each kind, and the act that their answers make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hms_desktop.clinic.conflicts import service
from hms_desktop.clinic.conflicts.queries_details import Details
from hms_desktop.clinic.conflicts.queries_records import RecordSide
from hms_desktop.clinic.conflicts.rules import (
    ADMITTED_TWICE,
    CHARGED_TWICE,
    IDENTIFIER_TWICE,
    OVER_SUPPLIED,
    PAID_TWICE,
    PERSON_TWICE,
    RESULT_FOR_REVOKED,
    SLOT_OVER,
    STOCK_BELOW_ZERO,
    VALUES,
    VISIT_TWICE,
)
from hms_desktop.core.dates import show_day, show_time
from hms_desktop.core.text import _
from hms_desktop.ui.conflicts.words import side_title

WHAT, WHO, WHEN = "what", "who", "when"
STAND, DONE, JOIN, APART, CREDIT = "stand", "done", "join", "apart", "credit"
Act = Callable[[Any], Any]
Answers = Mapping[str, str]


@dataclass(frozen=True)
class Choice:
    """One answer: its key, its words, and what goes with it."""

    key: str
    words: str
    note: str = ""


@dataclass(frozen=True)
class Question:
    """One question; `only_if` names the answer to `WHAT` that makes it be asked at all."""

    key: str
    label: str
    choices: tuple[Choice, ...]
    only_if: str = ""

    def asked(self, answers: Answers) -> bool:
        """Whether it is asked, given what was answered."""
        return not self.only_if or answers.get(WHAT) == self.only_if


def questions(details: Details, zone: ZoneInfo) -> tuple[Question, ...]:
    """What is asked about records that can't all be right; about values the fields themselves ask."""
    kind, records = details.entry.kind, details.records
    if kind == PERSON_TWICE:
        return _charts(records)
    if kind == SLOT_OVER:
        return _slot(details, zone)
    if kind in (VISIT_TWICE, ADMITTED_TWICE):
        return _visits(records)
    if kind in _MAKES:
        return (Question(WHAT, *_MAKES[kind](records)),)
    return ()


def _charts(records: Sequence[RecordSide]) -> tuple[Question, ...]:
    same = Choice(JOIN, _("One person: link the charts"), _("Both histories stay whole"))
    apart = Choice(APART, _("Two persons: keep them apart"), _("Nobody is asked about them again"))
    goes_on = tuple(Choice(str(record.id), record_words(record)) for record in records)
    return (
        Question(WHAT, _("Are they one person?"), (same, apart)),
        Question(WHO, _("Which chart goes on?"), goes_on, only_if=JOIN),
    )


def _visits(records: Sequence[RecordSide]) -> tuple[Question, ...]:
    same = Choice(JOIN, _("They are one visit"), _("Charged once, nothing written is lost"))
    both = Choice(STAND, _("Two visits: both count"), _("Both stay on the bill"))
    goes_on = tuple(Choice(str(record.id), record.title, record.station) for record in records)
    return (
        Question(WHAT, _("One visit or two?"), (same, both)),
        Question(WHO, _("Which one goes on?"), goes_on, only_if=JOIN),
    )


def _slot(details: Details, zone: ZoneInfo) -> tuple[Question, ...]:
    moves = tuple(Choice(str(r.id), _("{name} moves").format(name=side_title(r)), r.station) for r in details.records)
    stand = Choice(STAND, _("See all of them"), _("Nobody moves"))
    first = Question(WHAT, _("Who moves?"), (*moves, stand))
    times = tuple(
        Choice(f"{free.session}|{free.starts.isoformat()}", _when(free.starts, zone), free.clinician)
        for free in details.free_times
    )
    return (first, *(Question(f"{WHEN} {m.key}", _("To which time?"), times, only_if=m.key) for m in moves))


def _when(moment: datetime, zone: ZoneInfo) -> str:
    at = moment.astimezone(zone)
    return f"{show_day(at.date())} {show_time(at.time())}"


Made = tuple[str, tuple[Choice, ...]]


def _numbers(records: Sequence[RecordSide]) -> Made:
    ends = [
        Choice(str(r.id), _("It is not {name}'s").format(name=side_title(r)), _("Taken off this chart"))
        for r in records
    ]
    return _("Whose number is it?"), (*ends, Choice(STAND, _("Both keep it")))


def _supplies(records: Sequence[RecordSide]) -> Made:
    return _("What was supplied"), (Choice(STAND, _("Accept what was supplied")),)


def _payments(records: Sequence[RecordSide]) -> Made:
    void = [Choice(str(r.id), _("Void {receipt}").format(receipt=_fact(r, 0)), r.station) for r in records]
    return _("Which payment was not made?"), (*void, Choice(CREDIT, _("Keep it as the patient's credit")))


def _invoices(records: Sequence[RecordSide]) -> Made:
    back = [Choice(str(r.id), _("Take back {invoice}").format(invoice=r.title), r.station) for r in records]
    return _("Which invoice is taken back?"), (*back, Choice(STAND, _("Let both stand")))


def _results(records: Sequence[RecordSide]) -> Made:
    stays = Choice(STAND, _("Keep it, the order stays cancelled"), _("For the record only"))
    done = Choice(DONE, _("The result counts, the order is done"), _("Only if its report is out"))
    return _("What happens to the result"), (stays, done)


_MAKES: Mapping[str, Callable[[Sequence[RecordSide]], Made]] = {
    IDENTIFIER_TWICE: _numbers,
    OVER_SUPPLIED: _supplies,
    PAID_TWICE: _payments,
    CHARGED_TWICE: _invoices,
    RESULT_FOR_REVOKED: _results,
}


def _fact(record: RecordSide, at: int) -> str:
    return record.facts[at][1] if len(record.facts) > at else record.title


def record_words(record: RecordSide) -> str:
    """A chart as a choice: its record number, which no other has, before the name."""
    number = dict(record.facts).get(_("Record"))
    return f"{number}, {side_title(record)}" if number else side_title(record)


def unanswered(details: Details, asked: Sequence[Question], answers: Answers) -> int:
    """How many choices are left."""
    if details.entry.kind == VALUES:
        return sum(line.choose and line.group not in answers for line in details.fields)
    return sum(question.asked(answers) and question.key not in answers for question in asked)


def act_of(details: Details, answers: Answers, reason: str, counted: Decimal | None) -> Act:
    """The act that the answers make; everything that is asked must be answered."""
    entry = details.entry
    conflict = entry.conflicts[0].id
    if entry.kind == VALUES:
        chosen = tuple(service.Chosen(group, int(stamp)) for group, stamp in answers.items())
        return partial(service.choose, conflict=conflict, chosen=chosen, reason=reason or None)
    with_reason: dict[str, Any] = {"conflict": conflict, "reason": reason}
    if entry.kind == STOCK_BELOW_ZERO:
        return partial(service.count_shelf, **with_reason, counted=counted or Decimal(0))
    what = answers[WHAT]
    if what == STAND:
        return partial(service.let_stand, **with_reason)
    if what == DONE:
        return partial(service.count_as_done, **with_reason)
    if entry.kind == PERSON_TWICE:
        if what == APART:
            return partial(service.keep_apart, **with_reason)
        return partial(service.join_charts, **with_reason, survivor=UUID(answers[WHO]))
    if entry.kind in (VISIT_TWICE, ADMITTED_TWICE):
        return partial(service.join_visits, **with_reason, survivor=UUID(answers[WHO]))
    if entry.kind == SLOT_OVER:
        session, _bar, starts = answers[f"{WHEN} {what}"].partition("|")
        return partial(service.move_booking, **with_reason, appointment=UUID(what), session=UUID(session),
                       starts=datetime.fromisoformat(starts))  # fmt: skip
    if what == CREDIT:
        return partial(service.keep_as_credit, **with_reason)
    return _on_record(entry.kind, with_reason, UUID(what))


def _on_record(kind: str, with_reason: dict[str, Any], record: UUID) -> Act:
    if kind == IDENTIFIER_TWICE:
        return partial(service.end_wrong_identifier, **with_reason, identifier=record)
    if kind == PAID_TWICE:
        return partial(service.void_double_payment, **with_reason, payment=record)
    return partial(service.credit_double_invoice, **with_reason, invoice=record)
