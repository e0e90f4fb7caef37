# SPDX-License-Identifier: Apache-2.0
"""The nurses' screen: who waits for vital signs, and the form with the last readings beside each field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from hms_desktop.clinic.appointments import queries as appointments
from hms_desktop.clinic.appointments.queries import AppointmentRow
from hms_desktop.clinic.ehr import queries as ehr
from hms_desktop.clinic.ehr.queries_templates import FormRow
from hms_desktop.clinic.patients.service import look
from hms_desktop.core.changes import Changes
from hms_desktop.core.dates import show_minutes
from hms_desktop.core.errors import BadInput, ClinicError, Refused
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.ehr.allergy_sheet import AllergySheet
from hms_desktop.ui.ehr.people_cells import patient_cell
from hms_desktop.ui.ehr.vitals_form import Before, SignField, add_signs, read_before, to_record
from hms_desktop.ui.routes import PatientChart, Route
from hms_desktop.ui.routes import Vitals as VitalsRoute
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.card import Card
from hms_desktop.ui.widgets.chip import ChipFace
from hms_desktop.ui.widgets.form import Form
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.row_source import from_list
from hms_desktop.ui.widgets.states import EmptyState, Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.worklist import ListCard, WorklistDetail

TABLES = frozenset({"appointment", "check_in", "encounter", "observation", "patient", "own_outbox"})


@dataclass(frozen=True)
class Waiting:
    """One patient who is here."""

    row: AppointmentRow
    encounter: UUID
    status: str


def read_waiting(reader: Any) -> list[Waiting]:
    """Everybody who came today and whose visit is not over, in order of arrival."""
    found = []
    for row in appointments.day(reader).rows:
        if row.encounter is not None:
            status = ehr.visit(reader, row.encounter).status
            if status in ("arrived", "triaged", "in-progress", "onleave"):
                found.append(Waiting(row, row.encounter, status))
    return sorted(found, key=lambda w: (w.status != "arrived", w.row.arrived_at or w.row.starts))


def _whom(rows: list[Waiting]) -> set[UUID]:
    return {one.row.patient.patient for one in rows}


class VitalsPage(Page):
    """List and form side by side."""

    def __init__(self, desk: Desk, route: VitalsRoute) -> None:
        super().__init__(desk)
        self.title, self.context = _("Vital signs"), ""
        self._wanted = route.patient
        self._rows: list[Waiting] = []
        self._at: Waiting | None = None
        self._signs: dict[str, SignField] = {}
        self._asks: FormRow | None = None
        self.table = self._make_table()
        self.list = ListCard(self.table, heading=_("Waiting"))
        self.form = Form()
        self.keep = Button(_("Record vital signs"), "primary", icon="heartbeat", key="Ctrl+Enter", large=True)
        self.wrong = Text("", "body", "critical", wrap=True)
        self.empty = EmptyState(Notice("heartbeat", _("Choose a patient who waits.")))
        self._look = ListLook(desk, self, "waiting patients", _whom, self._show)
        self._lay_out()
        self.table.current_changed.connect(self._choose)
        self.table.chosen.connect(lambda _row: self._start_typing())
        self.table.opened.connect(self._open_chart)
        desk.tasks.changed.connect(self._changed)
        self.refresh()

    def _make_table(self) -> Table:
        columns = [
            Column(
                "patient",
                _("Patient"),
                lambda w: patient_cell(w.row.patient),
                190,
                3,
                fixed=True,
            ),
            Column("reason", _("Reason"), lambda w: w.row.reason or "", 140, 2),
            Column("state", _("State"), lambda w: Cell(chip=_chip(w)), 130),
            Column("waiting", _("Waiting"), self._waited, 84, figures="tables"),
        ]
        nothing = Notice("heartbeat", _("Nobody waits for vital signs."))
        return Table(
            columns,
            from_list(lambda: self._rows),
            lambda w: w.row.id,
            name=_("Waiting patients"),
            two_lines=True,
            nothing_yet=nothing,
        )

    def _lay_out(self) -> None:
        self.card = Card(_("Vital signs"))
        self.keep.clicked.connect(lambda: self.form.finish())
        self.card.add(self.empty)
        self.card.add(self.form)
        self.card.add(self.wrong)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.keep)
        self.card.add(foot)
        self.wrong.hide()
        self._show_form(False)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.card)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(WorklistDetail(self.list, side, share=48))
        self.setFocusProxy(self.table)

    def keys(self) -> Sequence[Key]:
        """Vitals, allergies, chart."""
        chosen = lambda: self._at is not None  # noqa: E731
        keys = [Key("V", _("Type the vital signs"), self._start_typing, "heartbeat", True, chosen)]
        if self.desk.may("chart.read"):
            keys += [
                Key("A", _("Allergies"), self._open_allergies, "warning-octagon", True, chosen, True),
                Key("H", _("Open the chart"), lambda: self._open_chart(self._at), "stethoscope", True, chosen, True),
            ]
        return keys

    def refresh(self) -> None:
        """Read who waits."""
        self.desk.tasks.read(read_waiting, self._look.show, self.desk.show_error, owner=self, replaces="waiting")

    def visit(self, route: Route) -> bool:
        """Another patient in this screen."""
        if not isinstance(route, VitalsRoute):
            return False
        self._wanted = route.patient
        self.refresh()
        return True

    def has_unsaved(self) -> bool:
        """Whether readings were typed that no draft has."""
        return self.form.has_unsaved()

    def save_draft(self) -> None:
        """Keep what is typed."""
        self.form.save_draft()

    def _show(self, rows: list[Waiting]) -> None:
        self._rows = rows
        wanted = next((w for w in rows if w.row.patient.patient == self._wanted), None)
        self.table.reload()  # it makes a line current by itself, which is not what was asked for
        if wanted is not None or self._at is None:
            self._wanted = None
            self.table.select((wanted or rows[0]).row.id if rows else None)

    def _choose(self, waiting: Waiting | None) -> None:
        if waiting is not None and waiting.row.patient.patient != self._wanted:
            self._wanted = None  # who went on to another patient is not taken back by a reading that comes late
        if waiting is not None and self._at is not None and waiting.row.id == self._at.row.id:
            self._at = waiting
            return
        if self._at is not None and self.form.changed:
            self.desk.say_draft_kept(list_name(self._at.row.patient))
        self.save_draft()
        self._at = waiting
        self.patient = waiting.row.patient.patient if waiting else None
        self.tell()
        self._show_form(False)
        if waiting is not None:
            act = partial(look, patient=waiting.row.patient.patient, place="vital signs")
            self.desk.tasks.run(act, partial(self._read_before, waiting), self.desk.show_error, owner=self)
        else:
            self.desk.tasks.forget(self, "before")

    def _read_before(self, waiting: Waiting, _chart: UUID) -> None:
        """The look is written down; unless somebody went on meanwhile, the last readings are read."""
        if self._at is not None and self._at.row.id == waiting.row.id:
            query = partial(read_before, patient=waiting.row.patient.patient)
            shows = partial(self._show_before, waiting)
            self.desk.tasks.read(query, shows, self.desk.show_error, owner=self, replaces="before")

    def _show_before(self, waiting: Waiting, before: Before) -> None:
        self._renew_form(waiting)
        self._asks = before.form
        self._signs = add_signs(self.form, before, self.desk.now())
        self._show_form(True)
        self.desk.drafts.load(_draft_key(waiting), partial(self._restore, self.form), owner=self)

    def _renew_form(self, waiting: Waiting) -> None:
        old = self.form
        self.form = Form(partial(self._keep, waiting))
        self.form.finished.connect(self._finish)
        self.card.body.replaceWidget(old, self.form)
        old.hide()
        old.deleteLater()

    def _show_form(self, shown: bool) -> None:
        self.form.setVisible(shown)
        self.keep.setVisible(shown)
        self.empty.setVisible(not shown)

    def _keep(self, waiting: Waiting, typed: dict[str, Any]) -> None:
        self.desk.drafts.save(_draft_key(waiting), typed, _("Vital signs"))

    def _restore(self, form: Form, kept: dict[str, Any] | None) -> None:
        if kept and form is self.form and not form.changed:
            form.load_draft(kept)

    def _start_typing(self) -> None:
        if self._signs and not self.form.isHidden():
            next(iter(self._signs.values())).take_focus()

    def _finish(self, values: dict[str, Any]) -> None:
        if self._at is None or self._asks is None or self.keep.busy:
            return
        self.wrong.hide()
        self.keep.set_busy(True)
        self.form.save_draft()
        self.form.set_read_only(True)  # what is recorded is what stands here
        asked, key = self._at, _draft_key(self._at)
        act = to_record(asked.row.patient.patient, asked.encounter, self._asks, values, triage=True)
        forget = partial(self.desk.drafts.drop, key, self.desk.drafts.state(key))
        done, failed = partial(self._recorded, asked, forget), partial(self._refused, asked)
        self.desk.tasks.run(act, done, failed, owner=self, left=forget)

    def _recorded(self, asked: Waiting, forget: Callable[[], object], _made: Any) -> None:
        self.keep.set_busy(False)
        forget()
        self.desk.toast(_("Vital signs of {name} recorded").format(name=list_name(asked.row.patient)))
        if self._is_at(asked):  # else somebody went on to another patient
            self.form.settle()
            self._at = None
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.refresh()

    def _refused(self, asked: Waiting, error: ClinicError) -> None:
        self.keep.set_busy(False)
        if not self._is_at(asked):
            words = _("Vital signs of {name} are not recorded: {reason} They are kept as a draft.")
            self.desk.show_error(Refused(words.format(name=list_name(asked.row.patient), reason=error)))
            return
        self.form.set_read_only(False)
        if isinstance(error, BadInput) and self.form.show_refusal(error):
            return
        self.wrong.setText(str(error))
        self.wrong.show()

    def _is_at(self, asked: Waiting) -> bool:
        """Whether the form is still this patient's."""
        return self._at is not None and self._at.row.id == asked.row.id

    def _open_allergies(self) -> None:
        if self._at is not None:
            AllergySheet(self.desk, self, self._at.row.patient.patient).open()

    def _open_chart(self, waiting: Waiting | None) -> None:
        if waiting is not None:
            self.desk.routes.open(PatientChart(waiting.row.patient.patient))

    def _waited(self, waiting: Waiting) -> Cell:
        waited = waiting.row.waited(self.desk.now())
        return Cell(show_minutes(waited)) if waited is not None and waiting.status == "arrived" else Cell()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()


def _draft_key(waiting: Waiting) -> str:
    return f"vitals:{waiting.encounter.hex}"


def _chip(waiting: Waiting) -> ChipFace:
    return {
        "arrived": ChipFace("info", _("Waiting"), "hourglass-medium"),
        "triaged": ChipFace("success", _("Vitals taken")),
        "in-progress": ChipFace("neutral", _("With doctor"), "stethoscope"),
        "onleave": ChipFace("neutral", _("Away"), "pause"),
    }[waiting.status]
