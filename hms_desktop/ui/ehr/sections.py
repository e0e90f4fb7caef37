# SPDX-License-Identifier: Apache-2.0
"""The sections of a chart behind its summary: timeline, results, medicines, orders, notes and visits as lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.ehr.queries import OrderRow, VisitRow
from hms_desktop.clinic.ehr.queries_medicines import MedicineRow
from hms_desktop.clinic.ehr.queries_notes import NoteView
from hms_desktop.clinic.ehr.rules import priority_name
from hms_desktop.clinic.inventory.rules import unit_words
from hms_desktop.clinic.lab.queries_inbox import ChartResult
from hms_desktop.clinic.patients.queries_history import TimelineRow
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.tall_man import tall_man
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr import words
from hms_desktop.ui.ehr.chart_facts import ChartFacts
from hms_desktop.ui.ehr.side_cards import result_cell
from hms_desktop.ui.widgets.chip import ChipFace, saved_here
from hms_desktop.ui.widgets.medicine_line import medicine_words
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TIMELINE_FILTERS = {
    "visits": {"appointment", "arrival", "visit", "note", "procedure"},
    "results": {"order", "specimen", "result", "result_correction", "critical_call"},
    "medicines": {"prescription", "dispense"},
    "calls": {"call"},
    "payments": {"invoice", "payment"},
}


class ListSection(QWidget):
    """One list of a chart with its filter row; `rows` gives what stands in it, `filter_of` the segments of a row."""

    def __init__(
        self,
        columns: Sequence[Column],
        rows: Callable[[ChartFacts], Sequence[Any]],
        key: Callable[[Any], Any],
        name: str,
        nothing: Notice,
        segments: Sequence[Segment] = (),
        filter_of: Callable[[Any], set[str]] = lambda _row: set(),
    ) -> None:
        super().__init__()
        self._rows, self._filter_of, self._segments = rows, filter_of, list(segments)
        self._facts: ChartFacts | None = None
        self.table = Table(
            columns, from_list(self._shown, matches=self._fits), key, name=name, two_lines=True, nothing_yet=nothing
        )
        self.card = ListCard(self.table, segments)
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, theme.space(4))
        column.addWidget(self.card)
        self.setFocusProxy(self.table)

    def show_facts(self, facts: ChartFacts) -> None:
        """Show a reading of the chart."""
        first = self._facts is None
        self._facts = facts
        if self._segments:
            self.card.show_counts([Segment(s.key, s.words, self._count(s.key)) for s in self._segments])
        if first:
            self.table.reload()
        else:
            self.table.notice_changes()

    def _shown(self) -> Sequence[Any]:
        return self._rows(self._facts) if self._facts else ()

    def _count(self, key: str) -> int:
        return sum(not key or key in self._filter_of(row) for row in self._shown())

    def _fits(self, row: Any, ask: Ask) -> bool:
        if ask.filter and ask.filter not in self._filter_of(row):
            return False
        text = ask.text.casefold()
        return not text or any(text in column.of(row).words.casefold() for column in self.table.rows.columns)


def timeline_section(desk: Desk) -> ListSection:
    """Everything that happened, newest first."""
    zone = desk.place.zone
    columns = [
        Column("at", _("When"), lambda r: words.when(r.at, zone), 178, figures="tables"),
        Column("what", _("What"), _happening, 300, 3, fixed=True),
        Column("where", _("Station"), lambda r: Cell(r.station, tone="secondary"), 130, 1),
        Column("state", "", lambda r: Cell(chip=saved_here() if r.saved_here else None), 132),
    ]
    segments = [
        Segment("", _("All")),
        Segment("visits", _("Visits")),
        Segment("results", _("Results")),
        Segment("medicines", _("Medicines")),
        Segment("calls", _("Calls")),
        Segment("payments", _("Payments")),
    ]
    nothing = Notice("clock-counter-clockwise", _("Nothing has happened in this chart yet."))
    return ListSection(columns, lambda f: f.timeline, lambda r: r.id, _("Timeline"), nothing, segments, _kinds)


def _happening(row: TimelineRow) -> Cell:
    return Cell(tall_man(row.title), sub=row.detail or "", icon=words.TIMELINE_ICONS.get(row.kind, ""))


def _kinds(row: Any) -> set[str]:
    return {key for key, kinds in TIMELINE_FILTERS.items() if row.kind in kinds}


def results_section(desk: Desk) -> ListSection:
    """The last value of each test with the one before."""
    zone = desk.place.zone
    columns = [
        Column("test", _("Test"), _test, 200, 3, fixed=True),
        Column("value", _("Result"), _value, 120, end=True),
        Column("unit", _("Unit"), lambda r: Cell(shown_unit(r.unit), tone="secondary"), 90),
        Column("range", _("Reference"), lambda r: Cell(words.range_words(r.low, r.high), tone="secondary"), 110),
        Column("before", _("Before"), _before, 110, end=True),
        Column("change", _("Change"), _change, 84, end=True),
        Column("at", _("Measured"), lambda r: words.when(r.at, zone), 178, figures="tables"),
        Column("state", _("State"), _result_state, 130, 1),
    ]
    segments = [Segment("", _("All")), Segment("unseen", _("Not reviewed")), Segment("odd", _("Not normal"))]
    nothing = Notice("flask", _("No result has been recorded for this patient."))
    return ListSection(columns, lambda f: f.results, lambda r: r.test, _("Results"), nothing, segments, _odd)


def _test(row: ChartResult) -> Cell:
    name = words.short_name(row.display)
    return Cell(name, sub=row.display[len(name) :].strip(), strong=True, spoken=row.display)


def _value(row: ChartResult) -> Cell:
    shown = result_cell(row)
    if row.struck is None:
        return shown
    sub = _("was {old}, {reason}").format(old=row.struck, reason=row.reason)
    return Cell(shown.text, sub=sub, tone=shown.tone, strong=True, icon=shown.icon, spoken=shown.spoken)


def _before(row: ChartResult) -> Cell:
    face = words.result_face(row)
    return Cell(face.before, sub=face.before_on, tone="secondary")


def _change(row: ChartResult) -> Cell:
    face = words.result_face(row)
    if not face.delta:
        return Cell(face.change, tone="secondary")
    return Cell(f"Δ {face.change}", tone="warning", strong=True)


def _result_state(row: ChartResult) -> Cell:
    if row.struck is not None:
        return Cell(chip=ChipFace("warning", _("Corrected"), "pencil-simple"))
    if row.unseen:
        return Cell(chip=ChipFace("warning", _("Not reviewed"), "eye"))
    return Cell(_("From elsewhere"), tone="secondary") if row.imported else Cell()


def _odd(row: ChartResult) -> set[str]:
    found = {"unseen"} if row.unseen else set()
    return found | ({"odd"} if row.flag not in (None, "N") else set())


def medicines_section(desk: Desk) -> ListSection:
    """What is taken now and what was."""
    zone = desk.place.zone
    columns = [
        Column("medicine", _("Medicine"), _medicine, 320, 3, fixed=True),
        Column("quantity", _("Quantity"), _quantity, 100, end=True),
        Column("by", _("Prescribed by"), lambda r: Cell(r.requester, sub=words.when(r.written, zone)), 170, 1),
        Column(
            "state",
            _("State"),
            lambda r: Cell(chip=words.medicine_chip(r, desk.now()) or ChipFace("success", _("Taken now"))),
            130,
        ),
        Column("why", _("Reason"), lambda r: Cell(r.stop_reason or r.reason or "", tone="secondary"), 140, 1),
    ]
    segments = [Segment("", _("All")), Segment("now", _("Taken now")), Segment("past", _("Before"))]
    nothing = Notice("pill", _("No medicine has been recorded for this patient."))
    return ListSection(
        columns,
        lambda f: (*f.summary.medicines, *f.past_medicines),
        lambda r: r.id,
        _("Medicines"),
        nothing,
        segments,
        lambda r: {"now"} if r.status in ("active", "on-hold") else {"past"},
    )


def _medicine(row: MedicineRow) -> Cell:
    first, _nl, second = medicine_words(words.medicine_face(row)).partition("\n")
    return Cell(first, sub=second, strong=True)


def _quantity(row: MedicineRow) -> Cell:
    if row.quantity is None:
        return Cell("")
    return Cell(f"{show_decimal(row.quantity)} {unit_words(row.quantity_unit or '', row.quantity)}".strip())


def orders_section(desk: Desk) -> ListSection:
    """Everything that was ordered."""
    zone = desk.place.zone
    columns = [
        Column("what", _("Order"), lambda r: Cell(r.display, sub=r.reason or "", strong=True), 240, 3, fixed=True),
        Column("urgent", _("How urgent"), lambda r: priority_name(r.priority), 120),
        Column("by", _("Ordered by"), lambda r: Cell(r.requester_name, sub=words.when(r.placed, zone)), 170, 1),
        Column("state", _("State"), lambda r: Cell(chip=words.order_chip(r.status, r.contested)), 140),
        Column("why", _("Reason"), lambda r: Cell(r.stop_reason or "", tone="secondary"), 140, 1),
    ]
    segments = [
        Segment("", _("All")),
        Segment("open", _("Pending")),
        Segment("done", _("Done")),
        Segment("off", _("Cancelled")),
    ]
    nothing = Notice("flask", _("Nothing has been ordered for this patient."))
    return ListSection(columns, lambda f: f.orders, lambda r: r.id, _("Orders"), nothing, segments, _order_kind)


def _order_kind(row: OrderRow) -> set[str]:
    return {{"active": "open", "on-hold": "open", "completed": "done"}.get(row.status, "off")}


def notes_section(desk: Desk) -> ListSection:
    """Every note with its state."""
    columns = [
        Column("title", _("Note"), _note, 380, 3, fixed=True),
        Column("by", _("By"), lambda r: r.author, 150, 1),
        Column("begun", _("Begun from"), _begun, 150, 1),
        Column(
            "signed",
            _("Signed"),
            lambda r: words.when(r.signatures[0].at, desk.place.zone) if r.signatures else "",
            178,
            figures="tables",
        ),
        Column("state", _("State"), lambda r: Cell(chip=note_chip(r)), 190),
    ]
    segments = [Segment("", _("All")), Segment("open", _("Not signed")), Segment("signed", _("Signed"))]
    nothing = Notice("note-pencil", _("No note has been written for this patient."))
    return ListSection(
        columns,
        lambda f: f.notes,
        lambda r: r.id,
        _("Notes"),
        nothing,
        segments,
        lambda r: {"signed"} if r.status != "preliminary" else {"open"},
    )


def _note(row: NoteView) -> Cell:
    text = next((t for t in row.texts.values() if t.strip()), "")
    if row.mistake is not None:
        said = _("Entered in error, {reason}: {name}").format(reason=row.mistake.reason, name=row.mistake.by)
        return Cell(row.title, sub=said, tone="tertiary")
    return Cell(row.title, sub=" ".join(text.split())[:120], strong=True)


def _begun(row: NoteView) -> Cell:
    return Cell("; ".join(begun.template.words for begun in row.begun), tone="secondary")


def note_chip(row: NoteView) -> ChipFace:
    """Where a note is."""
    if row.mistake is not None:
        return ChipFace("neutral", _("Entered in error"), "x")
    if row.contested or row.late:
        return ChipFace("conflict", _("Two versions"), "git-merge")
    if row.waits_for_cosigner:
        return ChipFace("warning", _("Waits for countersignature"), "hourglass-medium")
    return {
        "preliminary": ChipFace("neutral", _("Not signed")),
        "final": ChipFace("success", _("Signed"), "pen-nib"),
        "amended": ChipFace("success", _("Signed, with additions"), "pen-nib"),
    }[row.status]


def visits_section(desk: Desk) -> ListSection:
    """Every visit."""
    zone = desk.place.zone
    columns = [
        Column("started", _("Begun"), lambda r: words.when(r.started, zone), 178, figures="tables", fixed=True),
        Column("ended", _("Ended"), lambda r: words.when(r.ended, zone), 178, figures="tables"),
        Column("reason", _("Reason"), lambda r: Cell(r.reason or "", sub=r.stop_reason or ""), 240, 3),
        Column("state", _("State"), _visit_state, 140),
    ]
    nothing = Notice("stethoscope", _("This patient has not been here yet."))
    return ListSection(columns, lambda f: f.visits, lambda r: r.id, _("Visits"), nothing)


def _visit_state(row: VisitRow) -> Cell:
    status = {"finished": "success", "in-progress": "info"}.get(row.status, "neutral")
    return Cell(chip=ChipFace(status, words.visit_words(row.status)))
