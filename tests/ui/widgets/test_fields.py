# SPDX-License-Identifier: Apache-2.0
"""Fields keep what was typed, say what is wrong and how to mend it, and start with nothing chosen."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCalendarWidget, QLineEdit
from pytestqt.qtbot import QtBot

from hms_desktop.core.errors import BadInput
from hms_desktop.ui.widgets.choice_field import ChoiceField, Found, Option, RadioField, finds_in
from hms_desktop.ui.widgets.date_field import DateField, Reading, reads_day, time_field
from hms_desktop.ui.widgets.number_field import Limits, NumberField
from hms_desktop.ui.widgets.scan_line import ScanLine
from hms_desktop.ui.widgets.text_fields import NoteField, Phrase, TextField, TickField
from tests.ui.widgets.conftest import Shows

TODAY = date(2026, 11, 23)
DOCTORS = [
    Option(1, "Dr T. Mbeki", "General practice"),
    Option(2, "Dr S. Haddad", "Paediatrics"),
    Option(3, "Dr J. Müller", "Surgery"),
]


def weight() -> NumberField:
    limits = Limits(Decimal("0.2"), Decimal(1000), Decimal(2), Decimal(300), decimals=2)
    return NumberField("weight", "Weight", "kg", limits, required=True)


def review() -> DateField:
    return DateField("review", "Review on", reads_day(lambda: TODAY, first=date(2020, 1, 1), last=date(2030, 1, 1)))


def test_a_field_is_named_by_its_label_and_says_required_in_words(shows: Shows) -> None:
    field = TextField("family", "&Family name", required=True)
    shows(field)
    assert field.control.accessibleName() == "Family name, required"
    assert field.mark.text() == "required"
    assert TextField("phone", "Phone", optional=True).mark.text() == "optional"


def test_an_empty_required_field_is_told_on_finishing_not_on_leaving() -> None:
    field = TextField("family", "Family name", required=True)
    assert field.check()
    assert not field.check(finishing=True)
    assert field.error == "Family name is missing. Fill it in."
    assert field.control.accessibleDescription() == field.error
    assert not field.check()
    field.type_in("Okonkwo")
    assert field.check()
    assert field.error == ""


def test_text_that_is_too_long_says_by_how_much() -> None:
    field = TextField("family", "Family name", longest=10)
    field.type_in("x" * 14)
    assert not field.check()
    assert field.error == "Family name is 4 characters too long."
    assert field.typed() == "x" * 14


def test_a_text_field_may_read_its_text_as_something_else() -> None:
    field = TextField("count", "Count", reads=int)
    field.type_in(" 7 ")
    assert field.value() == 7


@pytest.mark.parametrize(("typed", "value"), [("83,5", "83.5"), ("83.5", "83.5"), (" 83 ", "83"), ("0,5", "0.5")])
def test_numbers_take_comma_or_point(typed: str, value: str) -> None:
    field = weight()
    field.type_in(typed)
    assert field.value() == Decimal(value)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1000.5", "can't be above 1000 kg"),
        ("0.1", "can't be below 0.2 kg"),
        ("abc", "not a number"),
        ("1,234", "two ways"),
        ("83.555", "at most 2 digits"),
    ],
)
def test_hard_limits_stop(typed: str, why: str) -> None:
    field = weight()
    field.type_in(typed)
    assert not field.check()
    assert why in field.error
    assert field.typed() == typed
    with pytest.raises(BadInput):
        field.value()


def test_soft_limits_ask_for_a_second_look(shows: Shows, qtbot: QtBot) -> None:
    field = weight()
    shows(field)
    field.type_in("835")
    assert not field.check(finishing=True)
    assert field.message.words == "835 kg is unusually high for Weight."
    assert field.error == ""
    assert field.value() == Decimal(835)
    QTest.mouseClick(field.message.confirm, Qt.MouseButton.LeftButton)
    assert field.check(finishing=True)
    field.type_in("836")
    assert not field.check()


def test_the_unit_is_part_of_the_name_and_the_value_in_words() -> None:
    field = weight()
    assert field.control.accessibleName() == "Weight, required, kg"
    field.type_in(Decimal("83.50"))
    assert field.shown() == "83.5 kg"
    field.type_in(Decimal(0))
    assert not field.is_empty()


def test_a_day_is_spelled_out_while_it_is_typed(shows: Shows) -> None:
    field = review()
    shows(field)
    field.take_focus()
    QTest.keyClicks(field.line, "mon")
    assert field.message.words == "Monday 30-Nov-2026"
    assert field.typed() == "mon"
    assert field.check()
    assert field.typed() == "30-Nov-2026"
    assert field.value() == "2026-11-30"
    QTest.keyClick(field.line, Qt.Key.Key_Up)
    assert field.value() == "2026-12-01"
    QTest.keyClick(field.line, Qt.Key.Key_Down)
    assert field.value() == "2026-11-30"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("31/2", "The last is 28"),
        ("1/1/2019", "before 01-Jan-2020"),
        ("2/1/2030", "after 01-Jan-2030"),
        ("soon", "not a month"),
    ],
)
def test_a_wrong_day_stays_as_typed_with_the_reason(typed: str, why: str) -> None:
    field = review()
    field.type_in(typed)
    assert not field.check()
    assert why in field.error
    assert field.typed() == typed


def test_a_date_field_may_read_partial_and_estimated_births() -> None:
    def reads(typed: str) -> Reading:
        doubt = "130 years old: check the year." if typed == "1896" else ""
        return Reading({"born": typed, "estimated": False}, typed, f"born in {typed}", doubt)

    field = DateField("born", "Date of birth", reads, calendar=False)
    field.type_in("1979")
    assert field.check()
    assert field.message.words == "born in 1979"
    assert field.value() == {"born": "1979", "estimated": False}
    field.type_in("1896")
    assert not field.check()
    assert field.value() == {"born": "1896", "estimated": False}


def test_times_are_typed_freely() -> None:
    field = time_field("time", "Time of call", required=True)
    field.type_in("953")
    assert field.check()
    assert (field.typed(), field.value()) == ("09:53", "09:53")
    field.type_in("25:00")
    assert not field.check()


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_calendar_opens_by_its_icon_and_fills_the_field(shows: Shows, qtbot: QtBot) -> None:
    field = review()
    shows(field)
    field.type_in("23/11")
    QTest.mouseClick(field.mark_inside, Qt.MouseButton.LeftButton)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    page = menu.findChild(QCalendarWidget)
    assert isinstance(page, QCalendarWidget)
    assert page.selectedDate() == QDate(2026, 11, 23)
    page.clicked.emit(QDate(2026, 12, 7))
    assert field.value() == "2026-12-07"


def picker() -> ChoiceField:
    return ChoiceField("told", "Told to", finds_in(DOCTORS), required=True)


def test_a_picker_starts_empty_and_finds_words_in_any_order(shows: Shows, qtbot: QtBot) -> None:
    field = picker()
    shows(field, width=700)
    assert field.value() is None
    field.take_focus()
    QTest.keyClicks(field.line, "paed had")
    qtbot.waitUntil(field.list.isVisible)
    assert field.list.lines == ["Dr S. Haddad   Paediatrics"]
    QTest.keyClick(field.line, Qt.Key.Key_Return)
    assert (field.value(), field.line.text()) == (2, "Dr S. Haddad")
    assert not field.list.isVisible()
    assert field.line.hasFocus()


def test_a_picker_opens_on_down_and_moves(shows: Shows, qtbot: QtBot) -> None:
    field = picker()
    shows(field)
    field.take_focus()
    QTest.keyClick(field.line, Qt.Key.Key_Down)
    assert len(field.list.lines) == 3
    QTest.keyClick(field.line, Qt.Key.Key_Down)
    QTest.keyClick(field.line, Qt.Key.Key_Down)
    QTest.keyClick(field.line, Qt.Key.Key_Up)
    QTest.keyClick(field.line, Qt.Key.Key_Return)
    assert field.value() == 2
    QTest.mouseClick(field.caret, Qt.MouseButton.LeftButton)
    QTest.keyClick(field.line, Qt.Key.Key_Escape)
    assert not field.list.isVisible()
    assert field.value() == 2


def test_words_that_were_not_picked_are_refused_unless_they_are_one_choice(shows: Shows, qtbot: QtBot) -> None:
    field = picker()
    shows(field)
    field.take_focus()
    QTest.keyClicks(field.line, "muller")
    qtbot.waitUntil(lambda: len(field.list.lines) == 1)
    assert not field.check()
    assert "was not picked" in field.error
    field.line.setText("dr j. muller")
    assert field.check()
    assert field.value() == 3
    QTest.keyClick(field.line, Qt.Key.Key_X)
    qtbot.waitUntil(lambda: field.message.words.startswith("Nothing matches"))
    assert not field.check()


def test_an_answer_that_comes_late_for_other_words_is_dropped(shows: Shows, qtbot: QtBot) -> None:
    late: list[tuple[str, Found]] = []
    field = ChoiceField("drug", "Medicine", lambda typed, found: late.append((typed, found)))
    shows(field)
    field.take_focus()
    QTest.keyClicks(field.line, "am")
    qtbot.waitUntil(lambda: bool(late))
    QTest.keyClicks(field.line, "l")
    late[0][1]([Option(1, "amoxicillin")])
    assert field.list.lines == []


def test_a_draft_of_a_picker_comes_back_with_its_words() -> None:
    field, again = picker(), picker()
    field.type_in(DOCTORS[0])
    again.type_in(field.typed())
    assert (again.value(), again.shown()) == (1, "Dr T. Mbeki")
    again.type_in("half typed")
    assert again.typed() == "half typed"


def test_no_radio_button_is_chosen_at_first(shows: Shows) -> None:
    field = RadioField("sex", "Sex at birth", [Option("f", "Female"), Option("m", "Male")], required=True)
    shows(field)
    assert field.value() is None
    assert not field.check(finishing=True)
    assert field.error == "Sex at birth is missing. Choose one."
    field.take_focus()
    assert field.buttons[0].hasFocus()
    QTest.mouseClick(field.buttons[1], Qt.MouseButton.LeftButton)
    assert (field.value(), field.shown(), field.error) == ("m", "Male", "")
    field.type_in(None)
    assert field.value() is None


def test_a_tick_that_is_needed_says_so(shows: Shows) -> None:
    field = TickField("consent", "Consent", "Agrees to the use of data", required=True)
    shows(field)
    assert field.value() is False
    assert not field.check(finishing=True)
    QTest.mouseClick(field.box, Qt.MouseButton.LeftButton)
    assert field.check(finishing=True)
    assert (field.value(), field.shown()) == (True, "Yes")


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_a_slash_at_the_start_of_a_word_offers_phrases(shows: Shows) -> None:
    field = NoteField("note", "Assessment", phrases=[Phrase("Normal", "Normal examination.")])
    after = QLineEdit()
    shows(field, after)
    after.setFocus()
    assert not field.mark.isVisible()
    field.edit.setFocus()
    assert field.mark.isVisible() and field.mark.text() == "/ inserts a phrase"
    QTest.keyClicks(field.edit, "BP 146/88 ")
    assert not field.menu.isVisible()
    QTest.keyClicks(field.edit, "/")
    assert field.menu.isVisible()
    field.menu.actions()[0].trigger()
    field.menu.close()
    assert field.value() == "BP 146/88 Normal examination."
    after.setFocus()
    assert not field.mark.isVisible()


def test_tab_leaves_a_note(shows: Shows) -> None:
    field, after = NoteField("note", "Note"), QLineEdit()
    shows(field, after)
    field.edit.setFocus()
    QTest.keyClick(field.edit, Qt.Key.Key_Tab)
    assert after.hasFocus()
    assert field.typed() == ""


def test_a_field_for_reading_only_shows_plain_words(shows: Shows) -> None:
    field = weight()
    shows(field)
    field.type_in("83,5")
    field.set_read_only(True)
    assert not field.control.isVisible()
    assert field._plain.text() == "83.5 kg"
    field.type_in("")
    field.set_read_only(True)
    assert field._plain.text() == "Not recorded"


def test_leaving_a_field_checks_it(shows: Shows, qtbot: QtBot) -> None:
    field, after = weight(), QLineEdit()
    shows(field, after)
    field.take_focus()
    QTest.keyClicks(field.line, "x")
    with qtbot.waitSignal(field.left):
        after.setFocus()
    assert "not a number" in field.error


def test_the_scan_line_hands_over_the_code_and_is_ready_for_the_next(shows: Shows, qtbot: QtBot) -> None:
    line = ScanLine("Scan the pack")
    shows(line)
    assert line.property("scan") is True
    line.setFocus()
    QTest.keyClicks(line, " HC0873 ")
    with qtbot.waitSignal(line.scanned) as scanned:
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert scanned.args == ["HC0873"]
    assert line.text() == ""
