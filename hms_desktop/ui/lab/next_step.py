# SPDX-License-Identifier: Apache-2.0
"""The next step of a specimen for this person: what the main button does, says and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from hms_desktop.clinic.lab.queries_results import ResultRow
from hms_desktop.clinic.lab.rules_results import MEDICAL, TECHNICAL, may_verify
from hms_desktop.core.errors import Refused
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.lab.bench_facts import BenchFacts
from hms_desktop.ui.lab.result_row import RowRights

Act = Literal["receive", "save", "enter", "call", "verify", "validate", "release", "report", "collect", "none"]


@dataclass(frozen=True)
class NextStep:
    """One step: the act, its words, its icon, and why it can't be done now (None: it can)."""

    act: Act
    words: str
    icon: str = "arrow-right"
    holds: str | None = None
    results: tuple[UUID, ...] = ()


def rights_of(desk: Desk) -> RowRights:
    """What this person may do with values."""
    may = desk.may
    return RowRights(may("result.enter"), may("result.verify"), may("result.validate"), may("result.correct"))


def next_step(desk: Desk, facts: BenchFacts, typed: int) -> NextStep:
    """The next step, with so many values typed and not saved."""
    state = facts.bench.state
    if state in ("collected", "in-transit"):
        return NextStep("receive", _("Receive at the bench"), "barcode", lacks(desk, "specimen.receive"))
    if state == "rejected":
        return NextStep("collect", _("Collect again"), "test-tube", lacks(desk, "specimen.collect"))
    if state in ("replaced", "disposed"):
        return NextStep("none", "")
    if typed:
        words = ngettext("Save {count} result", "Save {count} results", typed).format(count=typed)
        return NextStep("save", words, "check", lacks(desk, "result.enter"))
    if facts.calls:
        return NextStep("call", _("Phone the critical value"), "phone", lacks(desk, "critical.call"))
    return _after_entry(desk, facts)


def _after_entry(desk: Desk, facts: BenchFacts) -> NextStep:
    missing = len(facts.lines) - len(facts.results)
    if missing and facts.bench.state != "revoked":
        words = ngettext("{count} value to enter", "{count} values to enter", missing).format(count=missing)
        return NextStep("enter", words, "pencil-simple", lacks(desk, "result.enter"))
    for act, level, right in (("verify", "technical", "result.verify"), ("validate", "medical", "result.validate")):
        waiting = [row for row in facts.results if getattr(row, level) is None]
        if waiting and facts.bench.state != "released":
            return _verification(desk, "verify" if act == "verify" else "validate", waiting, right, facts.separate)
    return _going_out(desk, facts)


def _verification(
    desk: Desk, act: Literal["verify", "validate"], waiting: Sequence[ResultRow], right: str, separate: bool
) -> NextStep:
    level = TECHNICAL if act == "verify" else MEDICAL
    refusals = {row.id: _refusal(row, level, desk.person.id, separate) for row in waiting}
    mine = [row for row in waiting if refusals[row.id] is None] or list(waiting)
    together = tuple(row.id for row in mine if row.as_standing.normal) or (mine[0].id,)
    holds, count = lacks(desk, right) or refusals[together[0]], len(together)
    if act == "verify":
        words = ngettext("Verify {count} result", "Verify {count} results", count)
    else:
        words = ngettext("Verify {count} result medically", "Verify {count} results medically", count)
    if count == 1:
        one = next(row for row in mine if row.id == together[0])
        words = _("Verify {test}") if act == "verify" else _("Verify {test} medically")
        return NextStep(act, words.format(test=one.display), "eye", holds, together)
    return NextStep(act, words.format(count=count), "eye", holds, together)


def _refusal(row: ResultRow, level: str, person: UUID, separate: bool) -> str | None:
    try:
        may_verify(row.as_standing, level, person, separate)
    except Refused as error:
        return str(error)
    return None


def _going_out(desk: Desk, facts: BenchFacts) -> NextStep:
    ready = [s for s in facts.bench.sheets if not s.released or s.changed]
    if ready:
        holds = next((s.holds for s in ready if s.holds), None)
        words = _("Release corrected report") if any(s.released for s in ready) else _("Release the report")
        return NextStep("release", words, "paper-plane-tilt", holds or lacks(desk, "result.release"))
    return NextStep("report", _("Show the report"), "file-text", lacks(desk, "document.print"))


def lacks(desk: Desk, right: str) -> str | None:
    """Why this person can't do it; the words name who can."""
    if desk.may(right):
        return None
    if right == "result.validate":
        return _("A laboratory physician verifies it medically.")
    if right == "result.release":
        return _("A laboratory physician releases it.")
    return _("Your role can't do this step. Ask the laboratory.")


def progress_words(facts: BenchFacts, typed: int) -> str:
    """`5 of 6 entered, 1 call to record`."""
    if facts.bench.state not in ("received", "entering", "critical", "verify", "release"):
        return ""
    every, done = len(facts.lines), len(facts.results)
    words = _("{done} of {count} entered").format(done=done, count=every)
    parts = [words]
    if typed:
        parts.append(ngettext("{count} typed, not saved", "{count} typed, not saved", typed).format(count=typed))
    if facts.calls:
        calls = len(facts.calls)
        parts.append(ngettext("{count} call to record", "{count} calls to record", calls).format(count=calls))
    return ", ".join(parts)
