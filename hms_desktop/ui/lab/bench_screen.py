# SPDX-License-Identifier: Apache-2.0
"""The laboratory's bench (picture 05): scan line, worklist by priority and age, and the specimen that is worked on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from hms_desktop.clinic.lab.queries_calls import OpenCritical
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.lab import words
from hms_desktop.ui.lab.bench_acts import BenchActs
from hms_desktop.ui.lab.bench_facts import BenchFacts, BenchList, Line, open_bench, read_bench, read_list
from hms_desktop.ui.lab.bench_list import BenchListCard
from hms_desktop.ui.lab.detail import BenchDetail
from hms_desktop.ui.lab.scan_desk import ScanDesk
from hms_desktop.ui.routes import CriticalCalls, LabWorklist, PatientChart, PatientRecord, Route
from hms_desktop.ui.widgets.alerts import AlertAct, AlertFace, CheckBar
from hms_desktop.ui.widgets.labels import dress
from hms_desktop.ui.widgets.scroll_pane import ScrollPane
from hms_desktop.ui.widgets.theme import theme
from hms_desktop.ui.widgets.worklist import WorklistDetail

TABLES = frozenset({
    "specimen", "specimen_step", "specimen_order", "lab_result", "lab_result_void", "result_verification",
    "result_release", "result_recipient", "result_acknowledgement", "critical_call", "service_order",
    "lab_conflict", "lab_conflict_settlement", "patient", "own_outbox",
})  # fmt: skip
TICK_MS = 20_000
STACKED = 900
"""Height in pixels at 100 % text of list and detail when one stands below the other."""
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
        self._scan = route.scan
        self._asked: UUID | None = None
        self._opened: UUID | None = None
        self._into_values = False
        self.list = BenchListCard(_("Bench"), desk.now)
        self.detail = BenchDetail(desk)
        self.acts = BenchActs(desk, self, self.detail, self.refresh, self._open_collected)
        self.scans = ScanDesk(desk, self.list, self._open_scanned, self.acts.reject_specimen)
        self.alarm: CheckBar | None = None
        self._lay_out()
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._open_current)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._pass_time)
        self._tick.start()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        right = QWidget()
        dress(right, surface="scroll")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(4))
        self._alarms = QVBoxLayout()
        column.addLayout(self._alarms)
        column.addWidget(self.detail, 1)
        self.split = WorklistDetail(self.list, right, share=39)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._area = ScrollPane(self.split, whole=False)  # list and detail scroll for themselves
        whole.addWidget(self._area)
        self.setFocusProxy(self.list.table)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """With the detail below the list, both keep a useful height and the page scrolls."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        self.split.setMinimumHeight(theme.grow(STACKED) if self.split.stacked else 0)
        QTimer.singleShot(0, self, self._reveal)

    @Slot(QWidget, QWidget)
    def _keyboard_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and isValid(self) and self.isAncestorOf(new):
            QTimer.singleShot(0, self, self._reveal)

    def _reveal(self) -> None:
        """What has the keyboard is in sight, in the detail and on a page that scrolls."""
        focus: QWidget | None = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self.detail.reveal()
            if self.split.stacked:
                self._area.ensureWidgetVisible(focus, 0, theme.grow(28))

    def _connect(self) -> None:
        table = self.list.table
        table.current_changed.connect(self._choose)
        table.chosen.connect(lambda _line: self.enter_detail())
        table.opened.connect(lambda line: self._open_record(line, beside=False))
        table.opened_beside.connect(lambda line: self._open_record(line, beside=True))
        self.detail.main_wanted.connect(self.finish_step)
        self.detail.wanted.connect(self._further)
        self.detail.call_settled.connect(self.refresh)
        self.detail.edited.connect(self.acts.keep_draft)
        self.detail.grid.left.connect(self._value_typed)
        self.detail.grid.acted.connect(self.acts.on_result)
        self.desk.tasks.changed.connect(self._changed)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._keyboard_moved)

    def keys(self) -> Sequence[Key]:
        """The acts of the bench."""
        may, shown = self.desk.may, lambda: self.detail.facts is not None
        acts = self.acts
        keys = [
            Key("F3", _("Scan"), self.go_to_scan, "barcode", hint=True),
            Key("Ctrl+Return", _("Finish this step"), self.finish_step, "check", hint=True),
            Key("F4", _("Go to the critical value"), self.go_to_call, "phone", enabled=self._has_call),
            Key("Ctrl+P", _("Print preview of the report"), acts.show_report, "file-text", enabled=shown),
        ]
        if may("lab.read"):
            keys.append(Key("T", _("How critical values were told"), self.show_calls, "list-checks"))
        if may("specimen.collect"):
            keys.append(Key("N", _("Collect specimens"), self.collect, "test-tube"))
            keys.append(Key("Ctrl+L", _("Label of the sample"), acts.print_label, "printer", enabled=shown))
            keys.append(Key("H", _("Hand over to the bench"), acts.hand_over, "truck", enabled=self._is_collected))
            keys.append(Key("L", _("Replace the label"), acts.relabel, "tag", enabled=shown))
        if may("specimen.reject"):
            keys.append(Key("R", _("Reject the sample"), acts.reject, "x-circle", enabled=shown))
        if may("result.enter"):
            keys.append(Key("C", _("Add a comment"), self.go_to_comment, "chat-text", enabled=shown))
        if may("result.enter") or may("result.correct"):
            keys.append(Key("E", _("Change or correct a value"), acts.reopen, "pencil-simple", enabled=shown))
        if may("result.verify"):
            keys.append(Key("V", _("Verify"), self.verify, "eye", enabled=shown))
        return keys

    def refresh(self) -> None:
        """Read the list and the specimen again."""
        query = partial(read_list, bench_too=self.desk.may("lab.read"))
        self.desk.tasks.read(query, self._show_list, self._failed, owner=self, replaces="list")
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
        return True

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
        begin = self.collect if self.desk.may("specimen.collect") else None
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

    def _show_bench(self, facts: BenchFacts) -> None:
        if facts.bench.specimen != self._opened:
            return
        self.detail.show_specimen(facts)
        self.detail.show_acts(self._further_acts(facts))
        self._show_patient(facts.bench.patient)
        self._show_alarm()
        QTimer.singleShot(0, self, self._reveal)
        if not self.detail.typed():
            self.detail.show_draft("")
        if self._into_values:
            self._into_values = False
            self._focus_detail()

    def _put_draft(self, specimen: UUID, kept: dict[str, str] | None) -> None:
        if kept and specimen == self._opened:
            self.detail.put_draft(kept)
            self.acts.keep_draft()

    def _show_patient(self, patient: UUID | None) -> None:
        self.patient = patient
        self.tell()

    def _show_alarm(self) -> None:
        """Critical values of other specimens stay in sight until somebody was told."""
        others = [c for c in self._facts.critical if c.result.specimen != self._opened] if self._facts else []
        face = self._alarm_face(others)
        if face == (self.alarm.face if self.alarm is not None else None):
            return
        if self.alarm is not None:
            self._alarms.removeWidget(self.alarm)
            self.alarm.hide()
            self.alarm.deleteLater()
            self.alarm = None
        if face is not None:
            specimen = others[0].result.specimen
            self.alarm = CheckBar(face, "critical")
            self.alarm.acted.connect(lambda _name: self.open_specimen(specimen))
            self._alarms.addWidget(self.alarm)

    def _alarm_face(self, others: Sequence[OpenCritical]) -> AlertFace | None:
        if not others:
            return None
        first, count = others[0], len(others)
        title = ngettext(
            "{count} critical value waits to be phoned", "{count} critical values wait to be phoned", count
        )
        name = first.patient.listed if first.patient else first.accession
        text = _("{test} {value}, {name}, {when}").format(
            test=first.result.display, value=words.measured_words(first.result), name=name,
            when=words.call_by_words(first.call_by, self.desk.now()),
        )  # fmt: skip
        return AlertFace(title.format(count=count), text, acts=(AlertAct("open", _("Open it"), key="F4"),))

    def _further_acts(self, facts: BenchFacts) -> list[tuple[str, str, str, str]]:
        may, bench = self.desk.may, facts.bench
        active = bench.status in ("collected", "in-transit", "available") and bench.state != "released"
        offered = [
            ("reject", _("Reject sample"), "x-circle", "R", active and may("specimen.reject")),
            ("label", _("Label"), "printer", "Ctrl+L", active and may("specimen.collect")),
            ("report", _("Report"), "file-text", "Ctrl+P", bool(facts.releases) and may("document.print")),
        ]
        return [(name, said, icon, key) for name, said, icon, key, on in offered if on]

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)

    def _pass_time(self) -> None:
        self.list.pass_time()
        self._show_alarm()

    def _line(self) -> Line | None:
        line = self.list.table.current_row()
        return line if isinstance(line, Line) else None

    def _is_collected(self) -> bool:
        return self.detail.facts is not None and self.detail.facts.bench.status == "collected"

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
        elif self._facts and self._facts.critical:
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
            self.collect()
        elif line.work.specimen == self._opened:
            self._focus_detail()
        else:
            self._into_values = True
            self._settle.stop()
            self.open_specimen(line.work.specimen)

    def _focus_detail(self) -> None:
        """The keyboard to the first value to type, to a call, else to the next step."""
        step = self.detail.step.act
        if step == "receive":
            self.finish_step()
        elif step == "call" and self.detail.call is not None:
            self.detail.call.take_focus()
        elif step not in ("enter", "save") or not self.detail.grid.take_focus():
            self.detail.main.setFocus(Qt.FocusReason.OtherFocusReason)

    def finish_step(self) -> None:
        """Do the next step of what is shown; inside a call, record the call."""
        call, facts = self.detail.call, self.detail.facts
        if call is not None and call.has_keyboard:
            call.finish()
            return
        if facts is None:
            self.collect()
            return
        step = self.detail.step
        if step.holds is not None:
            self.detail.say_refusal(step.holds)
            return
        bench = facts.bench
        doings: dict[str, Callable[[], object]] = {
            "receive": partial(self.scans.expect, bench.patient, bench.accession), "save": self.acts.save,
            "enter": self.detail.grid.take_focus, "call": self.go_to_call, "verify": self.verify,
            "validate": self.verify, "release": self.acts.release, "report": self.acts.show_report,
            "collect": partial(self._collect_from, bench.patient),
        }  # fmt: skip
        if step.act in doings:
            doings[step.act]()

    def verify(self) -> None:
        """Stand for the values that are next: all normal ones together, the others one by one."""
        step = self.detail.step
        if step.act in ("verify", "validate"):
            if step.holds is not None:
                self.detail.say_refusal(step.holds)
            else:
                self.acts.verify(step.act, step.results)

    def collect(self) -> None:
        """Collect from the patient of the line, when orders wait there."""
        line = self._line()
        if line is not None and line.plan is not None:
            self.acts.collect(line.plan)
        elif self.patient is not None:
            self._collect_from(self.patient)

    def _collect_from(self, patient: UUID) -> None:
        line = self._facts.line(patient) if self._facts else None
        if line is not None and line.plan is not None:
            self.acts.collect(line.plan)
        else:
            self.detail.say_refusal(_("No order of this patient waits for a specimen."))

    def _value_typed(self) -> None:
        """A critical value is saved as soon as it is typed: the phone must not wait for the rest."""
        if self.detail.grid.critical_typed() and self.desk.may("result.enter"):
            self.acts.save_usable()

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

    def _further(self, name: str) -> None:
        acts = {"reject": self.acts.reject, "label": self.acts.print_label, "report": self.acts.show_report}
        acts[name]()

    def _open_record(self, line: Line, *, beside: bool) -> None:
        knows, patient = self.desk.routes.knows, line.patient
        if patient is None:
            return
        if knows(PatientChart) and self.desk.may("chart.read"):
            self.desk.routes.open(PatientChart(patient.patient), beside=beside)
        elif knows(PatientRecord):
            self.desk.routes.open(PatientRecord(patient.patient), beside=beside)
