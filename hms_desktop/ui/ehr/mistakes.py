# SPDX-License-Identifier: Apache-2.0
"""Mistakes in a chart: saying that an entry was one, and reading what it said, with who, when, where and why."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import service
from hms_desktop.clinic.ehr.queries import OrderRow, ProblemRow, VisitRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.ehr.queries_procedures import ProcedureRow
from hms_desktop.clinic.ehr.queries_vitals import Reading
from hms_desktop.clinic.ehr.rules_vitals import sign_name
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.clinic.lab.queries_versions import reported_versions
from hms_desktop.clinic.patients.births import show_birth
from hms_desktop.core.quantities import show_decimal
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr import words
from hms_desktop.ui.ehr.chart_facts import ChartFacts
from hms_desktop.ui.ehr.entry_history import show_entry
from hms_desktop.ui.ehr.procedures import ask_void_procedure
from hms_desktop.ui.ehr.sections import ListSection
from hms_desktop.ui.ehr.why import ask_why
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.result_history import show_results
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table_cells import Cell, Column

Done = Callable[[Any], object]
TABLES: dict[type, str] = {
    MedicineRow: "prescription",
    OrderRow: "service_order",
    VisitRow: "encounter",
    NoteView: "note",
    Reading: "observation",
    ProcedureRow: "procedure",
    ProblemRow: "condition",
}
"""Which table a row of a chart's list comes from."""


def ask_mistake(desk: Desk, parent: QWidget, row: Any, done: Done, draft: str = "") -> None:
    """Ask why an entry was a mistake; it stays readable, marked, with the reason. `draft` keeps a reason."""
    if isinstance(row, ProcedureRow):
        ask_void_procedure(desk, parent, row, done, draft)
        return
    way = _way(row)
    if way is not None:
        named, act = way
        title = _("Was {name} entered in error?").format(name=named)
        ask_why(desk, parent, title, _("Mark as a mistake"), act, done, draft)


def entry_in(facts: ChartFacts, table: str, id: UUID) -> Any:
    """The row of a chart that is this record, or of the visit that this link joined; None when no list has it."""
    medicines, visits = (*facts.summary.medicines, *facts.past_medicines), facts.visits
    if table == "visit_link":
        return next((visit for visit in visits if visit.link == id), None)
    listed: tuple[Any, ...] = (
        *medicines, *facts.orders, *visits, *facts.notes, *facts.readings, *facts.procedures, *facts.problems,
    )  # fmt: skip
    return next((row for row in listed if row.id == id and TABLES[type(row)] == table), None)


def _way(row: Any) -> tuple[str, Callable[..., Any]] | None:
    """What the entry is called and what marks it; None when it is marked already."""
    if "entered-in-error" in (getattr(row, "status", ""), getattr(row, "verification_status", "")):
        return None
    match row:
        case Reading(voided=False):
            return reading_words(row), partial(service.void_observation, observation=row.id)
        case MedicineRow():
            return tall_man(row.display), partial(service.void_prescription, prescription=row.id)
        case OrderRow():
            return row.display, partial(service.void_order, order=row.id)
        case ProblemRow():
            ends = partial(service.change_problem, clinical="inactive", verification="entered-in-error")
            return row.display, partial(ends, condition=row.id)
        case VisitRow(link=UUID() as link):
            return _("the joining of this visit with another"), partial(service.part_visits, link=link)
        case VisitRow():
            return _("this visit"), partial(service.void_visit, encounter=row.id)
        case NoteView(mistake=None):
            return row.title, partial(service.void_note, note=row.id)
    return None


def reading_words(row: Reading) -> str:
    """`Temperature 38.4 °C`."""
    return f"{_sign(row)} {show_decimal(row.rounded)} {row.unit}"


def _sign(row: Reading) -> str:
    return sign_name(row.key)


def readings_section(desk: Desk) -> ListSection:
    """Every reading of the vital signs, newest first, mistakes with who called them so and why."""
    zone = desk.place.zone
    columns = [
        Column("at", _("Measured"), lambda r: words.when(r.at, zone), 178, figures="tables"),
        Column("what", _("Vital sign"), _what, 280, 3, fixed=True),
        Column("value", _("Value"), _value, 110, end=True),
        Column("by", _("By"), lambda r: r.by, 150, 1),
        Column("state", _("State"), _state, 150),
    ]
    segments = [Segment("", _("All")), Segment("stands", _("Counting")), Segment("void", _("Entered in error"))]
    nothing = Notice("heartbeat", _("No vital sign has been recorded for this patient."))
    return ListSection(
        columns, lambda f: f.readings, lambda r: r.id, _("Vital signs"), nothing, segments,
        lambda r: {"void"} if r.voided else {"stands"},
    )  # fmt: skip


def _what(row: Reading) -> Cell:
    if not row.voided:
        return Cell(_sign(row), sub=row.form, strong=True)
    said = _("Entered in error, {reason}: {name}").format(reason=row.reason or "", name=row.voided_by)
    return Cell(_sign(row), sub=said, tone="tertiary")


def _value(row: Reading) -> Cell:
    return Cell(f"{show_decimal(row.rounded)} {row.unit}", tone="tertiary" if row.voided else "primary")


def _state(row: Reading) -> Cell:
    return Cell(chip=ChipFace("neutral", _("Entered in error"), "x") if row.voided else None)


def problems_section(desk: Desk) -> ListSection:
    """Every problem that was ever on the list, those that are over or were a mistake with the reason."""
    columns = [
        Column("what", _("Problem"), lambda r: Cell(r.display, sub=r.reason or "", strong=True), 300, 3, fixed=True),
        Column("code", _("Code"), lambda r: Cell(r.code or "", tone="secondary"), 110),
        Column("onset", _("Since"), lambda r: show_birth(r.onset) if r.onset else "", 130, figures="tables"),
        Column("state", _("State"), lambda r: Cell(chip=_problem_state(r)), 160),
    ]
    segments = [Segment("", _("All")), Segment("now", _("Now")), Segment("past", _("Before"))]
    nothing = Notice("list-bullets", _("No problem has been recorded for this patient."))
    return ListSection(
        columns, lambda f: f.problems, lambda r: r.id, _("Problems"), nothing, segments,
        lambda r: {"now"} if _problem_state(r).status == "info" else {"past"},
    )  # fmt: skip


def _problem_state(row: ProblemRow) -> ChipFace:
    if row.verification_status == "entered-in-error":
        return ChipFace("neutral", _("Entered in error"), "x")
    if row.verification_status == "refuted":
        return ChipFace("neutral", _("Ruled out"), "x")
    if row.clinical_status in ("active", "recurrence", "relapse"):
        return ChipFace("info", _("Active"))
    return ChipFace("neutral", _("Resolved"), "check")


def show_history(desk: Desk, parent: QWidget, row: Any) -> None:
    """Open the history of a row of a chart's list."""
    table = TABLES.get(type(row))
    if table is not None:
        show_entry(desk, parent, table, row.id)
    elif isinstance(row, ChartResult) and row.release is not None:
        show_results(desk, parent, partial(reported_versions, release=row.release, test=row.test))


def has_history(row: Any) -> bool:
    """Whether a row of a chart's list has versions to show."""
    return type(row) in TABLES or (isinstance(row, ChartResult) and row.release is not None)
