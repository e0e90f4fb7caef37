# SPDX-License-Identifier: Apache-2.0
"""The counter through its window: what stops, what is picked by scan or by eye, what a hand-over does, keys alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit

from hms_desktop.clinic.billing.model import Charge, ChargeVoid
from hms_desktop.clinic.conflicts import queries as inbox
from hms_desktop.clinic.ehr.model import AlertOverride, Allergy, NoKnownAllergy, Prescription
from hms_desktop.clinic.inventory import service as inventory
from hms_desktop.clinic.inventory.model import Batch, StockMove
from hms_desktop.clinic.inventory.queries import on_hand
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.pharmacy.model import Dispense, DispenseVoid
from hms_desktop.clinic.pharmacy.queries import fill
from hms_desktop.security.accounts import Account
from hms_desktop.security.kdf import FLOOR
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.clinic.meeting import change, write
from tests.clinic.scene import GTIN, TODAY, Scene
from tests.ui.office import CTRL_ENTER
from tests.ui.pharmacy.conftest import Counter


def ready(scene: Scene, window: Counter, **values: Any) -> UUID:
    """A prescription whose rest is lent to the station, for a patient without allergies."""
    scene.no_allergies()
    prescription = scene.prescription(**values)
    allowed = values.get("quantity", Decimal(21)) * (1 + values.get("repeats", 0))
    scene.lend(window.desk.store.station.device, "prescription", prescription, str(allowed))
    return prescription


def shelf(window: Counter, scene: Scene, batch: UUID) -> Decimal:
    """What is on the shelf of a batch."""
    return window.desk.ask(partial(on_hand, batch=batch, place=scene.pharmacy))


def pick_and_hand_over(window: Counter) -> None:
    """The current line by eye, then the hand-over, by keys; the question's verb is reached by Tab."""
    window.to_lines()
    window.press(Qt.Key.Key_P)
    window.until(lambda: bool(window.page.prepared))
    window.press(CTRL_ENTER)
    window.dialog()
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)


def box(lot: str, expires: str) -> str:
    """The DataMatrix of a pack."""
    return f"(01){GTIN}(17){expires}(10){lot}(21)S1"


def test_a_prescription_is_handed_over_by_keys_alone(scene: Scene, window: Counter) -> None:
    prescription = ready(scene, window)
    page = window.page
    window.until(lambda: page.queue.table.view.model().rowCount() == 1)
    page.queue.table.view.setFocus()
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    window.until(lambda: len(page.pane.lines.rows) == 1)
    assert page.patient == scene.patient
    window.until(page.pane.lines.rows[0].hasFocus)
    window.press(Qt.Key.Key_Return)
    window.until(lambda: prescription in page.prepared)
    assert [p.lot for p in page.prepared[prescription].picks] == ["AM01", "AM02"]
    window.press(CTRL_ENTER)
    question = window.dialog()
    assert question.accessibleName() == "Hand over to OKONKWO, Amara?"
    assert "MRN-" in question.accessibleDescription(), "two identifiers are asked for"
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)
    window.until(lambda: len(window.rows(Dispense)) == 1)
    (row,) = window.rows(Dispense)
    assert row.firm and row.quantity == 21
    window.until(lambda: page.pane.lines.rows[0].chip.words == "Collected")


@pytest.mark.accepts("X-03")
def test_charge_and_stock_follow_the_hand_over_in_one_transaction_and_go_back_with_it(
    scene: Scene, window: Counter
) -> None:
    prescription = ready(scene, window)
    window.open(prescription)
    pick_and_hand_over(window)
    window.until(lambda: len(window.rows(Charge)) == 1)
    (dispense,), (charge,) = window.rows(Dispense), window.rows(Charge)
    moves = [m for m in window.rows(StockMove) if m.source == dispense.id]
    assert charge.source == dispense.id and charge.quantity == Decimal(21)
    assert sum(m.quantity for m in moves) == Decimal(-21)
    assert {dispense.k} == {charge.k} == {m.k for m in moves}, "one change set"
    before = shelf(window, scene, scene.early)
    window.until(lambda: window.page.pane.lines.rows[0].chip.words == "Collected")
    window.to_lines()
    window.press(Qt.Key.Key_B)
    window.dialog()
    window.press(Qt.Key.Key_Space)
    window.tab_to_line()
    window.type("wrong patient")
    window.press(CTRL_ENTER)
    window.until(lambda: len(window.rows(DispenseVoid)) == 1)
    (void,) = window.rows(ChargeVoid)
    assert void.charge == charge.id and shelf(window, scene, scene.early) == before + 10
    assert window.desk.ask(partial(fill, prescription=prescription)).state == "not-started"

    free = scene.item("rifampicin", programme="TB programme")
    window.desk.do(
        partial(inventory.receive_stock, item=free, lot="R1", expires=TODAY + timedelta(90), quantity=Decimal(40),
                place=scene.pharmacy)
    )  # fmt: skip
    window.desk.do(change(Prescription, prescription, status="stopped"))
    programme = ready(
        scene, window, medicine=free, display="rifampicin", ingredient="rifampicin", classes="",
        quantity=Decimal(30), quantity_unit="tablet",
    )  # fmt: skip
    window.open(programme)
    pick_and_hand_over(window)
    window.until(lambda: len(window.rows(Dispense)) == 2)
    assert len(window.rows(Charge)) == 1, "a programme's medicine is not charged"
    counted = [m for m in window.rows(StockMove) if m.item == free]
    assert sum(m.quantity for m in counted) == Decimal(10)


def put_in_stock(window: Counter, scene: Scene, lot: str, days: int, state: str = "usable") -> UUID:
    """50 capsules that expire in so many days, in a state."""
    receive = partial(inventory.receive_stock, item=scene.amoxicillin, lot=lot, place=scene.pharmacy)
    made: UUID = window.desk.do(partial(receive, expires=TODAY + timedelta(max(days, 0)), quantity=Decimal(50)))
    if days < 0:
        window.desk.do(change(Batch, made, expires=TODAY + timedelta(days)))
    if state != "usable":
        window.desk.do(partial(inventory.change_batch_state, batch=made, state=state, reason="quarantine"))
    return made


def scans_that_prove_nothing(window: Counter) -> None:
    """Wrong product, batch, expiry or state stop the pick, each with its sentence."""
    page = window.page
    for code, told in (
        ("(01)00000000000000(17)270630(10)AM02", "Wrong pack"),
        (box("NEVER", "270630"), "not in stock here"),
        (box("AM02", "280101"), "another expiry than the pack"),
        (box("HELD", "261126"), "on hold"),
        (box("OLD", "261122"), "expired on"),
        ("rubbish", "can't be read"),
    ):
        window.scan(code)
        assert told in page.pane.pick.problem.text(), code
        assert not page.prepared


def test_first_to_expire_by_default_scans_prove_the_pack_and_another_batch_needs_a_reason(
    scene: Scene, window: Counter
) -> None:
    put_in_stock(window, scene, "OLD", -1)
    put_in_stock(window, scene, "HELD", 3, "on-hold")
    put_in_stock(window, scene, "BACK", 4, "recalled")
    scene.lend(UUID(int=9), "stock", scene.stock_of(put_in_stock(window, scene, "KEPT", 5)), "50")
    prescription = ready(scene, window)
    page = window.open(prescription)
    assert [p.lot for p in page.pane.lines.rows[0].line.picks] == ["AM01", "AM02"], "only usable, free stock"
    scans_that_prove_nothing(window)

    window.scan(box("AM02", "270630"))
    window.until(lambda: prescription in page.prepared)
    proof = page.prepared[prescription].scan
    assert proof is not None and (proof.medicine, proof.batch, proof.in_date) == (True, True, True)
    page.on_line(page.picking.put_back)
    window.to_lines()
    window.press(Qt.Key.Key_S)
    window.dialog()
    window.type("5")
    window.press(CTRL_ENTER)
    window.until(lambda: prescription in page.prepared)
    window.scan(box("AM02", "270630"))
    window.dialog()
    assert page.prepared[prescription].picks[0].lot == "AM01", "nothing changes without a reason"
    window.type("first box is damaged")
    window.press(CTRL_ENTER)
    window.until(lambda: page.prepared[prescription].picks[0].lot == "AM02")
    window.to_lines()
    window.press(CTRL_ENTER)
    window.dialog()
    window.press(Qt.Key.Key_Tab, Qt.Key.Key_Space)
    window.until(lambda: len(window.rows(Dispense)) == 1)
    (row,) = window.rows(Dispense)
    assert (row.quantity, row.batch_reason) == (Decimal(5), "first box is damaged")
    assert shelf(window, scene, scene.early) == 10 and shelf(window, scene, scene.late) == 95


def test_beyond_the_rest_needs_an_override_is_never_dropped_and_meets_as_a_conflict(
    scene: Scene, opens: Callable[[str], Counter]
) -> None:
    first, second = opens("Pharmacy 1"), opens("Pharmacy 2")
    prescription = ready(scene, first, quantity=Decimal(5), repeats=1)
    for window in (first, second):
        window.open(prescription)
    pick_and_hand_over(first)
    first.until(lambda: len(first.rows(Dispense)) == 1)
    assert first.rows(Dispense)[0].firm and first.rows(Dispense)[0].quantity == Decimal(10), "repeats included"

    second.to_lines()
    second.press(Qt.Key.Key_P)
    second.until(lambda: bool(second.page.prepared))
    second.press(CTRL_ENTER)
    form = second.dialog()
    assert "not lent to this station" in " ".join(label.text() for label in form.findChildren(type(form.wrong)))  # type: ignore[attr-defined]
    second.press(CTRL_ENTER)
    assert second.rows(Dispense) == [], "no hand-over without a reason"
    second.type("patient leaves town")
    second.press(CTRL_ENTER)
    second.until(lambda: len(second.rows(Dispense)) == 1)
    assert second.rows(Dispense)[0].override_reason == "patient leaves town" and not second.rows(Dispense)[0].firm

    scene.meeting.meet()
    for window in (first, second):
        assert len(window.rows(Dispense)) == 2, "what was handed over is never dropped"
        (entry,) = [e for e in window.desk.ask(inbox.inbox) if e.kind == "over-supplied"]
        assert entry.title.what == "amoxicillin: 20 supplied, 10 prescribed" and entry.mine


def test_a_stop_needs_a_reason_and_a_second_persons_password(scene: Scene, window: Counter) -> None:
    keys = PersonKeys.generate()
    colleague = UUID(int=4711)
    scene.meeting.setup(
        write(Account, id=colleague, login="s.yilmaz", name="Selin Yilmaz", roles=["pharmacist"], active=True,
              needs_code=False, statement=b"-", wrapped=wrap(keys, "five words that hold", colleague, FLOOR))
    )  # fmt: skip
    scene.meeting.setup(
        write(Allergy, patient=scene.patient, substance="Penicillin", reaction="anaphylaxis", criticality="high",
              clinical_status="active", verification_status="confirmed")
    )  # fmt: skip
    prescription = scene.prescription()
    page = window.open(prescription)
    assert page.pane.alerts.standing[0].stop and not page.pane.hand_over.isEnabled()
    window.to_lines()
    window.press(Qt.Key.Key_P)
    window.until(lambda: "Settle" in page.pane.pick.problem.text())
    assert not page.prepared
    window.press(Qt.Key.Key_2)
    form = window.dialog()
    window.type("took it last year without trouble")
    window.press(Qt.Key.Key_Return)
    window.type("s.yilmaz")
    window.press(Qt.Key.Key_Return)
    window.type("a wrong one")
    window.press(CTRL_ENTER)
    window.until(lambda: "wrong" in _words(form))
    assert window.rows(AlertOverride) == []
    password = QApplication.focusWidget()
    assert isinstance(password, QLineEdit)
    password.setText("five words that hold")
    window.press(CTRL_ENTER)
    window.until(lambda: len(window.rows(AlertOverride)) == 1)
    assert window.rows(AlertOverride)[0].second == colleague
    window.until(lambda: not page.pane.alerts.standing)


def _words(form: Any) -> str:
    return " ".join(label.text() for label in form.findChildren(type(form.wrong)))


def test_allergies_nobody_asked_about_stop_until_asked(scene: Scene, window: Counter) -> None:
    page = window.open(scene.prescription())
    window.to_lines()
    window.press(Qt.Key.Key_P)
    assert not page.pane.hand_over.isEnabled()
    assert page.pane.alerts.standing[0].face.title == "Allergies are not recorded"
    window.press(Qt.Key.Key_1)
    window.until(lambda: len(window.rows(NoKnownAllergy)) == 1)
    window.until(lambda: not page.pane.alerts.standing)
    window.until(page.pane.hand_over.isEnabled)


def test_what_is_picked_is_there_again_after_another_patient(scene: Scene, window: Counter) -> None:
    prescription = ready(scene, window)
    page = window.open(prescription)
    window.to_lines()
    window.press(Qt.Key.Key_P)
    window.until(lambda: prescription in page.prepared)
    window.workstation.drafts.flush()
    window.close()
    again = Counter(window.qtbot, window.desk)
    again.open(prescription)
    again.until(lambda: prescription in again.page.prepared)
    again.close()


def test_a_question_goes_to_the_prescriber_and_the_label_is_shown(scene: Scene, window: Counter) -> None:
    window.open(ready(scene, window))
    window.to_lines()
    window.press(Qt.Key.Key_H)
    window.dialog()
    window.type("half the dose?")
    window.press(CTRL_ENTER)
    window.until(lambda: len(window.rows(Task)) == 1)
    assert window.rows(Task)[0].title == "amoxicillin: half the dose?"
    window.to_lines()
    window.press((Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier))
    shown = window.dialog()
    assert isinstance(shown, PrintPreview) and len(shown.pages) == 1
    shown.reject()


def test_everything_that_can_be_pressed_has_a_name(scene: Scene, window: Counter) -> None:
    page = window.open(ready(scene, window))
    pressed = [
        b for b in page.findChildren(QAbstractButton) if b.isVisible() and b.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    nameless = [b for b in pressed if not (b.accessibleName() or b.text())]
    assert not nameless
    assert page.pane.lines.rows[0].accessibleName().startswith("1, amoxicillin")
