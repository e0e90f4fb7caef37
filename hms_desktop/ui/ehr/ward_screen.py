# SPDX-License-Identifier: Apache-2.0
"""The ward: who lies in which bed since when, and admitting, moving and discharging them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtWidgets import QVBoxLayout

from hms_desktop.clinic.ehr import service_stays as service
from hms_desktop.clinic.ehr.queries_stays import InpatientRow, inpatients, wards
from hms_desktop.clinic.patients.queries_people import PatientName, names, one_person
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.ehr import words
from hms_desktop.ui.ehr.why import ask_why
from hms_desktop.ui.routes import PatientChart, PatientSearch, Route, Ward
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import saved_here
from hms_desktop.ui.widgets.choice_field import ChoiceField, Option, RadioField, finds_in
from hms_desktop.ui.widgets.date_field import DateField, reads_day, reads_time
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.patient_amended import birth_day, corrected, list_name
from hms_desktop.ui.widgets.row_source import Ask, from_list
from hms_desktop.ui.widgets.states import Notice
from hms_desktop.ui.widgets.table import Table
from hms_desktop.ui.widgets.table_cells import Cell, Column
from hms_desktop.ui.widgets.text_fields import TextField
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import ListCard

TABLES = frozenset({"bed_stay", "bed_stay_end", "bed_night", "encounter", "place", "patient", "patient_link"})
FEW = 4


@dataclass(frozen=True)
class WardFacts:
    """Everybody in a bed, the wards there are, and who is to be admitted if somebody is."""

    rows: tuple[InpatientRow, ...]
    wards: tuple[tuple[UUID, str], ...]
    wanted: PatientName | None

    def patients(self) -> set[UUID]:
        """Everybody in a bed."""
        return {row.patient for row in self.rows}


def read_ward(reader: Any, wanted: UUID | None) -> WardFacts:
    """The ward in one reading."""
    chart = one_person(reader, wanted).survivor if wanted else None
    who = names(reader, [chart]).get(chart) if chart else None
    return WardFacts(inpatients(reader), wards(reader), who)


class WardPage(Page):
    """A list of beds; opened for a patient, it asks for their bed or goes to it."""

    def __init__(self, desk: Desk, route: Ward) -> None:
        super().__init__(desk)
        self.title, self.context = _("Ward"), ""
        self._wanted = route.patient
        self._facts = WardFacts((), (), None)
        self.table = self._make_table()
        self.list = ListCard(self.table, heading=_("Beds"))
        self.list.add_button(Button(_("Admit"), "primary", icon="bed", key="A", clicked=self.admit))
        column = QVBoxLayout(self)
        pad = theme.space(5)
        column.setContentsMargins(pad, pad, pad, theme.space(4))
        column.addWidget(self.list)
        self.setFocusProxy(self.table)
        self.table.chosen.connect(lambda _row: self.open_chart())
        self.table.current_changed.connect(lambda _row: self.tell())
        desk.tasks.changed.connect(self._changed)
        self._look = ListLook(desk, self, "ward", WardFacts.patients, self._show, self._failed)
        self.refresh()

    def _make_table(self) -> Table:
        zone = self.desk.place.zone
        columns = [
            Column("ward", _("Ward"), lambda r: Cell(r.ward, tone="secondary"), 120, 1),
            Column("bed", _("Bed"), lambda r: Cell(r.bed, strong=True), 84, figures="identifiers"),
            Column("patient", _("Patient"), _patient, 220, 3, fixed=True, wraps=True),
            Column("admitted", _("Admitted"), lambda r: words.when(r.admitted, zone), 178, figures="tables"),
            Column("nights", _("Nights counted"), lambda r: str(r.nights), 76, end=True, figures="tables"),
            Column("reason", _("Reason"), lambda r: Cell(r.reason or "", tone="secondary"), 160, 2),
            Column("state", "", lambda r: Cell(chip=saved_here() if r.saved_here else None), 132),
        ]
        nothing = Notice("bed", _("Nobody is in a bed."), _("Admit a patient"), self.admit)
        rows = from_list(lambda: self._facts.rows, matches=_matches)
        return Table(columns, rows, lambda r: r.stay, name=_("Inpatients"), two_lines=True, nothing_yet=nothing)

    def keys(self) -> Sequence[Key]:
        """The acts of the ward."""
        some = lambda: self.row() is not None  # noqa: E731
        keys = [
            Key("A", _("Admit a patient"), self.admit, "bed", hint=True),
            Key("E", _("Open chart"), self.open_chart, "stethoscope", hint=True, enabled=some),
            Key("M", _("Move to another bed"), self.move_bed, "arrows-left-right", enabled=some),
            Key("D", _("Discharge"), self.discharge, "sign-out", hint=True, enabled=some),
            Key("K", _("Count the nights so far"), self.count, "calculator"),
        ]
        if self.desk.may("entry.void"):
            keys.append(Key("Del", _("The admission was a mistake"), self.undo, "prohibit", enabled=some))
        return keys

    def row(self) -> InpatientRow | None:
        """The inpatient that the keyboard is on."""
        found: Any = self.table.current_row()
        return found if isinstance(found, InpatientRow) else None

    def _here(self) -> InpatientRow:
        """The same for acts, whose keys work only while there is one."""
        row = self.row()
        assert row is not None
        return row

    def refresh(self) -> None:
        """Read the ward again."""
        query = partial(read_ward, wanted=self._wanted)
        self.desk.tasks.read(query, self._look.show, self._failed, owner=self, replaces="ward")

    def visit(self, route: Route) -> bool:
        """The same screen for another patient."""
        if not isinstance(route, Ward):
            return False
        self._wanted = route.patient
        self.refresh()
        return True

    def _show(self, facts: WardFacts) -> None:
        self._facts, wanted = facts, facts.wanted
        count = len(facts.rows)
        self.context = ngettext("{n} inpatient", "{n} inpatients", count).format(n=count)
        self.table.reload()
        self.tell()
        if wanted is not None:
            self._wanted = None
            lying = next((row.stay for row in facts.rows if row.patient == wanted.patient), None)
            if lying is None:
                self._ask_admission(wanted)
            else:
                self.table.select(lying)

    # acts

    def admit(self) -> None:
        """Choose the patient first; the search offers “Admit to a bed”."""
        self.desk.hint(_("Choose the patient, then “Admit to a bed”."))
        self.desk.routes.open(PatientSearch())

    def _ask_admission(self, who: PatientName) -> None:
        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            since = self._moment(values) if values["day"] or values["time"] else None
            return partial(
                service.admit, patient=who.patient, place=UUID(values["place"]), bed=values["bed"],
                reason=values["reason"], since=since,
            )  # fmt: skip

        title = _("Admit {name} to a bed").format(name=list_name(who))
        text = _("{mrn}, {birth}. Every night in the bed is charged once, at midnight.")
        dialog = FormDialog(self.desk, self, title, _("Admit"), acts, self._done,
                            text=text.format(mrn=who.mrn, birth=birth_day(who)))  # fmt: skip
        self._add_bed(dialog)
        dialog.form.add(TextField("reason", _("&Reason"), optional=True, longest=200))
        self._add_moment(dialog, _("Since, if &earlier"))
        dialog.ask()

    def move_bed(self) -> None:
        """Move the current patient."""
        row = self._here()

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            return partial(service.move_bed, patient=row.patient, place=UUID(values["place"]), bed=values["bed"])

        title = _("Move {name} from bed {bed}").format(name=list_name(row.name), bed=row.bed)
        dialog = FormDialog(self.desk, self, title, _("Move"), acts, partial(self._moved, row.patient))
        self._add_bed(dialog)
        dialog.ask()

    def _moved(self, patient: UUID, _stay: object) -> None:
        """The keyboard stays with the patient, whose line is another one in the other bed."""
        self._wanted = patient
        self.refresh()

    def discharge(self) -> None:
        """Discharge the current patient."""
        row = self._here()

        def acts(values: dict[str, Any]) -> Callable[[Any], Any]:
            at = self._moment(values) if values["day"] or values["time"] else None
            return partial(service.discharge, patient=row.patient, at=at)

        title = _("Discharge {name} from bed {bed}?").format(name=list_name(row.name), bed=row.bed)
        text = _("The visit ends. Nights up to now are on the bill; a time before now takes later nights off.")
        dialog = FormDialog(self.desk, self, title, _("Discharge"), acts, self._done, text=text)
        self._add_moment(dialog, _("Left, if &earlier"))
        dialog.ask()

    def undo(self) -> None:
        """The admission was a mistake."""
        row = self._here()
        title = _("Was it a mistake to admit {name}?").format(name=list_name(row.name))
        act = partial(service.undo_admission, patient=row.patient)
        ask_why(self.desk, self, title, _("Mark as a mistake"), act, self._done)

    def count(self) -> None:
        """Count every night so far, as the server does after midnight: no night counts twice."""
        self.desk.tasks.run(service.count_nights_now, self._counted, self._failed, owner=self)

    def open_chart(self) -> None:
        """Open the chart of the current patient."""
        self.desk.routes.open(PatientChart(self._here().patient))

    def _counted(self, count: int) -> None:
        if count:
            self.desk.toast(ngettext("{n} night counted", "{n} nights counted", count).format(n=count))
        else:
            self.desk.hint(_("Every night is counted already."))

    def _add_bed(self, dialog: FormDialog) -> None:
        options = [Option(str(id), name) for id, name in self._facts.wards]
        if len(options) <= FEW:
            dialog.form.add(RadioField("place", _("Ward"), options, required=True))
        else:
            dialog.form.add(ChoiceField("place", _("&Ward"), finds_in(options), required=True))
        if len(options) == 1:
            dialog.form.set_values({"place": options[0].key})
        dialog.form.add(TextField("bed", _("&Bed"), required=True, longest=20))

    def _add_moment(self, dialog: FormDialog, label: str) -> None:
        today = lambda: self.desk.now().date()  # noqa: E731
        day = DateField("day", label, reads_day(today, lean="past"), optional=True)
        clock = DateField("time", _("&Time"), reads_time(), optional=True, calendar=False)
        dialog.form.add_row(day, clock)

    def _moment(self, values: dict[str, Any]) -> datetime:
        now = self.desk.now()
        day = date.fromisoformat(values["day"]) if values["day"] else now.date()
        clock = time.fromisoformat(values["time"]) if values["time"] else time()
        return datetime.combine(day, clock, now.tzinfo)

    def _done(self, _result: object) -> None:
        self.refresh()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)


def _patient(row: InpatientRow) -> Cell:
    name = row.name
    about = ", ".join(p for p in (name.mrn, name.birth, name.age) if p)
    return Cell(name.listed, strong=True, sub=about, amended=corrected(name))


def _matches(row: Any, ask: Ask) -> bool:
    said = f"{row.name.listed} {row.name.mrn} {row.ward} {row.bed}".casefold()
    return all(word in said for word in ask.text.casefold().split())
