# SPDX-License-Identifier: Apache-2.0
"""Ordering and prescribing from the chart by keys alone: the basket, what stops, what asks for a reason."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from sqlalchemy import select

from hms_desktop.clinic.ehr import queries, service
from hms_desktop.clinic.ehr.model import AlertOverride, Prescription
from hms_desktop.ui.ehr.alert_list import AlertList
from hms_desktop.ui.ehr.order_dialog import OrderDialog
from hms_desktop.ui.ehr.prescribe_dialog import PrescribeDialog
from hms_desktop.ui.widgets.alerts import StopPanel
from hms_desktop.ui.widgets.choice_field import Option
from tests.ui.ehr.charts import in_note, opened
from tests.ui.ehr.rooms import CTRL_ENTER, Rooms, Window

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
ALT = Qt.KeyboardModifier.AltModifier


def test_a_test_is_ordered_into_the_basket_by_keys(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    page = opened(window, patient)
    in_note(window, page)
    window.press((Qt.Key.Key_O, ALT))
    dialog = window.dialog("Order a test")
    window.pick("potas")
    assert isinstance(dialog, OrderDialog) and dialog.test.chosen is not None
    dialog.priority.take_focus()
    window.press(Qt.Key.Key_Space)
    window.press(CTRL_ENTER)
    window.no_dialog()
    window.until(lambda: page.summary.note.basket.count == 1)
    assert [(o.code, o.priority) for o in rooms.ask(queries.basket, visit).orders] == [("K", "routine")]


def test_a_second_order_asks_why(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    visit = rooms.arrived(patient)
    rooms.ordered(patient, "K")
    page = opened(window, patient)
    in_note(window, page)
    window.press((Qt.Key.Key_O, ALT))
    dialog = window.dialog("Order a test")
    dialog.test.type_in(next(o for o in _offered(window, dialog, "potassium") if o.key == "K"))
    dialog.test.edited.emit()
    window.until(dialog.again.isVisible)
    dialog.priority.type_in("routine")
    window.press(CTRL_ENTER)
    window.until(lambda: bool(dialog.again.error))
    dialog.again.take_focus()
    window.type("haemolysed")
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [o.again for o in _overrides(rooms)] == ["haemolysed"]
    assert rooms.ask(queries.basket, visit).count == 1


def _offered(window: Window, dialog: OrderDialog, typed: str) -> list[Option]:
    found: list[Option] = []
    dialog.test._finds(typed, found.extend)
    window.until(lambda: bool(found))
    return found


def _overrides(rooms: Rooms) -> list[Any]:
    return rooms.rows(select(AlertOverride.reason.label("again")).where(AlertOverride.kind == "duplicate-order"))


def prescribe(window: Window, name: str) -> PrescribeDialog:
    """Open the form and choose a medicine by keys."""
    window.press((Qt.Key.Key_R, ALT))
    dialog = window.dialog("Prescribe")
    assert isinstance(dialog, PrescribeDialog)
    window.pick(name)
    window.until(lambda: dialog.medicine.chosen is not None and not dialog.alerts.isHidden())
    return dialog


def type_dose(window: Window, dialog: PrescribeDialog) -> None:
    dialog.dose.amount.take_focus()
    window.type("500")
    window.press(Qt.Key.Key_Tab)
    window.pick("mg")
    dialog.dose.route.take_focus()
    window.pick("oral")
    dialog.dose.frequency.take_focus()
    window.pick("three")
    dialog.dose.days.take_focus()
    window.type("7")


def test_a_known_allergy_stops_and_another_medicine_goes_through(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.record_allergy, patient, "Penicillin", reaction="anaphylaxis", criticality="high")
    visit = rooms.arrived(patient)
    rooms.item("amoxicillin", classes="penicillins")
    rooms.item("azithromycin")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "amoxi")
    panel = next(p for p in dialog.alerts.parts.values() if isinstance(p, StopPanel))
    assert "Penicillins" in panel.accessibleName() and not dialog.go.isEnabled()
    assert QApplication.focusWidget() is panel.buttons[0], "the keyboard stands on the fix"
    window.press(Qt.Key.Key_Space)
    window.until(lambda: dialog.medicine.chosen is None)
    window.pick("azithro")
    window.until(lambda: dialog.medicine.chosen is not None and dialog.go.isEnabled())
    type_dose(window, dialog)
    assert "Supply 21" in dialog.dose.line.text()
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [m.display for m in rooms.ask(queries.basket, visit).medicines] == ["azithromycin"]


def test_a_stop_is_passed_only_with_a_reason(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.record_allergy, patient, "Penicillin", criticality="high")
    rooms.arrived(patient)
    rooms.item("amoxicillin", classes="penicillins")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "amoxi")
    type_dose(window, dialog)
    window.press(CTRL_ENTER)
    assert rooms.rows(select(Prescription.id)) == []
    window.tab_to("Prescribe anyway")
    window.press(Qt.Key.Key_Space)
    window.type("desensitised in 2024")
    window.until(dialog.go.isEnabled)
    window.press(CTRL_ENTER)
    window.no_dialog()
    assert [tuple(r) for r in rooms.rows(select(AlertOverride.kind, AlertOverride.reason))] == [
        ("allergy-class", "desensitised in 2024")
    ]


def test_a_check_takes_a_reason_from_the_short_list(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.do(service.state_no_allergies, patient)
    rooms.arrived(patient)
    rooms.prescribed(patient, "ibuprofen", "200 mg", "200")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "ibupro")
    alerts: AlertList = dialog.alerts
    assert len(alerts.standing()) == 1 and not dialog.go.isEnabled()
    window.tab_to("Seen, give reason")
    window.press(Qt.Key.Key_Space)
    window.until(lambda: QApplication.activePopupWidget() is not None)
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    window.until(lambda: not alerts.standing())
    assert dialog.go.isEnabled()
    dialog.reject()
    window.no_dialog()


def test_unasked_allergies_are_asked_for_from_the_form(rooms: Rooms, window: Window) -> None:
    patient = rooms.patient()
    rooms.arrived(patient)
    rooms.item("paracetamol")
    page = opened(window, patient)
    in_note(window, page)
    dialog = prescribe(window, "parac")
    assert dialog.not_asked.isVisible() and not dialog.go.isEnabled()
    rooms.do(service.state_no_allergies, patient)
    window.until(lambda: not dialog.not_asked.isVisible())
    assert dialog.go.isEnabled()
    dialog.reject()
    window.no_dialog()
