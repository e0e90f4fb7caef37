# SPDX-License-Identifier: Apache-2.0
"""The less usual ways at the counter: several lines, another patient in between, each answer to an alert, a copy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.ehr.model import AlertOverride, Allergy, Prescription
from hms_desktop.clinic.inventory import service as inventory
from hms_desktop.clinic.inventory.model_register import RegisterEntry
from hms_desktop.clinic.inventory.service_register import keep_register
from hms_desktop.clinic.patients import service as register
from hms_desktop.clinic.patients.model import Task
from hms_desktop.clinic.patients.rules import Registration
from hms_desktop.clinic.pharmacy.model import Dispense, DispenseVoid
from hms_desktop.core.errors import Refused
from hms_desktop.documents import printing
from hms_desktop.security.accounts import Account
from hms_desktop.security.kdf import FLOOR
from hms_desktop.security.keys import PersonKeys, wrap
from hms_desktop.security.roles import policy
from hms_desktop.ui.desk import Page
from hms_desktop.ui.routes import ConflictInbox, PatientChart, PharmacyQueue
from hms_desktop.ui.widgets.buttons import Button
from hms_desktop.ui.widgets.chip import Chip
from hms_desktop.ui.widgets.labels import Text
from hms_desktop.ui.widgets.print_preview import PrintPreview
from tests.clinic.meeting import change, write
from tests.clinic.scene import Scene
from tests.desk import person
from tests.factors import shows_at_once
from tests.ui.office import CTRL_ENTER
from tests.ui.pharmacy.conftest import Counter

CTRL = Qt.KeyboardModifier.ControlModifier
Key = Qt.Key
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def words(part: Any) -> str:
    """Everything that a part says."""
    return "\n".join(text.text() for text in part.findChildren(Text))


def colleague(scene: Scene) -> None:
    """A second pharmacist, who can sign."""
    keys, id = PersonKeys.generate(), UUID(int=4711)
    scene.meeting.setup(
        write(Account, id=id, login="s.yilmaz", name="Selin Yilmaz", roles=["pharmacist"], active=True,
              needs_code=False, statement=b"-", wrapped=wrap(keys, "five words that hold", id, FLOOR))
    )  # fmt: skip


def sign(window: Counter) -> None:
    """The colleague's name and password where the keyboard is."""
    window.type("s.yilmaz")
    window.press(Key.Key_Return)
    window.type("five words that hold")
    window.press(CTRL_ENTER)


def another_patient(scene: Scene, **values: Any) -> UUID:
    """A further patient, who needs an interpreter."""
    written = Registration(family="Dlamini", given="Sizwe", born="1990", sex="male", language="zu", interpreter=True)
    made: UUID = scene.meeting.centre.do(partial(register.register, written=written), person("Desk", _all()))
    scene.meeting.meet([])
    scene.no_allergies(made)
    return made


def _all() -> frozenset[str]:
    return frozenset(policy().permissions)


def toasts(window: Counter) -> list[str]:
    """What the window says in passing, from now on."""
    told: list[str] = []
    window.page.desk.toast = lambda words, *_undo: told.append(words)
    return told


def test_every_line_says_what_matters_and_a_line_in_the_way_says_why(scene: Scene, window: Counter) -> None:
    scene.no_allergies()
    morphine = scene.item("morphine", schedule="S6")
    lines = [
        scene.prescription(prn=True),
        scene.prescription(display="predniSONE", ingredient="prednisone", classes="", medicine=None, frequency="once"),
        scene.prescription(display="morphine", ingredient="morphine", classes="", medicine=morphine, days=90),
    ]
    page = window.open(lines[0])
    rows = {row.prescription: row for row in page.pane.lines.rows}
    assert "only when needed" in rows[lines[0]].accessibleName()
    assert "expires on" in words(rows[lines[0]]) or rows[lines[0]].current
    assert "Look-alike name" in [chip.face.words for chip in _chips(rows[lines[1]])]
    assert "Controlled, S6" in [chip.face.words for chip in _chips(rows[lines[2]])]

    order = [row.prescription for row in page.pane.lines.rows]
    window.to_lines()
    for _step in range(3):
        window.press(Key.Key_Up)
    assert page.at.current == order[0]  # type: ignore[union-attr]
    for at in (1, 2, 2):
        window.press(Key.Key_Down)
        window.until(lambda at=at: page.at.current == order[at])  # type: ignore[misc,union-attr]
        window.until(page.pane.lines.rows[at].hasFocus)

    page.pane.lines.rows[order.index(lines[1])].setFocus()
    window.until(lambda: page.at.current == lines[1])  # type: ignore[union-attr]
    for key in (Key.Key_P, Key.Key_S):
        page.pane.pick.say("")
        window.press(key)
        window.until(lambda: page.pane.pick.problem.text() == "Settle what stands in the way of this line first.")
    window.scan("(01)06001234567899(17)261231(10)AM01")
    assert page.pane.pick.problem.text() == "Settle the alert of this line first."
    assert not page.prepared
    assert page.scanned("rubbish"), "a scanned code belongs to the line that is current"
    assert not page.visit(ConflictInbox()), "another place has its own screen"


def _chips(row: Any) -> list[Any]:
    return list(row.findChildren(Chip))


def test_what_is_picked_waits_while_another_patient_is_served(scene: Scene, window: Counter) -> None:
    scene.no_allergies()
    first = scene.prescription()
    other = scene.prescription(patient=another_patient(scene))
    page = window.open(first)
    told = toasts(window)
    window.press(Key.Key_P)
    window.until(lambda: first in page.prepared)
    window.until(lambda: page.queue.line_of(other) is not None)
    page.queue.go_to(page.queue.line_of(other))  # type: ignore[arg-type]
    window.until(lambda: page.at is None or page.at.line.medicine.id == other)  # type: ignore[union-attr]
    page.hand_over()  # pressed while the other one is still being opened, or with nothing picked
    window.until(lambda: page.at is not None and page.at.line.medicine.id == other)  # type: ignore[union-attr]
    assert not page.prepared and told == ["Draft kept for Okonkwo, Amara"]
    assert "Interpreter: zu" in words(page.pane.tell)
    page.queue.table.view.setFocus()
    window.press(Key.Key_Return)
    window.until(lambda: page.pane.lines.rows[0].hasFocus())
    window.workstation.desk.routes.register(PatientChart, lambda desk, _route: Page(desk))
    assert page.visit(PharmacyQueue(first))
    window.until(lambda: first in page.prepared)
    page.queue.table.view.setFocus()
    window.press((Key.Key_O, CTRL))
    window.until(lambda: window.workstation.desk.routes.current == PatientChart(scene.patient, "medicines"))


def test_the_desk_that_can_not_ask_says_why_and_an_allergy_is_recorded_at_the_counter(
    scene: Scene, window: Counter
) -> None:
    prescription = scene.prescription()
    page = window.open(prescription)
    window.press(Key.Key_3)
    window.dialog()
    window.type("The patient is unconscious")
    window.press(CTRL_ENTER)
    window.until(lambda: not page.pane.alerts.standing)
    assert [o.reason for o in window.rows(AlertOverride)] == ["The patient is unconscious"]

    again = scene.prescription(patient=_unasked(scene))
    window.open(again)
    window.press(Key.Key_2)
    window.dialog()
    window.type("Penicillin")
    window.press(Key.Key_Return, Key.Key_Return)
    window.press(Key.Key_Space, CTRL_ENTER)
    window.until(lambda: len(window.rows(Allergy)) == 1)
    window.until(lambda: bool(page.pane.alerts.standing) and page.pane.alerts.standing[0].stop)
    window.to_lines()
    window.press(Key.Key_3)
    assert QApplication.activeModalWidget() is None, "a stop has two ways on"
    window.press(Key.Key_1)
    window.dialog()
    window.type("Is there another medicine?")
    window.press(CTRL_ENTER)
    window.until(lambda: [t.title for t in window.rows(Task)] == ["amoxicillin: Is there another medicine?"])


def _unasked(scene: Scene) -> UUID:
    written = Registration(family="Nkosi", given="Thandi", born="1988", sex="female")
    made: UUID = scene.meeting.centre.do(partial(register.register, written=written), person("Desk", _all()))
    scene.meeting.meet([])
    return made


def test_a_thing_to_check_needs_a_reason_of_ones_own_or_of_the_list(scene: Scene, window: Counter) -> None:
    scene.meeting.setup(
        write(Allergy, patient=scene.patient, substance="Amoxicillin", reaction="rash", criticality="low",
              clinical_status="active", verification_status="confirmed")
    )  # fmt: skip
    page = window.open(scene.prescription())
    assert not page.pane.alerts.standing[0].stop
    window.press(Key.Key_1)
    form = window.dialog()
    reasons = form.form.fields["reason"]  # type: ignore[attr-defined]
    reasons.buttons[-1].setFocus()
    window.press(Key.Key_Space, CTRL_ENTER)
    window.until(lambda: "Type the other reason." in words(form))
    form.form.fields["other"].take_focus()  # type: ignore[attr-defined]
    window.type("Tolerated last month")
    window.press(CTRL_ENTER)
    window.until(lambda: [o.reason for o in window.rows(AlertOverride)] == ["Tolerated last month"])


def test_a_controlled_medicine_goes_out_and_comes_back_with_two_names(scene: Scene, window: Counter) -> None:
    colleague(scene)
    scene.no_allergies()
    morphine = scene.item("morphine", schedule="S6")
    window.desk.do(partial(keep_register, witness=UUID(int=4711), reason=None))
    window.desk.do(partial(inventory.receive_stock, item=morphine, lot="MO1", expires=date(2027, 5, 31),
                           quantity=Decimal(40), place=scene.pharmacy, witness=UUID(int=4711)))  # fmt: skip
    asked = scene.prescription(
        display="morphine", ingredient="morphine", classes="", medicine=morphine, quantity=Decimal(10),
        quantity_unit="tablet",
    )  # fmt: skip
    scene.lend(window.desk.store.station.device, "prescription", asked, "10")
    shows_at_once(window.workstation.tasks, window.desk.acting.person.id, window.desk.clock)
    page = window.open(asked)
    window.press(Key.Key_P)
    window.until(lambda: asked in page.prepared)
    window.press(CTRL_ENTER)
    form = window.dialog()
    assert "the register with both your names" in words(form)
    sign(window)
    window.until(lambda: len(window.rows(Dispense)) == 1)
    out = max(window.rows(RegisterEntry), key=lambda line: line.ordinal)
    assert (out.quantity, out.witness) == (Decimal(-10), UUID(int=4711))
    window.until(lambda: page.pane.lines.rows[0].chip.words == "Collected")

    window.to_lines()
    window.press(Key.Key_P)
    assert not page.prepared, "nothing is owed any more"
    window.press((Key.Key_P, CTRL))
    shown = window.dialog()
    assert isinstance(shown, PrintPreview)
    shown.reject()
    window.to_lines()
    window.press(Key.Key_B)
    window.dialog()
    window.press(Key.Key_Space)
    window.tab_to_line()
    window.type("wrong patient")
    window.press(Key.Key_Return)
    sign(window)
    window.until(lambda: len(window.rows(DispenseVoid)) == 1)


def test_two_versions_stop_the_counter_until_somebody_has_chosen(scene: Scene, opens: Callable[[str], Counter]) -> None:
    scene.no_allergies()
    asked = scene.prescription()
    one, two = opens("Pharmacy 1"), opens("Pharmacy 2")
    for window, dose in ((one, 250), (two, 1000)):
        window.desk.do(change(Prescription, asked, dose=Decimal(dose)))
    scene.meeting.meet()
    page = one.open(asked)
    one.until(lambda: bool(page.pane.alerts.standing))
    (contested,) = page.pane.alerts.standing
    assert contested.face.title == "Two people changed amoxicillin" and "250 mg" in contested.face.reason
    one.until(lambda: page.at is not None and page.at.line is not None)
    shown = lambda: [text.text() for text in page.pane.label.findChildren(Text) if text.isVisible()]  # noqa: E731
    one.until(lambda: any("has two versions" in words for words in shown()))
    assert not page.pane.label.print.isEnabled()
    with pytest.raises(Refused, match="amoxicillin has two versions: choose one under Conflicts"):
        about = {"quantity": Decimal(1), "picks": []}
        one.desk.do(partial(printing.preview, kind="prepared-label", subject=asked, about=about))
    one.workstation.desk.routes.register(ConflictInbox, lambda desk, _route: Page(desk))
    (way_out,) = (b for b in page.pane.label.findChildren(Button) if b.words == "Open the conflict")
    way_out.click()
    one.until(lambda: one.workstation.desk.routes.current == ConflictInbox())
    page = one.open(asked)
    one.until(lambda: bool(page.pane.alerts.standing))
    button = page.pane.alerts.findChildren(type(page.pane.hold))[0]
    button.setFocus()
    one.press(Key.Key_Space)
    one.until(lambda: one.workstation.desk.routes.current == ConflictInbox())
