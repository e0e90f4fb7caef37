# SPDX-License-Identifier: Apache-2.0
"""What is written anew keeps what it said: old value, who, when, why and where one step away, and a mark to see."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.documents.printing import preview
from hms_desktop.ui.routes import PatientChart, PatientRecord, StaffList, StockList
from hms_desktop.ui.widgets.form_dialog import FormDialog
from hms_desktop.ui.widgets.table import Table
from installer.day import hands
from tests.documents import samples
from tests.promises.conftest import CutOff
from tests.promises.places import press_on, settled, visible
from tests.promises.seats import Seat, words_of

STATION, PERSON = "Pharmacy 1", "Dr Nadia Haddad"


def banner(seat: Seat) -> str:
    """What the banner says to eye and ear."""
    shown = seat.window.frame.banner
    return str(shown.accessibleName()) + words_of(shown)


def told(table: Any, field: str) -> Any:
    """The newest version of a field, as the history shows it, once it is there."""
    found: list[Any] = []

    def there() -> bool:
        found[:] = [row for row in table._rows if row.field == field and row.before]
        return bool(found)

    hands.until(there, f"the history tells of {field}")
    return found[0]


@pytest.mark.accepts("X-04")
def test_a_corrected_birth_date_asks_why_and_is_marked_wherever_it_stands(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    page = settled(seat, PatientRecord(visit.patient))
    hands.press("E")
    hands.await_field("Family name")
    hands.tab_to("Birth date or age")
    hands.clear_field()
    hands.type_text("1979-03-15")
    hands.press("Ctrl+Return")
    dialog: Any = QApplication.activeModalWidget()
    hands.until(lambda: "Say why it is changed" in words_of(dialog), "why is asked, what was typed stays")
    hands.tab_to("Why, if something is corrected")
    hands.type_text("Read from her passport")
    hands.press("Ctrl+Return")
    hands.until(lambda: QApplication.activeModalWidget() is None, "it is saved")
    seat.sit_down()
    hands.until(lambda: "Corrected: birth date" in banner(seat) and "15-Mar-1979" in banner(seat), "it is marked")
    seat.goes_to(PatientChart(visit.patient))
    hands.until(lambda: "Corrected: birth date" in banner(seat), "on other screens, too")
    seat.window.frame.banner.amended.setFocus()
    hands.press("Space")
    seat.shows(PatientRecord)
    page = seat.window.shown
    hands.until(lambda: page.tabs.current() == "history", "one step to its history")
    row = told(page.history.versions, "born")
    assert (row.before, row.after, row.why) == ("1979-03-14", "1979-03-15", "Read from her passport")
    assert (row.person, row.station) == (PERSON, STATION) and row.at <= seat.workstation.desk.now()
    paper = seat.do(partial(preview, kind="invoice", subject=visit.invoice))
    text = " ".join(samples.pages(paper.pdf))
    assert "15-Mar-1979" in text and "y)*" in text and "corrected since it was first recorded" in text


@pytest.mark.accepts("X-04")
def test_an_allergy_and_a_dose_written_anew_keep_what_they_said(cut_off: CutOff) -> None:
    seat, visit = cut_off.seat, cut_off.visit
    settled(seat, PatientChart(visit.patient, "allergies"))
    sheet: Any = QApplication.activeModalWidget()
    hands.tab_to("Describe…")
    hands.press("Space")
    hands.until(lambda: QApplication.activeModalWidget() is not sheet, "how it shows")
    hands.tab_to("Reaction")
    hands.clear_field()
    hands.type_text("Rash")
    hands.tab_to("Why, if something is corrected")
    hands.type_text("She had a rash only")
    hands.press("Ctrl+Return")
    hands.until(lambda: "Corrected" in words_of(sheet) and "Rash, corrected" in words_of(sheet), "it is marked")
    hands.until(lambda: QApplication.activeModalWidget() is sheet, "the form is gone")
    hands.put_in_front(sheet)
    hands.tab_to("History of Penicillin")
    hands.press("Space")
    hands.until(lambda: hasattr(QApplication.activeModalWidget(), "versions"), "its history opens")
    box: Any = QApplication.activeModalWidget()
    row = told(box.versions, "reaction")
    assert (row.before, row.after, row.why) == ("Anaphylaxis", "Rash", "She had a rash only")
    assert (row.person, row.station) == (PERSON, STATION)
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is sheet, "back")
    hands.put_in_front(sheet)
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is None, "closed")
    seat.sit_down()
    hands.until(lambda: "Rash, corrected" in banner(seat), "the banner marks it")
    dose = make_dose(Decimal(50), "mg", "oral", "morning", 7)
    seat.do(lambda unit: ehr.change_dose(unit, visit.prescription, dose, "Too much at once"))
    page = settled(seat, PatientChart(visit.patient, "medicines"))
    view = page._sections["medicines"].table.view
    hands.until(lambda: "dose changed" in hands._said_row(view, 0), "the line is marked")
    view.setFocus()
    hands.row_of("doxycycline")
    hands.press("H")
    hands.until(lambda: hasattr(QApplication.activeModalWidget(), "versions"), "its history opens")
    box = QApplication.activeModalWidget()
    row = told(box.versions, "dose")
    assert (row.before, row.after, row.why, row.person) == ("100", "50", "Too much at once", PERSON)
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is None, "closed")
    paper = seat.do(partial(preview, kind="prescription", subject=visit.prescription))
    assert "dose changed" in " ".join(samples.pages(paper.pdf)).replace("\n", " ")


ENDS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "a telephone": (PatientRecord, "End +27", {}),
    "a telephone that is corrected": (PatientRecord, "Correct +27", {"value": "+27825550177"}),
    "an identifier": (PatientRecord, "End A09123456", {}),
    "a cover": (PatientRecord, "End Umoya Health", {}),
    "a flag": (PatientRecord, "Take off Hard of hearing", {}),
    "hours": (StaffList, "End hours", {"last_day": "31-Dec-2027"}),
    "a batch": (StockList, "Hold, release or recall", {"state": "on-hold"}),
}
"""What is ended or written anew by a button, and what is typed beside the reason."""


def on_a_row(table: Table) -> bool:
    """Whether a list is on one of its rows; where it is on none, it goes to the first."""
    if table.current_row() is None:
        table.view.go_to(0)
    return table.current_row() is not None


@pytest.mark.accepts("X-04")
@pytest.mark.parametrize("what", ENDS)
def test_nothing_is_ended_without_a_reason_and_what_is_typed_stays(cut_off: CutOff, what: str) -> None:
    seat, (kind, button, typed) = cut_off.seat, ENDS[what]
    page = settled(seat, PatientRecord(cut_off.visit.patient) if kind is PatientRecord else kind())
    hands.until(lambda: all(on_a_row(table) for table in visible(page, Table)), "every list is on a row")
    press_on(page, button)
    hands.until(lambda: isinstance(QApplication.activeModalWidget(), FormDialog), "it asks why")
    box: Any = QApplication.activeModalWidget()
    box.form.set_values(typed)
    reason = box.form.fields["reason"]
    for said in ("", "   "):
        reason.control.setFocus()
        hands.type_text(said)
        hands.press("Ctrl+Return")
        hands.until(lambda: bool(reason.error) and not box.go.busy, "the reason is asked for")
        assert QApplication.activeModalWidget() == box, "nothing is done without one"
        kept = {name: box.form.fields[name].typed() for name in typed}
        assert kept == typed, "what was typed stays"
        reason.control.clear()
    box.form.settle()
    hands.press("Escape")
    hands.until(lambda: QApplication.activeModalWidget() is None, "it is left")
