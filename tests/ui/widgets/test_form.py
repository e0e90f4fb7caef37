# SPDX-License-Identifier: Apache-2.0
"""A form checks, gathers its errors, keeps a draft and hands over values; keys finish and save it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hms_desktop.core.errors import BadInput
from hms_desktop.ui.widgets import form as form_module
from hms_desktop.ui.widgets.form import FieldRow, Form
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.text_fields import NoteField, TextField
from tests.ui.widgets.conftest import Shows

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def drafts(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the form gave to be kept; here it gives it every 20 ms instead of every 2 s."""
    monkeypatch.setattr(form_module, "DRAFT_MS", 20)
    return []


@pytest.fixture
def page(shows: Shows, drafts: list[dict[str, Any]]) -> Form:
    form = Form(drafts.append)
    form.add_heading("Who")
    form.add_row(TextField("family", "Family name", required=True), TextField("given", "Given names", required=True))
    form.add(TextField("phone", "Phone", required=True))
    form.add(NumberField("weight", "Weight", "kg", Limits(highest=Decimal(1000)), required=True))
    form.add(NoteField("note", "Note"))
    shows(form)
    return form


def fill(page: Form) -> None:
    page.set_values({"family": "Okonkwo", "given": "Amara", "phone": "082", "weight": Decimal("83.5")})


def test_ctrl_enter_finishes_with_the_values(page: Form, qtbot: QtBot) -> None:
    fill(page)
    page.fields["note"].take_focus()
    with qtbot.waitSignal(page.finished) as finished:
        QTest.keyClick(page.fields["note"].control, Qt.Key.Key_Return, CTRL)
    assert finished.args == [
        {"family": "Okonkwo", "given": "Amara", "phone": "082", "weight": Decimal("83.5"), "note": None}
    ]


def test_the_first_wrong_field_gets_the_keyboard(page: Form) -> None:
    fill(page)
    page.fields["weight"].type_in("x")
    assert not page.finish()
    assert page.fields["weight"].control.hasFocus()
    assert not page.errors.isVisible()


def test_more_than_three_errors_are_listed_and_lead_to_their_fields(page: Form) -> None:
    assert not page.finish()
    assert page.errors.isVisible()
    assert page.errors.accessibleName() == "4 fields need a look"
    assert page.errors.lines[0].words == "Family name is missing. Fill it in."
    page.errors.lines[2].click()
    assert page.fields["phone"].control.hasFocus()
    fill(page)
    assert page.finish()
    assert not page.errors.isVisible()


def test_a_draft_is_kept_while_it_is_typed(page: Form, drafts: list[dict[str, Any]], qtbot: QtBot) -> None:
    page.fields["family"].take_focus()
    QTest.keyClicks(page.fields["family"].control, "Ok")
    assert page.has_unsaved()
    page._draft.setInterval(20)
    page._draft.start()
    qtbot.waitUntil(lambda: bool(drafts))
    assert drafts == [{"family": "Ok"}]
    assert not page.has_unsaved()
    assert page.changed


def test_ctrl_s_keeps_a_draft_at_once_and_only_when_something_changed(page: Form, drafts: list[dict[str, Any]]) -> None:
    family = page.fields["family"]
    QTest.keyClick(family.control, Qt.Key.Key_S, CTRL)
    assert drafts == []
    QTest.keyClicks(family.control, "O")
    QTest.keyClick(family.control, Qt.Key.Key_S, CTRL)
    QTest.keyClick(family.control, Qt.Key.Key_S, CTRL)
    assert drafts == [{"family": "O"}]


def test_a_draft_with_something_wrong_in_it_comes_back_as_it_was(page: Form, shows: Shows) -> None:
    page.fields["weight"].type_in("8o kg")
    page.fields["family"].type_in("Okonkwo")
    again = Form()
    for field in (TextField("family", "Family name"), NumberField("weight", "Weight", "kg")):
        again.add(field)
    again.load_draft(page.typed() | {"gone": "field"})
    assert again.typed() == {"family": "Okonkwo", "weight": "8o kg"}
    assert again.changed
    assert not again.has_unsaved()


def test_known_values_are_no_change_by_a_person(page: Form) -> None:
    fill(page)
    assert not page.changed
    page.clear()
    assert page.typed() == {}


def test_an_error_of_the_action_is_shown_at_its_field(page: Form) -> None:
    assert page.show_refusal(BadInput("This number belongs to another patient. Check it.", "phone"))
    assert page.fields["phone"].error.startswith("This number belongs")
    assert page.fields["phone"].control.hasFocus()
    assert not page.show_refusal(BadInput("Something else.", "elsewhere"))


def test_two_fields_may_not_share_a_name(page: Form) -> None:
    with pytest.raises(ValueError, match="two fields"):
        page.add(TextField("family", "Another"))


def test_a_row_stands_upright_when_there_is_no_room(shows: Shows, qtbot: QtBot) -> None:
    fields = [TextField("a", "First"), TextField("b", "Second"), TextField("c", "Third")]
    row = FieldRow(fields)
    window = shows(row)
    assert fields[0].y() == fields[1].y()
    lying = row.heightForWidth(900)
    window.resize(320, 600)
    assert row.heightForWidth(300) > 2 * lying
    qtbot.waitUntil(lambda: fields[1].y() > fields[0].y())


def test_settling_forgets_what_was_unsaved(page: Form) -> None:
    QTest.keyClicks(page.fields["phone"].control, "0")
    page.settle()
    assert not page.changed
    assert not page.has_unsaved()


def test_a_form_for_reading_shows_no_controls(page: Form) -> None:
    fill(page)
    page.set_read_only(True)
    assert not any(field.control.isVisible() for field in page.fields.values())
    page.set_read_only(False)
    assert all(field.control.isVisible() for field in page.fields.values())
