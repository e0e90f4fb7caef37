# SPDX-License-Identifier: Apache-2.0
"""The dispensing counter (pictures 06, 14): queue, alerts on top, lines to pick and check, label, hand-over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from hms_desktop.clinic.ehr import service_allergies as allergies
from hms_desktop.clinic.ehr.service_prescriptions import SECOND_PERSON
from hms_desktop.clinic.patients.queries import Banner, banner
from hms_desktop.clinic.pharmacy import service
from hms_desktop.clinic.pharmacy.queries_counter import Counter, CounterLine, LineAlert
from hms_desktop.clinic.pharmacy.queries_counter import counter as read_counter
from hms_desktop.core.changes import Changes
from hms_desktop.core.errors import BadInput, ClinicError
from hms_desktop.core.text import _, ngettext
from hms_desktop.security.accounts import setting
from hms_desktop.ui.desk import Desk, Key, Page
from hms_desktop.ui.pharmacy import dialogs, kept, label_print
from hms_desktop.ui.pharmacy.alert_stack import Ways, standing_of
from hms_desktop.ui.pharmacy.counter_pane import CounterPane
from hms_desktop.ui.pharmacy.prepared import (
    Prepared,
    can_be_picked,
    hand_over_of,
    judged,
    largest_part,
    leaves_order,
    open_lines,
    pick_proposed,
    pick_scanned,
)
from hms_desktop.ui.pharmacy.queue_card import QueueCard, QueueLine, read_queue
from hms_desktop.ui.pharmacy.side import LabelFace
from hms_desktop.ui.pharmacy.words import amount
from hms_desktop.ui.routes import ConflictInbox, PatientChart, PharmacyQueue, Route
from hms_desktop.ui.widgets.confirm import ask_first
from hms_desktop.ui.widgets.patient_amended import birth_day, full_name
from hms_desktop.ui.widgets.tall_man import tall_man
from hms_desktop.ui.widgets.worklist import WorklistDetail

TABLES = (
    "prescription", "dispense", "dispense_void", "allergy", "no_known_allergy", "alert_override", "stock_move",
    "batch", "item", "lease", "lease_spend", "ehr_conflict", "ehr_conflict_settlement", "own_outbox", "patient",
)  # fmt: skip


class DispensePage(Page):
    """The counter of this workstation's pharmacy."""

    def __init__(self, desk: Desk, route: PharmacyQueue) -> None:
        super().__init__(desk)
        self.title, self.context = _("Pharmacy"), desk.place.station
        self._wanted = route.prescription
        self._counter: Counter | None = None
        self._who: Banner | None = None
        self._current: UUID | None = None
        self._second_needed = True
        self._go_to_lines = False
        self.prepared: dict[UUID, Prepared] = {}
        self._to_call = False
        self.queue = QueueCard(desk.now)
        self.pane = CounterPane(self.print_label)
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
        pane.lines.chosen.connect(lambda _line: self.pick_by_eye())
        pane.pick.scanned.connect(self._scan)
        pane.part.clicked.connect(self.part_supply)
        pane.hold.clicked.connect(self.ask_prescriber)
        pane.hand_over.clicked.connect(self.hand_over)
        self.desk.tasks.changed.connect(self._changed)

    def keys(self) -> Sequence[Key]:
        """The acts of the counter."""
        some = lambda: self._line() is not None  # noqa: E731
        alert = lambda: bool(self.pane.alerts.standing)  # noqa: E731
        answer = [
            Key(str(n), _("Answer the alert, way {n}").format(n=n), partial(self.pane.alerts.answer, n), enabled=alert)
            for n in (1, 2, 3)
        ]
        return (
            Key("F3", _("Scan the pack"), self._focus_scan, "barcode", hint=True, enabled=some),
            Key("P", _("Pick, checked by eye"), self.pick_by_eye, "check", hint=True, enabled=some),
            Key("Ctrl+Return", _("Hand over"), self.hand_over, "check", hint=True, enabled=self._ready),
            *answer,
            Key("S", _("Supply a part"), self.part_supply, "package", enabled=some),
            Key("H", _("Hold and ask the prescriber"), self.ask_prescriber, "pause", enabled=some),
            Key("U", _("Put the pick back"), self.put_back, "arrow-u-up-left", enabled=some),
            Key("F4", _("Prescription lines"), self.pane.lines.take_focus, "rows", enabled=some),
            Key("Ctrl+P", _("Print the label"), self.print_label, "printer", enabled=some),
            Key("B", _("Take back the last hand-over"), self.take_back, "arrow-bend-up-left", enabled=self._has_supply),
        )

    def refresh(self) -> None:
        """Read the queue again."""
        self.desk.tasks.read(read_queue, self._show_queue, self._failed, owner=self, replaces="queue")

    def visit(self, route: Route) -> bool:
        """Another prescription in this screen."""
        if not isinstance(route, PharmacyQueue):
            return False
        self._wanted = route.prescription
        self.refresh()
        return True

    def scanned(self, code: str) -> bool:
        """A scanned pack belongs to the current line."""
        if self._line() is None:
            return False
        self._scan(code)
        return True

    def has_unsaved(self) -> bool:
        """What is picked is kept as a draft at once."""
        return False

    def unfinished(self) -> bool:
        """Picked lines wait for the hand-over."""
        return bool(self.prepared)

    # what is shown

    def _show_queue(self, lines: Sequence[QueueLine]) -> None:
        self.queue.show_lines(lines)
        found = self.queue.line_of(self._wanted) if self._wanted else None
        if found is not None:
            self.queue.go_to(found)
            self._choose(found)
            self._wanted, self._to_call = None, True
        elif self._counter is None:
            self.pane.show_nothing()
            self._take_focus()

    def _take_focus(self) -> None:
        """The queue has the keyboard when the screen opens, unless the person is typing somewhere."""
        focus: Any = self.window().focusWidget()
        if self.isVisible() and (focus is None or not self.isAncestorOf(focus)) and not isinstance(focus, QLineEdit):
            self.queue.table.setFocus()

    def _choose(self, line: QueueLine | None) -> None:
        if line is None or (self._counter is not None and line.row.patient == self._counter.patient):
            return
        if self.prepared and self._who is not None:
            self.desk.say_draft_kept(self._who.name.listed)
        self.prepared, self._current, self._counter, self._to_call = {}, None, None, False
        self._open(line.row.patient)

    def _enter(self, line: QueueLine) -> None:
        """Enter goes to the lines, now or as soon as they are there."""
        self._choose(line)
        self._to_call, self._go_to_lines = True, self._counter is None
        if self._counter is not None:
            self.pane.lines.take_focus()

    def _open(self, patient: UUID) -> None:
        self.desk.tasks.run(partial(_open_counter, patient=patient), self._opened, self._failed, owner=self)

    def _opened(self, facts: tuple[Counter, Banner, bool]) -> None:
        self._counter, self._who, self._second_needed = facts
        self.patient = self._who.name.patient
        self.tell()
        self.desk.drafts.load(kept.draft_key(self.patient), self._restore, owner=self)
        self._show()
        if self._go_to_lines:
            self._go_to_lines = False
            QTimer.singleShot(0, self.pane.lines, self.pane.lines.take_focus)

    def _restore(self, content: dict[str, Any] | None) -> None:
        if content and not self.prepared and self._counter is not None:
            ids = {line.medicine.id for line in open_lines(self._counter.lines) if can_be_picked(line)}
            self.prepared = {k: v for k, v in kept.from_draft(content).items() if k in ids}
            self._show()

    def _show(self) -> None:
        counter, who = self._counter, self._who
        if counter is None or who is None:
            return
        lines = counter.lines
        if self._current not in {line.medicine.id for line in lines}:
            waiting = open_lines(lines) or list(lines)
            best = next((line for line in waiting if can_be_picked(line)), waiting[0] if waiting else None)
            self._current = best.medicine.id if best else None
        prescriber = lines[0].medicine.requester if lines else ""
        self.pane.alerts.show_alerts(standing_of(counter, prescriber, self._ways()))
        note = _("by {name}").format(name=prescriber) if prescriber else ""
        self.pane.lines.show_lines(lines, self.prepared, self._current, self.desk.now().date(), note)
        self._show_side(counter, who)
        self._show_foot(counter)
        self.tell()

    def _show_side(self, counter: Counter, who: Banner) -> None:
        line, pane = self._line(), self.pane
        prepared = self.prepared.get(self._current) if self._current else None
        pane.pick.show_state(len(self.prepared), len(open_lines(counter.lines)), line, prepared)
        clinic = _("{clinic} Pharmacy").format(clinic=self.desk.place.clinic)
        pane.label.show_label(LabelFace(clinic, who.name, line, prepared, self.desk.now()) if line else None)
        points = [x.item.label_text for x in open_lines(counter.lines) if x.item and x.item.label_text]
        pane.tell.show_points(tuple(dict.fromkeys(points)), (who.language or "?") if who.interpreter else "")
        pane.before.show_rows(counter.supplied_before, self.desk.place.zone)

    def _show_foot(self, counter: Counter) -> None:
        count = len(self.pane.alerts.standing)
        waiting = len(open_lines(counter.lines))
        words = ""
        if self.prepared:
            words = _("{picked} of {all} lines picked").format(picked=len(self.prepared), all=waiting)
        elif count:
            words = ngettext("{count} alert to settle first", "{count} alerts to settle first", count)
        elif waiting:
            words = _("Scan or pick a line first")
        else:
            words = _("Everything is collected")
        self.pane.show_foot(words.format(count=count), self._ready(), self._line() is not None and bool(waiting))

    def _ways(self) -> Ways:
        return Ways(
            ask=self._ask_about, go_on=self._go_on, settle=self._settle, none_known=self._none_known,
            record=self._record_allergy, could_not_ask=self._could_not_ask,
        )  # fmt: skip

    def _line(self) -> CounterLine | None:
        if self._counter is None or self._current is None:
            return None
        return next((line for line in self._counter.lines if line.medicine.id == self._current), None)

    def _make_current(self, prescription: UUID) -> None:
        self._current = prescription
        self.pane.pick.say("")
        self._show()
        self.pane.lines.take_focus()
        current = next((row for row in self.pane.lines.rows if row.current), None)
        if current is not None:
            QTimer.singleShot(0, current, lambda: self.pane.show_row(current))

    def _ready(self) -> bool:
        blocked = self._counter is None or self._counter.blocked_by_allergies
        return bool(self.prepared) and not blocked and self.desk.may("dispense.supply")

    def _has_supply(self) -> bool:
        supplied = self._counter.supplied_before if self._counter else ()
        return any(row.void_reason is None for row in supplied) and self.desk.may("dispense.void")

    # picking

    def _focus_scan(self) -> None:
        self.pane.pick.scan.setFocus()

    def _scan(self, code: str) -> None:
        line = self._line()
        if line is None:
            return
        self.pane.pick.say("")
        self._call_for_rest(line)
        if not can_be_picked(line):
            self.pane.pick.say(_("Settle the alert of this line first."))
            return
        try:
            quantity = self.prepared[line.medicine.id].quantity if line.medicine.id in self.prepared else None
            scan, found = pick_scanned(line, code, quantity or largest_part(line), self.desk.now().date())
        except BadInput as error:
            self.pane.pick.say(str(error))
            return
        if found is None:
            self.pane.pick.say(scan.problem or "")
            self.desk.announce(scan.problem or "")
        else:
            self._take(line, found)

    def pick_by_eye(self) -> None:
        """Pick the batches that expire first for the current line, checked by eye."""
        line = self._line()
        if line is None or line.fill.owing <= 0:
            return
        self._call_for_rest(line)
        if not can_be_picked(line):
            self.pane.pick.say(_("Settle what stands in the way of this line first."))
            return
        self._take(line, pick_proposed(line, largest_part(line), self.desk.now().date()))

    def _call_for_rest(self, line: CounterLine) -> None:
        """Who picks wants to supply: what another counter holds and has not used is on its way by the hand-over."""
        if (line.fill.owing > (line.lent or 0) or line.short) and self.desk.may("dispense.supply"):
            call = partial(service.call_for_rest, patient=line.medicine.patient, prescription=line.medicine.id)
            self.desk.tasks.run(call, None, self._failed, owner=self)

    def _take(self, line: CounterLine, found: Prepared) -> None:
        if leaves_order(line, found, self.desk.now().date()) and not found.batch_reason:
            lot = found.picks[0].lot
            dialogs.ask_batch_reason(
                self.desk, self, line, lot, lambda reason: self._took(line, replace(found, batch_reason=reason))
            )
        else:
            self._took(line, found)

    def _took(self, line: CounterLine, found: Prepared) -> None:
        self.prepared[line.medicine.id] = found
        self.pane.pick.say("")
        self._keep()
        self.desk.announce(_("{medicine} picked").format(medicine=line.medicine.display))
        following = [x for x in open_lines(self._counter.lines if self._counter else ()) if can_be_picked(x)]
        left = [x for x in following if x.medicine.id not in self.prepared]
        self._current = left[0].medicine.id if left else line.medicine.id
        self._show()

    def put_back(self) -> None:
        """Undo the pick of the current line."""
        if self._current is not None and self.prepared.pop(self._current, None) is not None:
            self._keep()
            self._show()

    def part_supply(self) -> None:
        """Choose a smaller (or, by override, larger) quantity for the current line."""
        line = self._line()
        if line is None or not can_be_picked(line):
            self.pick_by_eye()
            return
        today = self.desk.now().date()
        dialogs.ask_part(self.desk, self, line, lambda quantity: self._take(line, pick_proposed(line, quantity, today)))

    def _keep(self) -> None:
        if self.patient is not None:
            self.desk.drafts.save(kept.draft_key(self.patient), kept.as_draft(self.prepared), _("Dispensing"))

    # alerts

    def _go_on(self, line: CounterLine, alert: LineAlert) -> None:
        dialogs.ask_go_on(self.desk, self, line, alert, self._second_needed, lambda _id: self._again())

    def _ask_about(self, line: CounterLine) -> None:
        dialogs.ask_prescriber(self.desk, self, line, lambda _id: self.desk.toast(_("The question was sent.")))

    def ask_prescriber(self) -> None:
        """Hold the current line and ask its prescriber."""
        if (line := self._line()) is not None:
            self.put_back()
            self._ask_about(line)

    def _settle(self, line: CounterLine) -> None:
        if self.desk.routes.knows(ConflictInbox):
            self.desk.routes.open(ConflictInbox())

    def _none_known(self) -> None:
        if self.patient is not None:
            act = partial(allergies.state_no_allergies, patient=self.patient)
            self.desk.tasks.run(act, lambda _id: self._again(), self._failed, owner=self)

    def _record_allergy(self) -> None:
        if self.patient is not None:
            dialogs.ask_allergy(self.desk, self, self.patient, lambda _id: self._again())

    def _could_not_ask(self) -> None:
        if self._current is not None:
            dialogs.ask_could_not(self.desk, self, self._current, lambda _id: self._again())

    # hand-over

    def hand_over(self) -> None:
        """Hand over everything that is picked, after a question that names it."""
        if not self._ready() or self._counter is None or self._who is None:
            return
        lines = [line for line in self._counter.lines if line.medicine.id in self.prepared]
        whys = [s.why for s in (judged(line, self.prepared[line.medicine.id]) for line in lines) if not s.firm]
        facts = [(tall_man(x.medicine.display), amount(self.prepared[x.medicine.id].quantity, x)) for x in lines]
        if any(x.item is not None and x.item.controlled for x in lines):
            told = [why or "" for why in whys]
            who = full_name(self._who.name)
            dialogs.ask_witness(self.desk, self, who, facts, told, partial(self._asked, lines), self._witnessed)
            return
        if whys:
            make = partial(self._asked, lines)
            dialogs.ask_override(self.desk, self, [why or "" for why in whys], make, self._handed_over)
            return
        count = ngettext("Hand over {count} medicine", "Hand over {count} medicines", len(lines))
        name = self._who.name
        ask_first(
            self, _("Hand over to {name}?").format(name=full_name(name)),
            _("Born {born}, record {record}. Ask for both before you hand over.").format(
                born=birth_day(name), record=name.mrn),
            count.format(count=len(lines)), lambda: self._do_hand_over(self._asked(lines, None)), facts=facts,
        )  # fmt: skip

    def _asked(self, lines: Sequence[CounterLine], reason: str | None) -> list[service.HandOver]:
        told = self.pane.tell.told() or None
        return [hand_over_of(x.medicine.id, self.prepared[x.medicine.id], reason, told) for x in lines]

    def _do_hand_over(self, asked: list[service.HandOver]) -> None:
        self.pane.hand_over.set_busy(True)
        act = partial(service.dispense_several, hand_overs=asked)
        self.desk.tasks.run(act, self._handed_over, self._not_handed_over, owner=self)

    def _handed_over(self, made: list[UUID]) -> None:
        self._tell_handed_over(made, partial(self.desk.tasks.run, partial(_undo, dispenses=tuple(made))))

    def _witnessed(self, made: list[UUID]) -> None:
        self._tell_handed_over(made, None)

    def _tell_handed_over(self, made: list[UUID], undo: Callable[[], object] | None) -> None:
        self.pane.hand_over.set_busy(False)
        self.prepared = {}
        if self.patient is not None:
            self.desk.drafts.drop(kept.draft_key(self.patient))
        words = ngettext("{count} medicine handed over", "{count} medicines handed over", len(made))
        self.desk.toast(words.format(count=len(made)), undo)
        self._again()

    def _not_handed_over(self, error: ClinicError) -> None:
        self.pane.hand_over.set_busy(False)
        self._failed(error)
        self._again()

    def take_back(self) -> None:
        """Take back the latest hand-over that stands."""
        supplied = self._counter.supplied_before if self._counter else ()
        row = next((row for row in supplied if row.void_reason is None), None)
        if row is not None:
            dialogs.ask_take_back(
                self.desk, self, row.id, tall_man(row.display), lambda _id: self._again(), controlled=row.controlled
            )

    def print_label(self) -> None:
        """The label of the current line; once it is collected, the last label as a copy."""
        line = self._line()
        if line is None:
            return
        if line.fill.owing > 0:
            today, known = self.desk.now().date(), self.prepared.get(line.medicine.id)
            label_print.show_label(
                self.desk, self, line.medicine.id, known or pick_proposed(line, largest_part(line), today)
            )
            return
        supplied = self._counter.supplied_before if self._counter else ()
        row = next((r for r in supplied if r.prescription == line.medicine.id and r.void_reason is None), None)
        if row is not None:
            label_print.show_copy(self.desk, self, row.id)

    # reading again

    def _again(self) -> None:
        if self._counter is not None:
            self._open(self._counter.patient)
        self.refresh()

    def _changed(self, changes: Changes) -> None:
        if changes.touch(*TABLES):
            self.refresh()
            if self._counter is not None:
                query = partial(_read_counter, patient=self._counter.patient)
                self.desk.tasks.read(query, self._refreshed, self._failed, owner=self, replaces="counter")

    def _refreshed(self, counter: Counter) -> None:
        if self._counter is not None and counter.patient == self._counter.patient:
            self._counter = counter
            still = {line.medicine.id for line in open_lines(counter.lines) if can_be_picked(line)}
            self.prepared = {k: v for k, v in self.prepared.items() if k in still}
            self._show()

    def _failed(self, error: ClinicError) -> None:
        self.desk.show_error(error, self.refresh)

    def _open_chart(self, patient: UUID) -> None:
        if self.desk.routes.knows(PatientChart):
            self.desk.routes.open(PatientChart(patient, "medicines"))


def _open_counter(unit: Any, patient: UUID) -> tuple[Counter, Banner, bool]:
    counter = service.open_counter(unit, patient=patient)
    return counter, banner(unit, patient), bool(setting(unit, SECOND_PERSON, True))


def _read_counter(reader: Any, patient: UUID) -> Counter:
    return read_counter(reader, patient)


def _undo(unit: Any, dispenses: tuple[UUID, ...]) -> None:
    service.reverse_several(unit, dispenses=dispenses, reason=_("Undone at the counter"))
