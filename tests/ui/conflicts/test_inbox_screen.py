# SPDX-License-Identifier: Apache-2.0
"""The inbox at a real window: every kind of conflict is compared, settled by keys alone, and gone at both desks."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from hms_desktop.clinic.appointments.model import Appointment
from hms_desktop.clinic.billing import queries_documents as documents
from hms_desktop.clinic.billing import service as billing
from hms_desktop.clinic.conflicts import queries, service
from hms_desktop.clinic.ehr.model import EhrConflictSettlement, Prescription
from hms_desktop.clinic.inventory.queries import on_hand
from hms_desktop.clinic.inventory.service import adjust_stock
from hms_desktop.clinic.patients.model import PatientIdentifier, PatientLink, Task
from hms_desktop.clinic.patients.queries_people import PatientName, names, one_person
from hms_desktop.clinic.pharmacy import service as pharmacy
from hms_desktop.clinic.pharmacy.service import HandOver
from hms_desktop.security.audit import AccessEvent
from hms_desktop.ui.conflicts.detail_pane import DetailPane
from hms_desktop.ui.conflicts.folder import folder
from hms_desktop.ui.conflicts.inbox_screen import InboxPage
from hms_desktop.ui.routes import ConflictInbox
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.confirm import Confirm
from tests.clinic.conflicts.test_service import paid_twice, twin, two_doses
from tests.clinic.meeting import write
from tests.clinic.scene import Scene
from tests.clinic.test_follow_ups import TEN, book, other_patient, slot_at
from tests.desk import Desk
from tests.ui.typist import CTRL, KEYS, Typist

Desks = tuple[Desk, Desk]


def opened(reviewer: Typist) -> DetailPane:
    """The inbox with its first line opened."""
    reviewer.go(ConflictInbox())
    page = reviewer.page
    assert isinstance(page, InboxPage)
    reviewer.until(lambda: page.pane is not None and page.pane.isVisible())
    reviewer.front()
    page.list.setFocus()
    assert page.pane is not None
    return page.pane


def save(reviewer: Typist, reason: str = "") -> None:
    """Type a reason where the keyboard is now, and save."""
    pane = reviewer.page.pane
    reviewer.until(lambda: pane.reason.line.hasFocus())
    reviewer.type(reason)
    reviewer.press((KEYS.Key_Return, CTRL))


def hints(reviewer: Typist) -> list[str]:
    """What the status bar says can be done here."""
    return [key.text for key in reviewer.workstation.window.keys.hints()]


def gone(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    """The line is gone here, and everywhere once histories meet."""
    reviewer.until(lambda: desks[0].ask(queries.inbox) == ())
    reviewer.until(lambda: reviewer.page.pane is None)
    scene.meeting.meet()
    assert desks[1].ask(queries.inbox) == ()


def name_of(desk: Desk, patient: UUID) -> PatientName:
    """What a desk calls a patient."""
    return desk.ask(partial(names, patients=[patient]))[patient]


@pytest.mark.accepts("SYN-06")
def test_a_dose_is_chosen_by_digit_and_settled_everywhere(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    prescription = two_doses(scene, desks)
    pane = opened(reviewer)
    assert reviewer.page.patient == scene.patient
    reviewer.until(reviewer.workstation.window.frame.banner.isVisible)
    assert pane.save.words == "Save, 1 choice left" and not pane.save.isEnabled()
    assert "Save what was chosen" not in hints(reviewer)
    assert "pharmacy sees both" in pane.line.details.entry.title.until
    tiles = pane.grid.rows["dose"]
    assert [tile.isChecked() for tile in tiles] == [False, False]
    assert tiles[0].words.startswith("250 mg") and tiles[1].words.startswith("1000 mg")
    reviewer.press(KEYS.Key_2)
    reviewer.until(lambda: tiles[1].isChecked())
    assert pane.save.words == "Save" and pane.save.isEnabled()
    assert "Save what was chosen" in hints(reviewer)
    assert pane.grid._kept["dose"].accessibleName().startswith("Will be saved: 1000 mg")
    save(reviewer, "asked the doctor")
    gone(scene, desks, reviewer)
    for desk in desks:
        assert desk.ask(lambda reader: reader.get(Prescription, prescription)).dose == Decimal(1000)
    (settled,) = reviewer.rows(EhrConflictSettlement)
    assert settled.reason == "asked the doctor"
    assert any(event.detail == "conflict inbox" for event in reviewer.rows(AccessEvent))
    reviewer.until(lambda: "conflicts" not in reviewer.workstation.window.frame.status.accessibleName())


def test_a_line_that_is_being_opened_is_not_opened_again(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    two_doses(scene, desks)
    reviewer.go(ConflictInbox())
    page = reviewer.page
    reviewer.until(lambda: page.list.current() is not None)
    page.list.chosen.emit(page.list.current())  # as when the list is read again meanwhile
    pane = opened(reviewer)
    reviewer.until(lambda: reviewer.workstation.tasks.settle(0))
    assert page.pane is pane
    assert [event.detail for event in reviewer.rows(AccessEvent)].count("conflict inbox") == 1


def test_no_key_acts_on_the_line_that_was_left(
    scene: Scene, desks: Desks, reviewer: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_doses(scene, desks)
    paid_twice(scene, desks)
    opened(reviewer)
    page = reviewer.page
    monkeypatch.setattr(page.desk.tasks, "run", lambda *_asked, **_how: None)  # as slow as can be
    page.list.step(1)
    asleep = {key.sequence for key in tuple(page.keys()) if key.enabled and not key.enabled()}
    assert page.pane is None and {"1", "2", "Ctrl+Return"} <= asleep


@pytest.mark.accepts("SYN-06")
def test_the_other_side_can_be_put_back_where_a_rule_chose(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    prescription = two_doses(scene, desks)
    pane = opened(reviewer)
    reviewer.press(KEYS.Key_1)
    reviewer.until(pane.grid.rows["dose"][0].isChecked)
    pane.grid.rows["reason"][0].click()
    reviewer.page.save()
    gone(scene, desks, reviewer)
    assert desks[1].ask(lambda reader: reader.get(Prescription, prescription)).reason == "because of 250"


@pytest.mark.hazard("H04")
def test_two_charts_are_linked_after_a_question_that_names_them(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    second = twin(scene, desks[1])
    pane = opened(reviewer)
    assert pane.save.words == "Save, 1 choice left"
    reviewer.press(KEYS.Key_1)
    reviewer.until(lambda: pane.answers == {"what": "join"})
    assert pane.save.words == "Save, 1 choice left"
    at = [record.id for record in pane.line.details.records].index(scene.patient)
    reviewer.press((KEYS.Key_1, KEYS.Key_2)[at])
    save(reviewer, "same person, asked")
    question = reviewer.dialog()
    numbers = [name.mrn for name in (name_of(desks[0], second), name_of(desks[0], scene.patient))]
    assert isinstance(question, Confirm)
    assert question.accessibleName() == f"Link {numbers[0]} to {numbers[1]}?"
    assert reviewer.rows(PatientLink) == []
    reviewer.agree()
    gone(scene, desks, reviewer)
    for desk in desks:
        assert desk.ask(partial(one_person, patient=second)).survivor == scene.patient


def test_two_persons_are_kept_apart(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    twin(scene, desks[1])
    opened(reviewer)
    reviewer.press(KEYS.Key_2)
    save(reviewer, "mother and daughter")
    gone(scene, desks, reviewer)
    assert reviewer.rows(PatientLink) == []


def test_a_booking_moves_to_one_of_three_times(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    second = other_patient(scene)
    for desk in desks:
        scene.lend(desk.store.station.device, "slot", slot_at(scene, TEN), "1")
    book(desks[0], scene, scene.patient)
    other = book(desks[1], scene, second)
    scene.meeting.meet()
    pane = opened(reviewer)
    at = [record.id for record in pane.line.details.records].index(other)
    reviewer.press((KEYS.Key_1, KEYS.Key_2)[at])
    times = next(box for box in pane.boxes if box.question.only_if == str(other))
    reviewer.until(times.isVisible)
    assert len(times.tiles) == 3
    reviewer.press(KEYS.Key_3)
    save(reviewer, "agreed by telephone")
    gone(scene, desks, reviewer)
    third = pane.line.details.free_times[2]
    assert desks[1].ask(lambda r: r.get(Appointment, other)).starts == third.starts


@pytest.mark.accepts("SYN-06")
def test_an_over_supply_is_accepted_only_with_a_reason(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    scene.no_allergies()
    prescription = scene.prescription(quantity=Decimal(5))
    for desk in desks:
        ask = HandOver(prescription, Decimal(3), override_reason="travels")
        desk.do(partial(pharmacy.dispense, hand_over=ask))
    scene.meeting.meet()
    pane = opened(reviewer)
    reviewer.press(KEYS.Key_1)
    save(reviewer)
    assert "Reason is missing" in pane.reason.error
    save(reviewer, "prescriber agreed")
    gone(scene, desks, reviewer)


def test_a_shelf_is_counted(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    for desk, counted in zip(desks, (2, 1), strict=True):
        count = partial(adjust_stock, batch=scene.early, place=scene.pharmacy, reason="count")
        desk.do(partial(count, counted=Decimal(counted)))
    scene.meeting.meet()
    pane = opened(reviewer)
    reviewer.press(KEYS.Key_Return)
    assert pane.counted is not None
    reviewer.until(pane.counted.line.hasFocus)
    reviewer.type("3")
    reviewer.press(KEYS.Key_Tab)
    save(reviewer, "counted twice")
    gone(scene, desks, reviewer)
    assert desks[1].ask(partial(on_hand, batch=scene.early, place=scene.pharmacy)) == 3


def test_a_second_payment_is_void_by_keys(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    invoice = paid_twice(scene, desks)
    opened(reviewer)
    reviewer.press(KEYS.Key_2)
    save(reviewer, "card was used instead")
    gone(scene, desks, reviewer)
    assert desks[1].ask(partial(documents.invoice_row, invoice=invoice)).state == "balanced"


def test_what_was_paid_twice_is_kept_as_credit(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    paid_twice(scene, desks)
    opened(reviewer)
    reviewer.press(KEYS.Key_3)
    save(reviewer, "wants it kept")
    gone(scene, desks, reviewer)
    assert desks[1].ask(partial(documents.credit, patient=scene.patient)) == 40_000


def test_one_of_two_invoices_is_taken_back(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    charge = desks[0].do(partial(billing.add_item, patient=scene.patient, code="VISIT", quantity=Decimal(1)))
    scene.meeting.meet()
    for desk in desks:
        desk.do(partial(billing.issue_invoice, patient=scene.patient, charges=[charge]))
    scene.meeting.meet()
    opened(reviewer)
    reviewer.press(KEYS.Key_1)
    save(reviewer, "invoiced twice")
    gone(scene, desks, reviewer)
    assert desks[1].ask(partial(documents.outstanding, patient=scene.patient)) == 40_000


def test_a_number_is_taken_off_one_chart(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    second = other_patient(scene)
    for desk, patient in zip(desks, (scene.patient, second), strict=True):
        desk.do(write(PatientIdentifier, patient=patient, system="passport", value="A123", active=True))
    scene.meeting.meet()
    pane = opened(reviewer)
    while pane.line.details.entry.kind != "identifier-twice":
        before = pane
        reviewer.press(KEYS.Key_J)
        reviewer.until(lambda b=before: reviewer.page.pane is not None and reviewer.page.pane is not b)  # type: ignore[misc]
        pane = reviewer.page.pane
    at = next(n for n, r in enumerate(pane.line.details.records) if r.title.startswith("NAIDOO"))
    reviewer.press((KEYS.Key_1, KEYS.Key_2)[at])
    save(reviewer, "typing mistake")
    reviewer.until(lambda: [e.kind for e in desks[0].ask(queries.inbox)].count("identifier-twice") == 0)


@pytest.mark.accepts("SYN-06")
def test_safety_stands_first_and_j_and_k_walk_over_headings(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    for desk, counted in zip(desks, (2, 1), strict=True):
        count = partial(adjust_stock, batch=scene.early, place=scene.pharmacy, reason="count")
        desk.do(partial(count, counted=Decimal(counted)))
    scene.meeting.meet()
    two_doses(scene, desks)
    opened(reviewer)
    page = reviewer.page
    heads = [row.spoken for row in page.list._model.rows if row.head]
    assert heads == ["Safety first, 1", "Needs a choice, 1", "Settled by rule today, 1"]
    assert page.list.current().gravity == "safety"
    reviewer.press(KEYS.Key_J)
    reviewer.until(lambda: page.list.current().kind == "stock-below-zero")
    reviewer.press(KEYS.Key_J)
    reviewer.until(lambda: getattr(page.list.current(), "rule", "") == "later")
    assert page.pane is None
    reviewer.press(KEYS.Key_K)
    reviewer.press(KEYS.Key_K)
    reviewer.until(lambda: page.pane is not None and page.pane.line.details.entry.kind == "values")


def test_later_keeps_what_was_chosen_for_its_author(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    two_doses(scene, desks)
    pane = opened(reviewer)
    reviewer.press(KEYS.Key_1)
    reviewer.until(lambda: bool(pane.answers))
    reviewer.type("not sure")
    reviewer.press(KEYS.Key_Escape)
    reviewer.until(lambda: not isinstance(reviewer.page, InboxPage))
    again = opened(reviewer)
    reviewer.until(lambda: bool(again.answers) and again.reason.typed() == "not sure")
    assert len(desks[0].ask(queries.inbox)) == 1


def test_somebody_else_is_asked_and_the_conflict_stays(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    two_doses(scene, desks)
    opened(reviewer)
    reviewer.press(KEYS.Key_A)
    form = reviewer.dialog()
    reviewer.type("doctor")
    reviewer.until(lambda: form.form.fields["role"].list.isVisible())
    reviewer.press(KEYS.Key_Down)
    reviewer.press(KEYS.Key_Return)
    form.form.fields["question"].take_focus()
    reviewer.type("which dose did you mean?")
    reviewer.press((KEYS.Key_Return, CTRL))
    reviewer.until(lambda: any(task.kind == "conflict" for task in reviewer.rows(Task)))
    (task,) = [task for task in reviewer.rows(Task) if task.kind == "conflict"]
    assert task.patient == scene.patient and "which dose did you mean?" in task.title
    assert len(desks[0].ask(queries.inbox)) == 1


def test_what_somebody_else_settled_meanwhile_leaves_the_list(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    two_doses(scene, desks)
    pane = opened(reviewer)
    other = desks[1].ask(queries.inbox)[0]
    stamp = next(field for field in pane.line.details.fields if field.choose).stamps[0]
    choose = partial(service.choose, conflict=other.conflicts[0].id, chosen=(service.Chosen("dose", stamp or 0),))
    desks[1].do(choose)
    scene.meeting.meet()
    reviewer.until(lambda: reviewer.page.pane is None)


@pytest.mark.accepts("SYN-06")
def test_who_may_not_settle_sees_both_sides_and_who_may(
    scene: Scene, desks: Desks, dressed: QApplication, qtbot: QtBot
) -> None:
    two_doses(scene, desks)
    third = Typist(qtbot, scene.meeting.desk("Desk C", "receptionist"), [folder()])
    pane = opened(third)
    assert len(pane.grid.rows["dose"]) == 2 and pane.form.isHidden() and not pane.save.isVisible()
    assert "the doctor settles this" in [chip.accessibleName() for chip in pane.findChildren(Chip)][1]
    third.press(KEYS.Key_1)
    assert pane.answers == {}
    third.close()


def test_nothing_to_review_says_so(reviewer: Typist) -> None:
    reviewer.go(ConflictInbox())
    page = reviewer.page
    reviewer.until(lambda: page._shown is not None)
    assert page.list.isVisible() and page.list.current() is None and page.patient is None
    assert hints(reviewer) == ["Keys"], "nothing here can be gone to, picked or saved"


def test_every_control_has_a_name(scene: Scene, desks: Desks, reviewer: Typist) -> None:
    two_doses(scene, desks)
    opened(reviewer)
    tab = Qt.FocusPolicy.TabFocus
    seen = [part for part in reviewer.page.findChildren(QWidget) if part.isVisible() and part.focusPolicy() & tab]
    nameless = [part for part in seen if not part.accessibleName()]
    assert nameless == []
