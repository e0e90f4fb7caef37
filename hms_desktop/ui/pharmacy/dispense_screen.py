# SPDX-License-Identifier: Apache-2.0
"""The dispensing counter (pictures 06, 14): the queue, and the patient who was chosen there with the acts on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from hms_desktop.clinic.ehr.service_prescriptions import SECOND_PERSON
from hms_desktop.clinic.patients.queries import Banner, banner
from hms_desktop.clinic.pharmacy import service
from hms_desktop.clinic.pharmacy.queries_counter import Counter, CounterLine
from hms_desktop.clinic.pharmacy.queries_counter import counter as read_counter
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.accounts import setting
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.pharmacy import kept
from hms_desktop.ui.pharmacy.alert_stack import standing_of
from hms_desktop.ui.pharmacy.at_counter import AtCounter
from hms_desktop.ui.pharmacy.counter_pane import CounterPane
from hms_desktop.ui.pharmacy.handing import Handing
from hms_desktop.ui.pharmacy.picking import Picking
from hms_desktop.ui.pharmacy.prepared import Prepared
from hms_desktop.ui.pharmacy.queue_card import QueueCard, QueueLine, read_queue
from hms_desktop.ui.pharmacy.settling import Settling
from hms_desktop.ui.pharmacy.side import LabelFace
from hms_desktop.ui.routes import PatientChart, PharmacyQueue, Route
from hms_desktop.ui.widgets.list_look import ListLook
from hms_desktop.ui.widgets.patient_amended import list_name
from hms_desktop.ui.widgets.worklist import WorklistDetail

TABLES = (
    "prescription", "dispense", "dispense_void", "allergy", "no_known_allergy", "alert_override", "stock_move",
    "batch", "item", "lease", "lease_spend", "ehr_conflict", "ehr_conflict_settlement", "own_outbox", "patient",
)  # fmt: skip


def _whom(lines: Sequence[QueueLine]) -> set[UUID]:
    return {line.row.patient for line in lines}


class DispensePage(Page):
    """The counter of this workstation's pharmacy."""

    def __init__(self, desk: Desk, route: PharmacyQueue) -> None:
        super().__init__(desk)
        self.title, self.context = _("Pharmacy"), desk.place.station
        self._wanted = route.prescription
        self.at: AtCounter | None = None
        self._opening: UUID | None = None
        self._go_to_lines = False
        self.queue = QueueCard(desk.now)
        self.pane = CounterPane(
            lambda: self.on_line(self.handing.print_label), lambda: self.on_line(self.settling.settle)
        )
        self.picking = Picking(desk, self, self.pane, self._show)
        self.settling = Settling(desk, self, self._again)
        self.handing = Handing(desk, self, self.pane, self._again)
        self._look = ListLook(desk, self, "pharmacy queue", _whom, self._show_queue, self._failed)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self.split = WorklistDetail(self.queue, self.pane, share=30)
        whole.addWidget(self.split)
        self.setFocusProxy(self.queue)

    def _connect(self) -> None:
        table, pane = self.queue.table, self.pane
        table.current_changed.connect(self._choose)
        table.chosen.connect(self._enter)
        table.opened.connect(lambda line: self._open_chart(line.row.patient))
        pane.lines.current_changed.connect(self._make_current)
        pane.lines.chosen.connect(lambda _line: self.on_line(self.picking.by_eye))
        pane.pick.scanned.connect(self.scanned)
        pane.part.clicked.connect(lambda: self.on_line(self.picking.part))
        pane.hold.clicked.connect(lambda: self.on_line(self._hold))
        pane.hand_over.clicked.connect(self.hand_over)
        self.desk.tasks.changed.connect(self._changed)

    def keys(self) -> Sequence[Key]:
        """The acts of the counter."""
        some = lambda: self._line() is not None  # noqa: E731
        alert = lambda: bool(self.pane.alerts.standing)  # noqa: E731
        on, picking = self.on_line, self.picking
        answer = [
            Key(str(n), _("Answer the alert, way {n}").format(n=n), partial(self.pane.alerts.answer, n), enabled=alert)
            for n in (1, 2, 3)
        ]
        by_eye, part, back = partial(on, picking.by_eye), partial(on, picking.part), partial(on, picking.put_back)
        hold, label = partial(on, self._hold), partial(on, self.handing.print_label)
        return (
            Key("F3", _("Scan the pack"), self.pane.pick.scan.setFocus, "barcode", hint=True, enabled=some),
            Key("P", _("Pick, checked by eye"), by_eye, "check", hint=True, enabled=some),
            Key("Ctrl+Return", _("Hand over"), self.hand_over, "check", hint=True, enabled=self._ready),
            *answer,
            Key("S", _("Supply a part"), part, "package", enabled=some),
            Key("H", _("Hold and ask the prescriber"), hold, "pause", enabled=some),
            Key("U", _("Put the pick back"), back, "arrow-u-up-left", enabled=some),
            Key("F4", _("Prescription lines"), self.pane.lines.take_focus, "rows", enabled=some),
            Key("Ctrl+P", _("Print the label"), label, "printer", enabled=self.pane.label.print.isEnabled),
            Key("B", _("Take back the last hand-over"), self.take_back, "arrow-bend-up-left", enabled=self._has_supply),
        )

    def refresh(self) -> None:
        """Read the queue again."""
        self.desk.tasks.read(read_queue, self._look.show, self._failed, owner=self, replaces="queue")

    def visit(self, route: Route) -> bool:
        """Another prescription in this screen."""
        if not isinstance(route, PharmacyQueue):
            return False
        self._wanted = route.prescription
        self.refresh()
        return True

    def scanned(self, code: str) -> bool:
        """A scanned pack belongs to the current line."""
        return self.on_line(partial(self.picking.scan, code))

    def unfinished(self) -> bool:
        """Picked lines wait for the hand-over; they are kept as a draft at once."""
        return bool(self.prepared)

    @property
    def prepared(self) -> Mapping[UUID, Prepared]:
        """What is picked of the patient who is shown."""
        return self.at.prepared if self.at else {}

    # what is shown

    def _show_queue(self, lines: Sequence[QueueLine]) -> None:
        self.queue.show_lines(lines)
        found = self.queue.line_of(self._wanted) if self._wanted else None
        if found is not None:
            self.queue.go_to(found)
            self._choose(found)
            self._wanted = None
        elif self.at is None:
            self.pane.show_nothing()
            self._take_focus()

    def _take_focus(self) -> None:
        """The queue has the keyboard when the screen opens, unless the person is typing somewhere."""
        focus: Any = self.window().focusWidget()
        if self.isVisible() and (focus is None or not self.isAncestorOf(focus)) and not isinstance(focus, QLineEdit):
            self.queue.table.setFocus()

    def _choose(self, line: QueueLine | None) -> None:
        if line is None or (self.at is not None and line.row.patient == self.at.counter.patient):
            return
        if self.at is not None and self.at.prepared:
            self.desk.say_draft_kept(list_name(self.at.name))
        if line.row.patient != self._opening:  # a line that is gone to and chosen is one look
            self.at = None
            self._open(line.row.patient)

    def _enter(self, line: QueueLine) -> None:
        """Enter goes to the lines, now or as soon as they are there."""
        self._choose(line)
        self._go_to_lines = self.at is None
        if self.at is not None:
            self.pane.lines.take_focus()

    def _open(self, patient: UUID) -> None:
        self._opening = patient
        self.desk.tasks.run(partial(_open_counter, patient=patient), self._opened, self._not_opened, owner=self)

    def _not_opened(self, error: ClinicError) -> None:
        self._opening = None
        self._failed(error)

    def _opened(self, facts: tuple[Counter, Banner, bool]) -> None:
        counter = facts[0]
        self._opening = None if self._opening == counter.patient else self._opening
        if self.at is not None and self.at.counter.patient == counter.patient:
            self.at.take(*facts)
        else:
            self.at = AtCounter(*facts)
        self.patient = self.at.patient
        self.tell()
        self.desk.drafts.load(kept.draft_key(self.patient), partial(self._restore, self.at), owner=self)
        self._show()
        if self._go_to_lines:
            self._go_to_lines = False
            QTimer.singleShot(0, self.pane.lines, self.pane.lines.take_focus)

    def _restore(self, at: AtCounter, content: dict[str, Any] | None) -> None:
        if content:
            at.restore(content)
            self._show()

    def _show(self) -> None:
        """Show the patient as they are at the counter now."""
        if self.at is None:
            return
        at, lines = self.at, self.at.counter.lines
        at.settle_current()
        prescriber = lines[0].medicine.requester if lines else ""
        self.pane.alerts.show_alerts(standing_of(at.counter, prescriber, self.settling.ways(at)))
        note = _("by {name}").format(name=prescriber) if prescriber else ""
        self.pane.lines.show_lines(lines, at.prepared, at.current, self.desk.now().date(), note)
        self._show_side(at)
        self._show_foot(at)
        self.tell()

    def _show_side(self, at: AtCounter) -> None:
        line, pane, who = at.line, self.pane, at.who
        prepared = at.picked_of(line) if line else None
        pane.pick.show_state(len(at.prepared), len(at.waiting), line, prepared)
        clinic = _("{clinic} Pharmacy").format(clinic=self.desk.place.clinic)
        pane.label.show_label(LabelFace(clinic, at.name, line, prepared, self.desk.now()) if line else None)
        points = [x.item.label_text for x in at.waiting if x.item and x.item.label_text]
        pane.tell.show_points(tuple(dict.fromkeys(points)), (who.language or "?") if who.interpreter else "")
        pane.before.show_rows(at.counter.supplied_before, self.desk.place.zone)

    def _show_foot(self, at: AtCounter) -> None:
        count, waiting = len(self.pane.alerts.standing), len(at.waiting)
        if at.prepared:
            words = _("{picked} of {all} lines picked").format(picked=len(at.prepared), all=waiting)
        elif count:
            words = ngettext("{count} alert to settle first", "{count} alerts to settle first", count)
        elif waiting:
            words = _("Scan or pick a line first")
        else:
            words = _("Everything is collected")
        self.pane.show_foot(words.format(count=count), self._ready(), bool(waiting))

    def _make_current(self, prescription: UUID) -> None:
        if self.at is not None:
            self.at.current = prescription
        self.pane.pick.say("")
        self._show()
        self.pane.lines.take_focus()
        for row in self.pane.lines.rows:
            if row.current:
                QTimer.singleShot(0, row, partial(self.pane.show_row, row))

    def _line(self) -> CounterLine | None:
        return self.at.line if self.at else None

    def _ready(self) -> bool:
        """Whether something is picked, allergies were asked about, and this person may supply."""
        at = self.at
        picked = at is not None and bool(at.prepared) and not at.counter.blocked_by_allergies
        return picked and self.desk.may("dispense.supply")

    def _has_supply(self) -> bool:
        return bool(self.at and self.at.standing_supply) and self.desk.may("dispense.void")

    # acts

    def on_line(self, act: Callable[[AtCounter, CounterLine], object]) -> bool:
        """Act on the current line; False, and nothing is done, while no patient or no line is there."""
        if self.at is None or self.at.line is None:
            return False
        act(self.at, self.at.line)
        return True

    def _hold(self, at: AtCounter, line: CounterLine) -> None:
        """Hold a line and ask its prescriber."""
        self.picking.put_back(at, line)
        self.settling.ask_prescriber(line)

    def hand_over(self) -> None:
        """Hand over everything that is picked."""
        if self.at is not None and self._ready():
            self.handing.hand_over(self.at)

    def take_back(self) -> None:
        """Take back the latest hand-over that stands; its key works only while there is one."""
        assert self.at is not None and self.at.standing_supply is not None
        self.handing.take_back(self.at.standing_supply)

    # reading again

    def _again(self) -> None:
        if self.at is not None:
            self._open(self.at.counter.patient)
        self.refresh()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()
            if self.at is not None:
                query = partial(_read_counter, patient=self.at.counter.patient)
                self.desk.tasks.read(query, self._refreshed, self._failed, owner=self, replaces="counter")

    def _refreshed(self, counter: Counter) -> None:
        if self.at is not None and counter.patient == self.at.counter.patient:
            self.at.read_again(counter)
            self._show()

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)

    def _open_chart(self, patient: UUID) -> None:
        self.desk.routes.open(PatientChart(patient, "medicines"))


def _open_counter(unit: Any, patient: UUID) -> tuple[Counter, Banner, bool]:
    counter = service.open_counter(unit, patient=patient)
    return counter, banner(unit, patient), bool(setting(unit, SECOND_PERSON, True))


def _read_counter(reader: Any, patient: UUID) -> Counter:
    return read_counter(reader, patient)
