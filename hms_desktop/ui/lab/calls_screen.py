# SPDX-License-Identifier: Apache-2.0
"""The compliance report: every critical value of a time, who was told when after how many attempts, and the sums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.lab.queries_compliance import CallState, CriticalReport, CriticalValue, critical_report
from hms_desktop.core.changes import Changes
from hms_desktop.core.quantities import shown_unit
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.lab import words
from hms_desktop.ui.routes import CriticalCalls, LabWorklist, Route
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.flow import FlowRow
from hms_desktop.ui.widgets.labels import Fact
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.segmented import Segment, SegmentedFilter
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset({"lab_result", "lab_result_void", "critical_call", "specimen", "patient"})
TICK_MS = 30_000
SPANS = (1, 7, 30, 90)
UNRESOLVED: tuple[CallState, ...] = ("waiting", "overdue")


def _whom(report: CriticalReport) -> set[UUID]:
    return {row.patient.patient for row in report.rows if row.patient is not None}


class CallsPage(Page):
    """Reads a number of days of the clinic; Enter opens a value at the bench."""

    def __init__(self, desk: Desk, route: CriticalCalls) -> None:
        super().__init__(desk)
        self.title = _("Laboratory")
        self.context = _("How critical values were told")
        self.report: CriticalReport | None = None
        self._days = SPANS[1]
        self.span = SegmentedFilter([Segment(str(days), _span_words(days)) for days in SPANS], _("Time"))
        self.sums = Card()
        self._facts = FlowRow(theme.space(7), theme.space(3))
        self.sums.add(self._facts)
        self.table = self._make_table()
        self.list = ListCard(self.table, self._segments())
        self._look = ListLook(desk, self, "critical values", _whom, self._show)
        self._lay_out()
        self.span.choose(str(self._days))
        self.span.chosen.connect(self._choose_span)
        self.table.chosen.connect(self._open)
        desk.tasks.changed.connect(self._changed)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self.refresh)
        self._tick.start()
        self.refresh()

    def _make_table(self) -> Table:
        columns = [
            Column("patient", _("Patient"), _patient, 190, 2, fixed=True),
            Column("value", _("Critical value"), _value, 190, 2),
            Column("seen", _("Found"), self._seen, 120, figures="tables"),
            Column("told", _("Told and read back"), self._told, 200, 2),
            Column("minutes", _("Minutes"), _minutes, 86, end=True, figures="tables"),
            Column("attempts", _("Attempts"), _attempts, 130, 1),
            Column("state", _("State"), lambda r: Cell(chip=state_chip(r.state)), 150),
        ]
        nothing = Notice("check-circle", _("No critical value was found in this time."))
        fetch = from_list(lambda: self.report.rows if self.report else (), matches=_fits)
        return Table(columns, fetch, lambda r: r.result, name=_("Critical values"), two_lines=True, nothing_yet=nothing)

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        pad = theme.space(5)
        whole.setContentsMargins(pad, pad, pad, theme.space(4))
        whole.setSpacing(theme.space(4))
        whole.addWidget(self.span)
        whole.addWidget(self.sums)
        whole.addWidget(self.list, 1)
        self.setFocusProxy(self.table)

    def keys(self) -> Sequence[Key]:
        """Back to the bench."""
        return (
            Key("B", _("Go to the bench"), lambda: self.desk.routes.open(LabWorklist()), "flask", hint=True),
            Key("N", _("Next time span"), self.next_span, "calendar-blank", hint=True),
        )

    def refresh(self) -> None:
        """Read the time span again."""
        now = self.desk.now()
        first = (now - timedelta(days=self._days - 1)).replace(hour=0, minute=0, second=0, microsecond=0)
        query = partial(critical_report, since=first, until=now + timedelta(minutes=1))
        self.desk.tasks.read(query, self._look.show, lambda e: self.desk.show_error(e, self.refresh), owner=self,
                             replaces="calls")  # fmt: skip

    def visit(self, route: Route) -> bool:
        """There is one such report."""
        self.refresh()
        return isinstance(route, CriticalCalls)

    def leave(self) -> None:
        """Stop counting minutes."""
        self._tick.stop()

    def next_span(self) -> None:
        """From today to a week, a month, a quarter."""
        at = SPANS.index(self._days)
        self.span.choose(str(SPANS[(at + 1) % len(SPANS)]))
        self._choose_span(self.span.current())

    def _choose_span(self, days: str) -> None:
        self._days = int(days)
        self.refresh()

    def _show(self, report: CriticalReport) -> None:
        first = self.report is None or self.report.since != report.since
        self.report = report
        parts: list[QWidget] = [Fact(label, value) for label, value in sum_words(report)]
        self._facts.fill(parts)
        self.list.show_counts(self._segments())
        (self.table.reload if first else self.table.notice_changes)()

    def _segments(self) -> list[Segment]:
        report = self.report
        open_, late = (report.count(*UNRESOLVED), report.count("late", "overdue")) if report else (0, 0)
        return [
            Segment("", _("All"), len(report.rows) if report else 0),
            Segment("open", _("Unresolved"), open_),
            Segment("late", _("Late"), late),
        ]

    def _seen(self, row: CriticalValue) -> Cell:
        return Cell(words.moment_words(row.seen, self.desk.now()))

    def _told(self, row: CriticalValue) -> Cell:
        if row.told is None:
            last = row.attempts[-1] if row.attempts else None
            return Cell(_("Nobody yet"), sub=words.call_words(last, self.desk.now()) if last else "", tone="secondary")
        call, now = row.told, self.desk.now()
        way = _("{time}, {way}, by {name}").format(
            time=words.moment_words(call.at, now), way=words.way_words(call.way).lower(), name=call.by
        )
        return Cell(call.told, sub=way, strong=True)

    def _open(self, row: CriticalValue) -> None:
        self.desk.routes.open(LabWorklist(row.specimen))

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()


def state_chip(state: CallState) -> ChipFace:
    """How a critical value stands to the promise to tell it."""
    return {
        "in-time": ChipFace("success", _("Told in time")),
        "late": ChipFace("warning", _("Told late"), "timer"),
        "waiting": ChipFace("info", _("Waits for a call"), "phone"),
        "overdue": ChipFace("critical", _("Overdue"), "siren"),
        "replaced": ChipFace("neutral", _("Corrected first"), "pencil-simple"),
        "mistake": ChipFace("neutral", _("Was a mistake"), "x"),
    }[state]


def sum_words(report: CriticalReport) -> list[tuple[str, str]]:
    """The sums of the report, each with what it counts."""
    minutes = ngettext("{n} minute", "{n} minutes", report.target_minutes).format(n=report.target_minutes)
    in_time, percent = report.count("in-time"), report.percent
    share = _("{n} of {all} ({percent} %)").format(n=in_time, all=report.due, percent=percent)
    median = report.median_minutes
    return [
        (_("Calls owed"), str(report.owed)),
        (_("Told within {time}").format(time=minutes), share if percent is not None else str(in_time)),
        (_("Told late"), str(report.count("late"))),
        (_("Unresolved"), str(report.count(*UNRESOLVED))),
        (_("Attempts that reached nobody"), str(report.unreached)),
        (_("Median minutes to the read-back"), str(median) if median is not None else "\N{EN DASH}"),
    ]


def _span_words(days: int) -> str:
    return _("Today") if days == 1 else ngettext("{n} day", "{n} days", days).format(n=days)


def _patient(row: CriticalValue) -> Cell:
    name = row.patient.listed if row.patient else ""
    return Cell(name, sub=row.accession, strong=True, amended=corrected(row.patient, "name"))


def _value(row: CriticalValue) -> Cell:
    value = " ".join(part for part in (row.value, shown_unit(row.unit), row.flag or "") if part)
    return Cell(row.display, sub=value, tone="critical", strong=True)


def _minutes(row: CriticalValue) -> Cell:
    return Cell(str(row.minutes) if row.minutes is not None else "\N{EN DASH}")


def _attempts(row: CriticalValue) -> Cell:
    missed = row.unreached
    sub = ngettext("{n} reached nobody", "{n} reached nobody", missed).format(n=missed) if missed else ""
    return Cell(str(len(row.attempts)), sub=sub)


def _fits(row: CriticalValue, ask: Ask) -> bool:
    kinds = {"open": UNRESOLVED, "late": ("late", "overdue")}
    if ask.filter and row.state not in kinds[ask.filter]:
        return False
    text = ask.text.casefold()
    name = row.patient.listed if row.patient else ""
    return not text or text in f"{name} {row.accession} {row.display}".casefold()
