# SPDX-License-Identifier: Apache-2.0
"""The laboratory's bench (picture 05): which line of the list is current and which specimen is open for it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.lab.bench_acts import BenchActs
from hms_desktop.ui.lab.bench_facts import BenchFacts, BenchList, Line, open_bench, read_bench, read_list
from hms_desktop.ui.lab.bench_list import BenchListCard
from hms_desktop.ui.lab.bench_room import BenchRoom
from hms_desktop.ui.lab.bench_steps import BenchSteps
from hms_desktop.ui.lab.detail import BenchDetail
from hms_desktop.ui.lab.scan_desk import ScanDesk
from hms_desktop.ui.routes import CriticalCalls, LabWorklist, PatientChart, PatientRecord, Route
from hms_desktop.ui.widgets.list_look import ListLook

TABLES = frozenset({
    "specimen", "specimen_step", "specimen_order", "lab_result", "lab_result_void", "result_verification",
    "result_release", "result_recipient", "result_acknowledgement", "critical_call", "service_order",
    "lab_conflict", "lab_conflict_settlement", "patient", "own_outbox",
})  # fmt: skip
TICK_MS = 20_000
SHORT = 4
SETTLE_MS = 120
"""A row must stay current this long before its specimen is opened, because each opening is written down."""


class BenchPage(Page):
    """The bench."""

    def __init__(self, desk: Desk, route: LabWorklist) -> None:
        super().__init__(desk)
        self.title = _("Laboratory")
        self.context = _("Bench worklist")
        self._facts: BenchList | None = None
        self._wanted: UUID | None = route.item
        self._scan, self._draft = route.scan, ""
        self._asked: UUID | None = None
        self._opened: UUID | None = None
        self._into_values = False
        self.list = BenchListCard(_("Bench"), desk.now)
        self.detail = BenchDetail(desk)
        self.acts = BenchActs(desk, self, self.detail, self.refresh, self._open_collected)
        self.scans = ScanDesk(desk, self.list, self._open_scanned, self.acts.reject_specimen)
        self.steps = BenchSteps(desk, self.detail, self.acts, self.scans, self._line, self.go_to_call)
        self.room = BenchRoom(self.list, self.detail)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.room)
        self.setFocusProxy(self.list.table)
        self._look = ListLook(desk, self, "lab worklist", BenchList.patients, self._show_list, self._failed)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._open_current)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._pass_time)
        self._tick.start()
        self._connect()
        self.refresh()
        self._correct(route)

    def _connect(self) -> None:
        table = self.list.table
        table.current_changed.connect(self._choose)
        table.chosen.connect(lambda _line: self.enter_detail())
        table.opened.connect(lambda line: self._open_record(line, beside=False))
        table.opened_beside.connect(lambda line: self._open_record(line, beside=True))
        self.detail.main_wanted.connect(self.steps.finish)
        self.detail.wanted.connect(self.steps.further)
        self.detail.call_settled.connect(self.refresh)
        self.detail.edited.connect(self.acts.keep_draft)
        self.detail.grid.left.connect(self.steps.value_typed)
        self.detail.grid.acted.connect(self.acts.on_result)
        self.desk.tasks.changed.connect(self._changed)
        self.room.alarm_opened.connect(self.open_specimen)

    def keys(self) -> Sequence[Key]:
        """The acts of the bench that this person may do."""
        shown, acts, steps = lambda: self.detail.facts is not None, self.acts, self.steps
        label = Key("Ctrl+L", _("Label of the sample"), acts.print_label, "printer", enabled=shown)
        change = Key("E", _("Change or correct a value"), acts.reopen, "pencil-simple", enabled=shown)
        offered: list[tuple[str, Key]] = [
            ("", Key("F3", _("Scan"), self.go_to_scan, "barcode", hint=True)),
            ("", Key("Ctrl+Return", _("Finish this step"), steps.finish, "check", hint=True)),
            ("", Key("F4", _("Go to the critical value"), self.go_to_call, "phone", enabled=self._has_call)),
            ("", Key("Ctrl+P", _("Print preview of the report"), acts.show_report, "file-text", enabled=self._is_out)),
            ("lab.read", Key("T", _("How critical values were told"), self.show_calls, "list-checks")),
            ("specimen.collect", Key("N", _("Collect specimens"), steps.collect, "test-tube")),
            ("specimen.collect", label),
            (
                "specimen.collect",
                Key("H", _("Hand over to the bench"), acts.hand_over, "truck", enabled=self._is_taken),
            ),
            ("specimen.collect", Key("L", _("Replace the label"), acts.relabel, "tag", enabled=shown)),
            ("specimen.reject", Key("R", _("Reject the sample"), acts.reject, "x-circle", enabled=shown)),
            ("result.enter", Key("C", _("Add a comment"), self.go_to_comment, "chat-text", enabled=shown)),
            ("result.enter result.correct", change),
            ("result.verify", Key("V", _("Verify"), steps.verify, "eye", enabled=lambda: steps.verifies)),
        ]
        return [key for rights, key in offered if not rights or any(map(self.desk.may, rights.split()))]

    def refresh(self) -> None:
        """Read the list and the specimen again."""
        query = partial(read_list, bench_too=self.desk.may("lab.read"))
        self.desk.tasks.read(query, self._look.show, self._failed, owner=self, replaces="list")
        if self._opened is not None:
            again = partial(read_bench, specimen=self._opened)
            self.desk.tasks.read(again, self._show_bench, self.desk.show_error, owner=self, replaces="bench")

    def visit(self, route: Route) -> bool:
        """Another specimen, patient or code, in this screen."""
        if not isinstance(route, LabWorklist):
            return False
        self._wanted = route.item or self._wanted
        if route.scan:
            self.scans.take(route.scan)
        self.refresh()
        self._correct(route)
        return True

    def _correct(self, route: LabWorklist) -> None:
        """Take a refused correction up again, now or as soon as its specimen is shown."""
        self._draft = route.draft
        if route.draft and route.item is not None:
            self.open_specimen(route.item)
            self._take_up()

    def _take_up(self) -> None:
        if self._draft and self.acts.correct_again(self._draft):
            self._draft = ""

    def scanned(self, code: str) -> bool:
        """Everything that is scanned here is looked at: what is no label of ours is told.

        A short number in a value's line was typed, however fast: no label is that short, and none has a decimal mark.
        """
        marked = code.replace(",", ".")
        number = marked.replace(".", "", 1).isdigit() and (len(code) <= SHORT or "." in marked)
        line = self.detail.grid.focused()
        if number and line is not None:
            return False
        if line is not None:
            line.value.textEdited.emit(line.value.text())  # the scanner took its code out of the line again
        self.scans.take(code)
        return True

    def unfinished(self) -> bool:
        """Results are typed and not saved."""
        return bool(self.detail.typed())

    def save_draft(self) -> None:
        """Keep half-typed results and a half-typed call."""
        if self.detail.typed():
            self.acts.keep_draft()
        if self.detail.call is not None:
            self.detail.call.form.save_draft()

    def leave(self) -> None:
        """Stop counting minutes."""
        self._tick.stop()

    # what is shown

    def _show_list(self, facts: BenchList) -> None:
        first = self._facts is None
        self._facts = facts
        self.list.show_list(facts, first=first)
        self._show_alarm()
        if self.detail.facts is None and self.patient is not None and facts.line(self.patient) is None:
            self.detail.show_nothing()
            self._show_patient(None)
        if self._wanted is not None or first:
            wanted = facts.line(self._wanted) if self._wanted else next(iter(facts.lines), None)
            current = self._line()
            if wanted is None or (current is not None and current.id == wanted.id):
                self._wanted = None
            if wanted is not None:
                self.list.table.select(wanted.id)
        if first:
            self._take_focus()
            if self._scan:
                self.scans.take(self._scan)

    def _take_focus(self) -> None:
        focus = self.window().focusWidget()
        if self.isVisible() and not (isinstance(focus, QLineEdit) and self.isAncestorOf(focus)):
            self.list.table.setFocus()

    def _choose(self, line: Line | None) -> None:
        """A line became current: show its plan at once, its specimen when the keyboard stays on it."""
        self.scans.expect_any()
        if line is None or self._awaits_another(line):
            return
        self._wanted = None
        if not self.list.stopped and line.id != self._asked:
            self.list.say_nothing()
        if line.plan is None:
            self._settle.start()
            return
        if self.detail.facts is not None and self.detail.typed():
            self.desk.say_draft_kept(self.detail.facts.bench.accession)
        self._asked = self._opened = None
        self._settle.stop()
        begin = self.steps.collect if self.desk.may("specimen.collect") else None
        self.detail.show_plan(line.plan, begin)
        self._show_patient(line.plan.patient.patient)

    def _awaits_another(self, line: Line) -> bool:
        """Whether this line became current by itself while the line of what an act opened is still to come.

        A table that gets the keyboard back makes its first row current: nobody chose that patient.
        """
        wanted = self._facts.line(self._wanted) if self._wanted is not None and self._facts is not None else None
        return self._wanted is not None and (wanted is None or wanted.id != line.id)

    def _open_current(self) -> None:
        line = self._line()
        if line is not None and line.work is not None and not self._awaits_another(line):
            self.open_specimen(line.work.specimen)

    def open_specimen(self, specimen: UUID) -> None:
        """Show a specimen; that it was opened is written down first, once."""
        self._settle.stop()  # a line that was current before does not open over it
        if specimen == self._asked:
            return
        self._asked = specimen
        act = partial(open_bench, specimen=specimen)
        self.desk.tasks.run(act, self._show_opened, self._not_opened, owner=self)

    def _not_opened(self, error: Exception) -> None:
        self._asked = self._opened  # so that it can be asked for again
        self.desk.show_error(error)

    def _show_opened(self, facts: BenchFacts) -> None:
        specimen = facts.bench.specimen
        if specimen != self._asked:
            return
        left = self.detail.facts
        if left is not None and left.bench.specimen != specimen and self.detail.typed():
            self.desk.say_draft_kept(left.bench.accession)
        self._opened = specimen
        self._show_bench(facts)
        line = self._line()
        if line is None or line.id != specimen:
            self.list.table.select(specimen)
        self.desk.drafts.load(self.acts.draft_key(specimen), partial(self._put_draft, specimen), owner=self)
        self._take_up()

    def _show_bench(self, facts: BenchFacts) -> None:
        if facts.bench.specimen != self._opened:
            return
        self.detail.show_specimen(facts)
        self.detail.show_acts(self.steps.offered(facts))
        self._show_patient(facts.bench.patient)
        self._show_alarm()
        self.room.reveal_soon()
        if not self.detail.typed():
            self.detail.show_draft("")
        if self._into_values:
            self._into_values = False
            self.steps.take_focus()

    def _put_draft(self, specimen: UUID, kept: dict[str, str] | None) -> None:
        if kept and specimen == self._opened:
            self.detail.put_draft(kept)
            self.acts.keep_draft()

    def _show_patient(self, patient: UUID | None) -> None:
        self.patient = patient
        self.tell()

    def _show_alarm(self) -> None:
        others = [c for c in self._facts.critical if c.result.specimen != self._opened] if self._facts else []
        self.room.show_alarm(others, self.desk.now)

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)

    def _pass_time(self) -> None:
        self.list.pass_time()
        self._show_alarm()

    def _line(self, patient: UUID | None = None) -> Line | None:
        """The current line, or the line of a patient."""
        if patient is not None:
            return self._facts.line(patient) if self._facts else None
        line = self.list.table.current_row()
        return line if isinstance(line, Line) else None

    def _is_taken(self) -> bool:
        return self.detail.facts is not None and self.detail.facts.bench.status == "collected"

    def _is_out(self) -> bool:
        return self.detail.facts is not None and bool(self.detail.facts.releases)

    def _has_call(self) -> bool:
        return self.detail.call is not None or bool(self._facts and self._facts.critical)

    # acts

    def go_to_scan(self) -> None:
        """The keyboard into the scan line; any label may come."""
        self.scans.expect_any()
        self.list.scan.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.list.scan.selectAll()

    def go_to_call(self) -> None:
        """The keyboard to the call of the critical value that is shown, else to the one that waits longest."""
        if self.detail.call is not None:
            self.detail.call.take_focus()
        else:
            assert self._facts is not None  # no key and no step leads here while nothing is open
            self._into_values = True
            self.open_specimen(self._facts.critical[0].result.specimen)

    def show_calls(self) -> None:
        """The report of critical values and their calls."""
        self.desk.routes.open(CriticalCalls())

    def go_to_comment(self) -> None:
        """The keyboard into the comment."""
        self.detail.comment.take_focus()

    def enter_detail(self) -> None:
        """From the line of the list into its detail, opened now if it is not shown yet."""
        line, self._wanted = self._line(), None
        if line is None or line.work is None:
            self.steps.collect()
        elif line.work.specimen == self._opened:
            self.steps.take_focus()
        else:
            self._into_values = True
            self._settle.stop()
            self.open_specimen(line.work.specimen)

    def _open_scanned(self, specimen: UUID, received: bool) -> None:
        self._wanted, self._into_values = specimen, True
        self.open_specimen(specimen)
        self.refresh()

    def _open_collected(self, specimen: UUID) -> None:
        """After collecting: the bench goes on with the tube; who only collects goes on with the list."""
        if self.desk.may("lab.read"):
            self._wanted = specimen
            self.open_specimen(specimen)
        self.refresh()

    def _open_record(self, line: Line, *, beside: bool) -> None:
        if line.patient is None:
            return
        patient = line.patient.patient
        record = PatientChart(patient) if self.desk.may("chart.read") else PatientRecord(patient)
        self.desk.routes.open(record, beside=beside)
