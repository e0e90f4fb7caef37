# SPDX-License-Identifier: Apache-2.0
"""A released report over the chart: values, what a correction struck, who has seen it, and the acknowledgement."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.clinic.lab import queries, service
from hms_desktop.clinic.lab.queries_inbox import ReleaseView
from hms_desktop.clinic.lab.queries_results import ResultRow
from hms_desktop.clinic.lab.queries_versions import reported_versions
from hms_desktop.core.quantities import show_decimal, shown_unit
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk
from hms_desktop.ui.ehr.words import ago, flag_of, range_words, when
from hms_desktop.ui.widgets.alerts import AlertFace, CheckBar
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.choice_field import Option, RadioField
from hms_desktop.ui.widgets.dialog_room import fit_dialog
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.paper import show_paper
from hms_desktop.ui.widgets.result_cell import flag_chip
from hms_desktop.ui.widgets.result_history import show_results
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme


def open_result(desk: Desk, parent: QWidget, release: UUID) -> None:
    """Write down that the report is opened, then show it."""

    def read(unit: Any) -> ReleaseView:
        return queries.release(unit, service.open_result(unit, release))

    desk.tasks.run(read, lambda view: ResultSheet(desk, parent, view).open(), desk.show_error, owner=parent)


class ResultSheet(QDialog):
    """One version of a report."""

    def __init__(self, desk: Desk, parent: QWidget, view: ReleaseView) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Result"))
        self.setAccessibleName(view.display)
        self.desk, self.view = desk, view
        self._back_to: QWidget | None = parent.window().focusWidget()
        self._lines = [*view.values, *view.struck.values()]
        self.table = self._make_table()
        self.take = Button(_("Acknowledge"), "primary", icon="check", key="Ctrl+Enter", clicked=self.acknowledge)
        self.take.setVisible(desk.may("result.acknowledge") and view.latest)
        self._lay_out()
        self.table.opened_beside.connect(lambda _row: self._take_key())
        self.table.reload()
        self.finished.connect(lambda _result: self._give_back())

    def _make_table(self) -> Table:
        columns = [
            Column("test", _("Test"), lambda r: Cell(r.display, strong=not r.replaced), 150, 2, fixed=True),
            Column("value", _("Result"), value_cell, 130, end=True),
            Column("unit", _("Unit"), lambda r: Cell(shown_unit(r.unit), tone="secondary"), 80),
            Column("flag", _("Flag"), lambda r: Cell(chip=flag_chip(flag_of(r.flag))), 116),
            Column("range", _("Reference"), lambda r: Cell(range_words(r.low, r.high), tone="secondary"), 110),
            Column("at", _("Measured"), lambda r: when(r.entered.at, self.desk.place.zone), 176, figures="tables"),
        ]
        return Table(columns, from_list(lambda: self._lines), lambda r: r.id, name=self.view.display, two_lines=True)

    def _lay_out(self) -> None:
        view, zone = self.view, self.desk.place.zone
        column = QVBoxLayout(self)
        pad = theme.space(6)
        column.setContentsMargins(pad, pad, pad, pad)
        column.setSpacing(theme.space(3))
        column.addWidget(Text(view.display, "title"))
        said = _("Version {n}, released by {name}, {time}")
        column.addWidget(Text(said.format(n=view.version, name=view.by, time=when(view.at, zone)), tone="secondary"))
        if view.corrected:
            reasons = "; ".join(v.reason for v in view.values if v.reason)
            column.addWidget(CheckBar(AlertFace(_("This report was corrected"), reasons)))
        if not view.latest:
            column.addWidget(CheckBar(AlertFace(_("A newer version of this report is out"), _("Open that one."))))
        column.addWidget(self.table, 1)
        for line in self._seen_lines():
            column.addWidget(Text(line, "label", "secondary", wrap=True))
        foot = QHBoxLayout()
        foot.setSpacing(theme.space(3))
        self.print = Button(_("Print"), icon="printer", key="Ctrl+P", clicked=self._print)
        self.print.setVisible(self.desk.may("document.print"))
        foot.addWidget(self.print)
        foot.addWidget(Button(_("History"), icon="clock-counter-clockwise", key="Ctrl+H", clicked=self.show_history))
        foot.addStretch(1)
        foot.addWidget(Button(_("Close"), key="Esc", clicked=self.reject))
        foot.addWidget(self.take)
        column.addLayout(foot)
        fit_dialog(self, 780, 440)

    def _seen_lines(self) -> list[str]:
        now, view = self.desk.now(), self.view
        said = _("Acknowledged by {name}, {time}: {what}")
        lines = []
        for seen in view.acknowledged:
            what = ", ".join(filter(None, (action_words()[seen.action], seen.note)))
            lines.append(said.format(name=seen.by, time=ago(seen.at, now), what=what))
        if view.waiting_for:
            lines.append(_("Waits for {names}").format(names=", ".join(view.waiting_for)))
        calls = [call for value in view.values for call in value.calls if call.done]
        told = _("Told {name}, read back {value}, {time}")
        lines += [told.format(name=c.told, value=c.read_back, time=when(c.at, self.desk.place.zone)) for c in calls]
        return lines

    def acknowledge(self) -> None:
        """Ask what follows from the result and say that it was seen."""
        ask_acknowledge(self.desk, self, self.view.id, lambda _done: self.accept())

    def keyPressEvent(self, event: Any) -> None:
        """Ctrl+Enter acknowledges, Ctrl+P prints, Ctrl+H shows every version."""
        if event.matches(QKeySequence.StandardKey.Print):
            self._print()
            return
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if held and event.key() == Qt.Key.Key_H:
            self.show_history()
            return
        if held and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_key()
            return
        super().keyPressEvent(event)

    def show_history(self) -> None:
        """Show every version of the values: before, after, who, when, where and why."""
        show_results(self.desk, self, partial(reported_versions, release=self.view.id))

    def _print(self) -> None:
        if self.desk.may("document.print"):
            show_paper(self.desk, self, "lab-report", self.view.id)

    def _take_key(self) -> None:
        if not self.take.isHidden():
            self.acknowledge()

    def _give_back(self) -> None:
        if self._back_to is not None and isValid(self._back_to):
            self._back_to.setFocus(Qt.FocusReason.OtherFocusReason)


def value_cell(row: ResultRow) -> Cell:
    """A value; one that was replaced or voided is said to be so and what it was replaced for."""
    text = show_decimal(row.value) if row.value is not None else row.text or ""
    if row.replaced or row.voided is not None:
        struck = "".join(f"{sign}\N{COMBINING LONG STROKE OVERLAY}" for sign in text)
        why = _("replaced") if row.replaced else _("entered in error")
        return Cell(struck, sub=why, tone="secondary", spoken=_("{value}, {why}").format(value=text, why=why))
    tones = {"H": "warning", "L": "warning", "A": "warning", "HH": "critical", "LL": "critical"}
    sub = _("corrected") if row.status == "corrected" else ""
    return Cell(text, sub=sub, tone=tones.get(row.flag or "", "primary"), strong=True)


def action_words() -> dict[str, str]:
    """What may follow from a result."""
    return {
        "noted": _("Seen, nothing follows"),
        "told_patient": _("Patient told"),
        "repeat": _("To be repeated"),
        "refer": _("Referred"),
        "treatment_changed": _("Treatment changed"),
    }


def ask_acknowledge(desk: Desk, parent: QWidget, release: UUID, done: Callable[[Any], object]) -> None:
    """Ask what follows from a report and acknowledge it."""

    def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
        return partial(service.acknowledge, release_id=release, action=values["action"], note=values["note"])

    dialog = FormDialog(desk, parent, _("Acknowledge the result"), _("Acknowledge"), acts, done)
    ways = [Option(key, text) for key, text in action_words().items()]
    dialog.form.add(RadioField("action", _("What follows"), ways, required=True))
    dialog.form.add(TextField("note", _("&Note"), optional=True))
    dialog.ask()
