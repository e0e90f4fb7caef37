# SPDX-License-Identifier: Apache-2.0
"""What is written anew keeps what it said: old value, who, when, why and where one step away, and a mark to see."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtWidgets import QApplication

from hms_desktop.clinic.ehr import service as ehr
from hms_desktop.clinic.ehr.rules_doses import make_dose
from hms_desktop.documents.printing import preview
from hms_desktop.ui.routes import PatientChart, PatientRecord
from installer.day import hands
from tests.documents import samples
from tests.promises.conftest import CutOff
from tests.promises.places import settled
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
