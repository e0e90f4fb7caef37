# SPDX-License-Identifier: Apache-2.0
"""The list of the bench: scan line on top, stages with counts, specimens by priority and age, what a scan said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hms_desktop.clinic.lab.rules_specimens import ACCESSION_SERIES
from hms_desktop.core.text import _
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.bench_facts import BenchList, Line
from hms_desktop.ui.lab.stage_filter import StageFilter
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar, StopPanel
from hms_desktop.ui.widgets.patient_amended import corrected
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.scan_line import ScanLine
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard


class BenchListCard(ListCard):
    """`scanned` carries a code from the scan line; `said_acted(name)` is a button of what a scan said."""

    scanned = Signal(str)
    said_acted = Signal(str)

    def __init__(self, heading: str, now: Callable[[], datetime], parent: QWidget | None = None) -> None:
        self._now = now
        self._facts = BenchList((), ())
        super().__init__(self._make_table(), (), heading, parent)
        self.scan = ScanLine(_("Scan a sample label, or type a number"), "F3")
        self.scan.scanned.connect(self.scanned)
        self.stages = StageFilter()
        self.stages.chosen.connect(lambda stage: self.table.show_only(filter=stage))
        self.table.filter_cleared.connect(lambda: self.stages.choose("", telling=False))
        self.said: CheckBar | StopPanel | None = None
        self._saying = QVBoxLayout()
        self._head_in()

    def _head_in(self) -> None:
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(theme.space(5), theme.space(3), theme.space(5), theme.space(4))
        column.setSpacing(theme.space(3))
        column.addWidget(self.scan)
        self._saying.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._saying)
        column.addWidget(self.stages)
        self.body.insertWidget(0, top)

    def _make_table(self) -> Table:
        columns = [
            Column("sample", _("Sample"), self._sample, 118, figures="identifiers", sort="sample"),
            Column("patient", _("Patient"), _patient, 84, 1, sort="name", wraps=True),
            Column("state", _("State"), _state, 118),
            Column("age", _("Age"), self._age, 70, end=True, figures="tables", sort="age"),
        ]
        sorts: dict[str, Callable[[Any], Any]] = {
            "sample": lambda n: n.accession,
            "name": lambda n: n.patient.listed.casefold() if n.patient else "",
            "age": lambda n: -n.since.timestamp(),
        }
        nothing = Notice("flask", _("Nothing waits at the bench. Scan a sample label to begin."))
        return Table(
            columns, from_list(lambda: self._facts.lines, sorts, _matches), lambda n: n.id, name=_("Bench worklist"),
            two_lines=True, nothing_yet=nothing,
        )  # fmt: skip

    def show_list(self, facts: BenchList, *, first: bool) -> None:
        """Show these lines; while somebody works in the list, rows that came or went are only told."""
        self._facts = facts
        self.stages.show_counts(facts.count)
        if first:
            self.table.reload()
        else:
            self.table.notice_changes()

    def pass_time(self) -> None:
        """Show the ages as they are now."""
        self.table.view.viewport().update()

    def say(self, sentence: str, *, status: str = "critical", acts: tuple[AlertAct, ...] = ()) -> None:
        """Say under the scan line what a scan was; it stays until the next one."""
        face = AlertFace(sentence, "", acts=(*acts, AlertAct("close", _("Close"))))
        self._put(CheckBar(face, status))

    def stop(self, title: str, sentence: str, acts: tuple[AlertAct, ...]) -> None:
        """A scan that must not be worked on: solid red, until it is settled."""
        panel = StopPanel(AlertFace(title, sentence, acts=acts))
        self._put(panel)
        panel.take_focus()

    def say_nothing(self) -> None:
        """Take away what a scan said."""
        if self.said is not None:
            self._saying.removeWidget(self.said)
            self.said.hide()
            self.said.deleteLater()
            self.said = None

    @property
    def stopped(self) -> bool:
        """Whether a scan stopped the work and nobody settled it yet."""
        return isinstance(self.said, StopPanel)

    def _put(self, part: CheckBar | StopPanel) -> None:
        self.say_nothing()
        self.said = part
        part.acted.connect(self.said_acted)
        self._saying.addWidget(part)

    def _sample(self, line: Line) -> Cell:
        tone = "critical" if line.priority == "stat" else "warning" if line.priority != "routine" else "secondary"
        sub = words.priority_words(line.priority)
        if line.plan is not None:
            count = str(len(line.plan.tubes))
            return Cell(_("{count} to take").format(count=count), sub=sub, sub_tone=tone, tone="secondary")
        short = line.accession.removeprefix(f"{ACCESSION_SERIES}-")
        return Cell(short, sub=sub, sub_tone=tone, strong=True, spoken=line.accession)

    def _age(self, line: Line) -> Cell:
        shown = words.age_words(line.since, self._now())
        if words.is_late(line.priority, line.stage, line.since, self._now()):
            return Cell(shown, tone="warning", strong=True)
        return Cell(shown)


def _patient(line: Line) -> Cell:
    name = line.patient.listed if line.patient else _("Not on this device")
    return Cell(name, sub=line.tests, amended=corrected(line.patient, "name"))


def _state(line: Line) -> Cell:
    return Cell(chip=words.row_chip(line.state, line.work is not None and line.work.saved_here))


def _matches(line: Any, ask: Ask) -> bool:
    if ask.filter and line.stage != ask.filter:
        return False
    name = f"{line.patient.listed} {line.patient.mrn}" if line.patient else ""
    text = f"{line.accession} {name} {line.tests} {words.priority_words(line.priority)}".casefold()
    return all(part in text for part in ask.text.casefold().split())
