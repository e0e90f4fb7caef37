# SPDX-License-Identifier: Apache-2.0
"""Procedures in the chart: recording one that was done, their list, and saying that an entry was a mistake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QWidget

from hms_desktop.clinic.ehr import service_procedures as service
from hms_desktop.clinic.ehr.queries_procedures import ProcedureRow, ProcedureTypeRow, procedure_types
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr import words
from hms_desktop.ui.ehr.sections import ListSection
from hms_desktop.ui.ehr.why import ask_why
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, finds_in
from hms_desktop.ui.widgets.date_field import DateField, reads_day, reads_time
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.text_fields import TextField

Done = Callable[[Any], object]


def ask_procedure(desk: Desk, parent: QWidget, patient: UUID, encounter: UUID | None, done: Done) -> None:
    """Record what was done, from the clinic's list."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        earlier = values["day"] or values["time"]
        return partial(
            service.record_procedure, patient=patient, type=UUID(values["type"]), encounter=encounter,
            at=_moment(desk.now(), values) if earlier else None, reason=values["reason"],
        )  # fmt: skip

    def opened(types: tuple[ProcedureTypeRow, ...]) -> None:
        dialog = FormDialog(desk, parent, _("Record a procedure that was done"), _("Record"), acts, done)
        options = [Option(str(t.id), t.display, t.code) for t in types]
        dialog.form.add(ChoiceField("type", _("&Procedure"), finds_in(options), required=True))
        dialog.form.add(TextField("reason", _("&Reason"), optional=True, longest=200))
        today = lambda: desk.now().date()  # noqa: E731
        day = DateField("day", _("Done, if &earlier"), reads_day(today, lean="past"), optional=True)
        dialog.form.add_row(day, DateField("time", _("&Time"), reads_time(), optional=True, calendar=False))
        dialog.ask()

    desk.tasks.read(procedure_types, opened, desk.show_error, owner=parent)


def _moment(now: datetime, values: dict[str, Any]) -> datetime:
    day = date.fromisoformat(values["day"]) if values["day"] else now.date()
    clock = time.fromisoformat(values["time"]) if values["time"] else time()
    return datetime.combine(day, clock, now.tzinfo)


def ask_void_procedure(desk: Desk, parent: QWidget, row: ProcedureRow, done: Done, draft: str = "") -> None:
    """Enter in the list: the entry was a mistake."""
    if row.void_reason is None and not row.imported and desk.may("entry.void"):
        title = _("Was {name} entered in error?").format(name=row.display)
        act = partial(service.void_procedure, procedure=row.id)
        ask_why(desk, parent, title, _("Mark as a mistake"), act, done, draft)


def procedures_section(desk: Desk) -> ListSection:
    """What was done, mistakes with who called them so and why."""
    zone = desk.place.zone
    columns = [
        Column("at", _("Done"), lambda r: words.when(r.at, zone), 178, figures="tables"),
        Column("what", _("Procedure"), _what, 280, 3, fixed=True),
        Column("by", _("By"), lambda r: _("From elsewhere") if r.imported else r.by, 150, 1),
        Column("state", _("State"), lambda r: Cell(chip=_state(r)), 150),
    ]
    segments = [Segment("", _("All")), Segment("stands", _("Done")), Segment("void", _("Entered in error"))]
    nothing = Notice("bandaids", _("No procedure has been recorded for this patient."))
    return ListSection(
        columns, lambda f: f.procedures, lambda r: r.id, _("Procedures"), nothing, segments,
        lambda r: {"stands"} if r.void_reason is None else {"void"},
    )  # fmt: skip


def _what(row: ProcedureRow) -> Cell:
    if row.void_reason is None:
        return Cell(row.display, strong=True, sub=row.reason or "")
    said = _("Entered in error, {reason}: {name}").format(reason=row.void_reason, name=row.void_by)
    return Cell(row.display, sub=said, tone="tertiary")


def _state(row: ProcedureRow) -> ChipFace:
    if row.void_reason is not None:
        return ChipFace("neutral", _("Entered in error"), "x")
    return saved_here() if row.saved_here else ChipFace("success", _("Done"))
